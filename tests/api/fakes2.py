from garraway.venues import Directory, Instrument, Account
from garraway.units import AssetTerms, InstrumentTerms
TERMS = InstrumentTerms(symbol="GARR",price_unit=100_000,lot_size=10**9,tick=100,min_price=100,max_price=100_000_000,max_quantity=999_999)
def directory():
    found = Directory()
    found.assets |= {1: AssetTerms("USD", 8, 2), 2: AssetTerms("GARR", 0, 0)}
    found.instruments[1] = Instrument(1, TERMS, 2, 1, 10**18, 20_000, 100_000)
    found.accounts[200]=Account(200,2,1,1,1,2)
    return found
