"""What makes ccxt's class `binance` trade here: a preset that overrides each of its URLs. Touches nothing.

ccxt keeps the URL of a kind of request that a preset leaves out, and signs requests to it: every one has to be named.
Those that are not mapped end in an error here. The names are those of ccxt 4.5, `urls` of `binance` and of its
WebSocket class.
"""

from typing import Any, Final

REST: Final = {
    "sapi": "sapi/v1",
    "sapiV2": "sapi/v2",
    "sapiV3": "sapi/v3",
    "sapiV4": "sapi/v4",
    "dapiPublic": "dapi/v1",
    "dapiPrivate": "dapi/v1",
    "dapiPrivateV2": "dapi/v2",
    "dapiData": "futures/data",
    "eapiPublic": "eapi/v1",
    "eapiPrivate": "eapi/v1",
    "fapiPublic": "fapi/v1",
    "fapiPublicV2": "fapi/v2",
    "fapiPublicV3": "fapi/v3",
    "fapiPrivate": "fapi/v1",
    "fapiPrivateV2": "fapi/v2",
    "fapiPrivateV3": "fapi/v3",
    "fapiData": "futures/data",
    "public": "api/v3",
    "private": "api/v3",
    "v1": "api/v1",
    "papi": "papi/v1",
    "papiV2": "papi/v2",
}
STREAMS: Final = {
    "spot": "stream/ws",
    "margin": "margin/ws",
    "linear": "linear/ws",
    "inverse": "inverse/ws",
    "stock": "stock/ws",
    "option": "option/ws",
    "optionMarket": "optionMarket/ws",
    "optionPrivate": "optionPrivate/ws",
    "papi": "papi/ws",
}
"""ccxt takes an address with `/stream` in it for that of the spot market."""
REQUEST_STREAMS: Final = {"spot": "ws-api/v3", "linear": "ws-fapi/v1", "inverse": "ws-dapi/v1"}
PAGES: Final = ("logo", "www", "doc", "api_management", "fees")
"""Pages for people; no call goes there, and none is left all the same."""


def ccxt_preset(url: str, streams_url: str) -> dict[str, Any]:
    """The argument of `ccxt.binance` and `ccxt.pro.binance` without key and secret.

    Args:
        url: where the API of the venue is.
        streams_url: where its WebSockets are.
    """
    root = url.rstrip("/") + "/binance"
    stream_root = streams_url.rstrip("/") + "/binance"
    kinds: dict[str, Any] = {name: f"{root}/{path}" for name, path in REST.items()}
    kinds["ws"] = {name: f"{stream_root}/{path}" for name, path in STREAMS.items()} | {
        "ws-api": {name: f"{stream_root}/{path}" for name, path in REQUEST_STREAMS.items()}
    }
    pages = dict.fromkeys(PAGES, root)
    return {
        "urls": {
            **pages,
            "referral": {"url": root},
            "api": kinds,
            "test": kinds,
            "demo": kinds,
        },
        "options": {
            "defaultType": "spot",
            "fetchCurrencies": False,
            "fetchMargins": False,
            "fetchMarkets": {"types": ["spot"]},
        },
    }
