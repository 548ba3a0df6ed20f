//! `PayDividend`: so much for each lot of a position in an instrument that the house deals: a sweep over the positions.

use garraway_types::{
    AccountId, Command, CommandKind, Event, EventKind, PayDividend, Reject, detail, limits,
};

use super::{Judged, require};
use crate::emit::Emit;
use crate::engine::Engine;
use crate::positions::most_lots;
use crate::sweeps::Sweep;

pub(crate) fn pay_dividend(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let number = command.head.instrument;
    let PayDividend { amount, .. } = command.body();
    let instrument = engine.instruments.get(number);
    require(instrument.is_none_or(|of| of.terms.is_dealt()), Reject::ExecutionInvalid)?;
    // What the largest position gets must be countable.
    let most = instrument.map_or(1, |of| most_lots(of.terms.max_price, of.terms.price_value));
    let counted = amount >= 1 && i128::from(amount) * i128::from(most) < 1 << 62;
    require(counted, Reject::AmountInvalid)?;
    let instrument = instrument.ok_or(Reject::InstrumentUnknown)?;
    require(engine.sweeps.len() < limits::MAX_SWEEPS, Reject::WorkFull)?;
    require(!instrument.is_busy(), Reject::InstrumentBusy)?;
    let event = Event { instrument: number, value: amount, ..Event::empty(EventKind::DividendPaid) };
    let id = emit.own_with_tail(event, command.tail());
    let sweep = Sweep::new(CommandKind::PayDividend, id);
    engine.begin_sweep(Sweep { instrument: number, terms: [amount, 0], ..sweep }, emit);
    Ok(())
}

impl Engine {
    /// Goes on with a dividend, a position at a time; whether all have theirs.
    pub(crate) fn dividend_on(&mut self, sweep: &mut Sweep, emit: &mut Emit<'_, '_>) -> bool {
        let [amount, from] = sweep.terms;
        let mut from = from as u64;
        while let Some(((number, account, position), of)) =
            self.dealt.next_of(sweep.instrument, sweep.at, from)
        {
            if !emit.has_room_for(2) {
                return false;
            }
            let (payer, quote) =
                (self.accounts.payer(account), self.instruments.of_order(number).terms.quote);
            let gain = amount * of.lots;
            self.ledger.post(quote, [(payer, gain), (AccountId::HOUSE, -gain)]);
            for (account, value) in [(payer, gain), (AccountId::HOUSE, -gain)] {
                emit.anonymous(Event {
                    account: account.0,
                    instrument: quote.0,
                    detail: detail::DIVIDEND,
                    value,
                    fee: i64::from(number),
                    ..Event::empty(EventKind::Posted)
                });
            }
            from = position + 1;
            (sweep.at, sweep.terms[1]) = (account, from as i64);
        }
        true
    }
}
