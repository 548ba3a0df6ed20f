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
STREAMS: Final = ("spot", "margin", "linear", "inverse", "stock", "option", "optionMarket", "optionPrivate", "papi")
REQUEST_STREAMS: Final = {"spot": "ws-api/v3", "linear": "ws-fapi/v1", "inverse": "ws-dapi/v1"}
PAGES: Final = ("logo", "www", "doc", "api_management", "fees")
"""Pages for people; no call goes there, and none is left all the same."""


def ccxt_preset(url: str) -> dict[str, Any]:
    """The argument of `ccxt.binance` without key and secret, for the venue whose API is at `url`."""
    root = url.rstrip("/") + "/binance"
    stream_root = "ws" + root.removeprefix("http")
    kinds: dict[str, Any] = {name: f"{root}/{path}" for name, path in REST.items()}
    kinds["ws"] = dict.fromkeys(STREAMS, f"{stream_root}/ws") | {
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
