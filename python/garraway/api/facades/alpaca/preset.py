"""What makes ccxt's class `alpaca` trade here: a preset that overrides each of its URLs. Touches nothing.

ccxt keeps the URL of a kind of request that a preset leaves out, and sends key and secret to it: every one has to be
named. Those that are not mapped end in an error here. The names are those of ccxt 4.5, `urls` of `alpaca` and of its
WebSocket class.
"""

from typing import Any, Final

REST: Final = ("broker", "trader", "market")
STREAMS: Final = {"crypto": "v1beta3/crypto/us", "trading": "stream"}
PAGES: Final = ("logo", "www", "doc", "fees")
"""Pages for people; no call goes there, and none is left all the same."""


def ccxt_preset(url: str) -> dict[str, Any]:
    """The argument of `ccxt.alpaca` without key and secret, for the venue whose API is at `url`."""
    root = url.rstrip("/") + "/alpaca"
    stream_root = "ws" + root.removeprefix("http")
    kinds: dict[str, Any] = dict.fromkeys(REST, root)
    kinds["ws"] = {name: f"{stream_root}/{path}" for name, path in STREAMS.items()}
    return {
        "hostname": root.split("://", 1)[1],
        "urls": {**dict.fromkeys(PAGES, root), "api": kinds, "test": kinds},
        "options": {"clientOrderId": "{id}", "minCostUSD": 0},
    }
