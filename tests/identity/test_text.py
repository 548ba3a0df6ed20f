"""What people type: one form of each login, and no sign that deceives."""

import pytest

from garraway.identity import TextInvalid, text


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ada@Example.COM", "ada@example.com"),
        ("  ada+desk@mail.example.com ", "ada+desk@mail.example.com"),
        ("\uff41da@example.com", "ada@example.com"),
    ],
)
def test_a_login_has_one_form(typed: str, kept: str) -> None:
    assert text.login(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ada",
        "@example.com",
        "ada@",
        "ada@localhost",
        "ada@@example.com",
        "ada@exam ple.com",
        "ada\0@example.com",
        "ada\u202e@example.com",
        "\u0430da@example.com",
        ".ada@example.com",
        "ada@-example.com",
        "ada@example.com\nbcc:eve@example.com",
        "a" * 65 + "@example.com",
        "a@" + "b." * 200 + "com",
        "a" * 10**6,
        "'; drop table users;--@example.com",
    ],
)
def test_what_is_no_address_is_refused_by_its_field(typed: str) -> None:
    with pytest.raises(TextInvalid) as refused:
        text.login(typed)
    assert refused.value.field == "login"


@pytest.mark.parametrize("sign", ["\0", "\n", "\x1b", "\u202e", "\u2066", "\u200b", "\ufeff", "\u2028", "\ud800"])
def test_a_line_holds_no_control_or_direction_sign(sign: str) -> None:
    with pytest.raises(TextInvalid, match=f"U\\+{ord(sign):04X}"):
        text.line("name", f"Ada{sign}Lovelace")


def test_a_line_is_trimmed_composed_and_bounded() -> None:
    assert text.line("name", "  Zoe\u0308 \u05d0\u05d1 ") == "Zo\u00eb \u05d0\u05d1"
    for typed in ("", "   ", "x" * 201):
        with pytest.raises(TextInvalid):
            text.line("name", typed)


def test_what_a_client_says_of_itself_is_made_harmless() -> None:
    assert text.shown("curl\x1b[31m/8\u202e" + "x" * 500) == "curl?[31m/8?" + "x" * 188
