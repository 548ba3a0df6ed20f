"""The page on which a person allows a program: its texts, its form, its headers. Touches the files of `pages`.

No script, nothing from another host, everything that came from outside escaped. The form may send to this service
alone, and from it the browser may be sent on to the program that asked: browsers hold both to `form-action`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import Final
from urllib.parse import urlsplit

from fastapi import Response

from garraway.identity import Scope
from garraway.identity.oauth import Question

PAGES: Final = Path(__file__).parent / "pages"
WORDS: Final = {
    Scope.READ: "see orders, fills, positions and balances",
    Scope.TRADE: "place, change and cancel orders",
    Scope.WITHDRAW: "ask for deposits and withdrawals",
    Scope.ACCOUNT: "see and change your profile, keys and sessions",
    Scope.ADMIN: "use the back office in your name",
}
"""What a scope lets a program do."""
_PLACE: Final = re.compile(r"[A-Za-z0-9.:\[\]-]+")
_LOG_IN: Final = """\
<label>E-mail address
<input name="login" type="email" autocomplete="username" maxlength="508" value="$login" required autofocus></label>
<label>Password
<input name="password" type="password" autocomplete="current-password" maxlength="1024" required></label>
"""
_CODE: Final = """\
<label>Code of your authenticator app, or a recovery code
<input name="code" autocomplete="one-time-code" maxlength="40" spellcheck="false" required autofocus></label>
"""
_FORM: Final = """\
$wrong
<p>It will be able to:</p>
<ul>
$rights
</ul>
<form method="post" action="/oauth/authorize">
<input type="hidden" name="ticket" value="$ticket">
$fields
<div class="choice">
<button name="decision" value="allow">Allow</button>
<button name="decision" value="deny" formnovalidate>Deny</button>
</div>
</form>
<p class="small">Afterwards you are sent to $place. You can end what you allow among your sessions.</p>
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page with the form says."""

    question: Question
    ticket: str
    code: bool = False
    """Whether it asks for the second factor, the password having been right."""
    login: str = ""
    wrong: str = ""


def asking(shown: Shown, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """The page that asks: log in and allow, or deny."""
    question = shown.question
    fields = _CODE if shown.code else Template(_LOG_IN).substitute(login=escape(shown.login))
    content = Template(_FORM).substitute(
        wrong=f'<p class="wrong" role="alert">{escape(shown.wrong)}</p>' if shown.wrong else "",
        rights="\n".join(f"<li>{escape(WORDS[scope])}</li>" for scope in _in_order(question.scopes)),
        ticket=escape(shown.ticket),
        fields=fields,
        place=escape(_place(question.redirect_uri)),
    )
    return _page(f"{question.name} asks for access to your account", content, status, question.redirect_uri, headers)


def refusing(why: str, status: int = 400) -> Response:
    """The page for a request that cannot be sent back to any program."""
    content = f"<p>{escape(why)}</p>\n<p>Go back to the program that sent you here and begin again.</p>"
    return _page("This cannot be allowed", content, status, "", None)


@cache
def style() -> bytes:
    """How the page looks."""
    return (PAGES / "authorize.css").read_bytes()


def _page(title: str, content: str, status: int, redirect_uri: str, headers: dict[str, str] | None) -> Response:
    html = _template().substitute(title=escape(title), content=content)
    place = _place(redirect_uri)
    to = f" {urlsplit(redirect_uri).scheme}://{place}" if _PLACE.fullmatch(place) else ""
    policy = f"default-src 'none'; style-src 'self'; form-action 'self'{to}; frame-ancestors 'none'; base-uri 'none'"
    safe = {"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer"}
    return Response(html, status, media_type="text/html; charset=utf-8", headers={**safe, **(headers or {})})


@cache
def _template() -> Template:
    return Template((PAGES / "authorize.html").read_text(encoding="utf-8"))


def _place(redirect_uri: str) -> str:
    return urlsplit(redirect_uri).netloc


def _in_order(scopes: Sequence[Scope]) -> list[Scope]:
    return [scope for scope in Scope if scope in scopes]
