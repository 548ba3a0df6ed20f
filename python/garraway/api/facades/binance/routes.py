"""The application that answers what comes under the facade's prefix. Touches nothing else.

An error raised here becomes a reply where all errors of the API do, in the words of `refusals`.
"""

import msgspec
from starlette.types import Receive, Scope, Send

from garraway.api.facades.binance import endpoints, requests
from garraway.api.facades.binance.asking import asked
from garraway.api.facades.binance.refusals import refusal


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers a request under the facade's prefix. Raises: Refusal, Problem, errors of the rooms below."""
    del receive  # the edge has read the body
    if requests.CALL in scope:
        said = await requests.answer(scope)
    else:
        path = scope["path"].removeprefix(scope["root_path"])
        endpoint = endpoints.find(scope["method"], path)
        if endpoint is None:
            raise refusal(-1020, "This operation is not supported.", 405 if endpoints.knows(path) else 404)
        scope["garraway.route"] = scope["root_path"] + path
        said = await endpoint.answer(asked(scope, endpoint.permission, endpoint.parameters, once=endpoint.once))
    body = msgspec.json.encode(said)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
