"""Signed requests: whatever is changed, repeated or late is refused.

`GARRAWAY_MUTATIONS` sets how many mutated requests are tried (100,000 by default).
"""

import os
import random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace
from tests.identity.people import HERE, Clock, enrol, granted, principal_of, register, with_second_factor

from garraway.identity import Busy, Identity, SignedRequest, Unauthenticated
from garraway.identity.keys import Wanted, create
from garraway.identity.signed_requests import Nonces, holds, sign
from garraway.identity.tokens import canonical_base64url

MUTATIONS = int(os.environ.get("GARRAWAY_MUTATIONS", "100000"))
NOW_MS = 1_800_000_100_000
FIELDS = ("key_id", "timestamp_ms", "window_ms", "nonce", "method", "target", "signature")
PLAIN = SignedRequest(
    key_id="k0123456789",
    timestamp_ms=str(NOW_MS),
    window_ms="5000",
    nonce="n-00000001",
    method="POST",
    target="/api/v1/orders?account=100000",
    body=b'{"price":"101.25","quantity":"3"}',
    signature="",
)


def signed(key: Ed25519PrivateKey | str, **other: str | bytes) -> SignedRequest:
    request = replace(PLAIN, **other)
    return replace(request, signature=sign(key, request))


def mutated(stream: random.Random, request: SignedRequest) -> SignedRequest:
    """The request with one thing changed: a character, a cut, a repetition, a case, a swap of two fields."""
    field = stream.choice([*FIELDS, "body"])
    old = getattr(request, field)
    place = stream.randrange(len(old))
    if field == "body":
        flipped = bytes([old[place] ^ (1 << stream.randrange(8))])
        return replace(request, body=stream.choice([old[:place] + flipped + old[place + 1 :], old[:place], old + b" "]))
    sign_ = chr(stream.randrange(33, 127))
    new = stream.choice(
        [
            old[:place] + sign_ + old[place + 1 :],
            old[:place] + old[place + 1 :],
            old[:place] + sign_ + old[place:],
            old.swapcase(),
            old + stream.choice(["=", " ", "\n", "\0", "\u00e9", "%20"]),
            getattr(request, stream.choice(FIELDS)),
        ]
    )
    return replace(request, **{field: new})


@pytest.mark.parametrize("algorithm", ["ed25519", "hmac-sha256"])
def test_no_mutated_request_is_accepted(algorithm: str) -> None:
    stream = random.Random(4)
    private = Ed25519PrivateKey.generate()
    key: Ed25519PrivateKey | str = private if algorithm == "ed25519" else "grw_hmac_of_a_test"
    material = private.public_key().public_bytes_raw() if algorithm == "ed25519" else b"grw_hmac_of_a_test"
    good = signed(key)
    assert accepted(algorithm, material, good)
    hits = []
    for _ in range(MUTATIONS // 2):
        request = mutated(stream, good)
        if request != good and accepted(algorithm, material, request):
            hits.append(request)
    assert hits == []


def accepted(algorithm: str, material: bytes, request: SignedRequest) -> bool:
    """The checks of the gate on one key: forms, then signature."""
    try:
        signed = request.well_formed_bytes()
    except Unauthenticated:
        return False
    return holds(algorithm, material, signed, request.signature)


def test_parts_cannot_be_moved_into_each_other() -> None:
    key = "grw_hmac_of_a_test"
    request = signed(key, nonce="n-00000001", method="P\nOST")
    assert request.signed_bytes() == replace(request, nonce="n-00000001\nP", method="OST").signed_bytes()
    for moved in (request, replace(request, nonce="n-00000001\nP", method="OST")):
        with pytest.raises(Unauthenticated):
            moved.well_formed_bytes()


@pytest.mark.parametrize("text", ["AA=", "AB", "A", "AA\n", "+/", "AA==", "\u00e9"])
def test_base64url_has_one_form(text: str) -> None:
    with pytest.raises(ValueError, match="base64url"):
        canonical_base64url(text)
    assert canonical_base64url("AA") == b"\0"


def test_a_nonce_counts_once_within_its_window() -> None:
    nonces = Nonces()
    times = {"timestamp_ms": NOW_MS, "window_ms": 5_000}
    nonces.take("k", "n", at_ms=NOW_MS, **times)
    for at_ms in (NOW_MS, NOW_MS + 5_000, NOW_MS + 5_001, NOW_MS + 10**6, NOW_MS):
        with pytest.raises(Unauthenticated):
            nonces.take("k", "n", at_ms=at_ms, **times)
    nonces.take("other", "n", timestamp_ms=NOW_MS + 10**6, window_ms=5_000, at_ms=NOW_MS + 10**6)
    assert len(nonces) == 1


@pytest.mark.parametrize(("late_ms", "window_ms"), [(5_001, 5_000), (-1_001, 5_000), (2, 1), (0, 60_001), (0, 0)])
def test_a_request_outside_its_window_is_refused(late_ms: int, window_ms: int) -> None:
    with pytest.raises(Unauthenticated, match="window"):
        Nonces().take("k", "n", timestamp_ms=NOW_MS - late_ms, window_ms=window_ms, at_ms=NOW_MS)


def test_what_was_forgotten_cannot_come_again_when_the_clock_goes_back() -> None:
    nonces = Nonces()
    nonces.take("k", "n", timestamp_ms=NOW_MS, window_ms=5_000, at_ms=NOW_MS)
    nonces.take("k", "m", timestamp_ms=NOW_MS + 9_000, window_ms=5_000, at_ms=NOW_MS + 9_000)
    with pytest.raises(Unauthenticated):
        nonces.take("k", "n", timestamp_ms=NOW_MS, window_ms=5_000, at_ms=NOW_MS)


def test_the_memory_of_nonces_is_bounded_and_full_is_busy() -> None:
    nonces = Nonces(most=3, most_per_key=2)
    for key, nonce in (("a", "1"), ("a", "2"), ("b", "1")):
        nonces.take(key, nonce, timestamp_ms=NOW_MS, window_ms=5_000, at_ms=NOW_MS)
    for key in ("a", "c"):
        with pytest.raises(Busy):
            nonces.take(key, "3", timestamp_ms=NOW_MS, window_ms=5_000, at_ms=NOW_MS)
    nonces.take("c", "3", timestamp_ms=NOW_MS + 6_000, window_ms=5_000, at_ms=NOW_MS + 6_000)
    assert len(nonces) == 1


def request_of(identity: Identity, key_id: str, secret: str, **other: str) -> SignedRequest:
    key: Ed25519PrivateKey | str = secret
    if not secret.startswith("grw_hmac_"):
        key = Ed25519PrivateKey.from_private_bytes(canonical_base64url(secret))
    return signed(key, **{"key_id": key_id, "timestamp_ms": str(identity.clock() // 10**6), **other})


@pytest.mark.parametrize("algorithm", ["ed25519", "hmac-sha256"])
def test_the_gate_lets_a_signed_request_in_once(identity: Identity, clock: Clock, algorithm: str) -> None:
    register(identity)
    app = enrol(identity, principal_of(identity, granted(identity)), clock)
    me = principal_of(identity, with_second_factor(identity, "ada@example.com", app, clock))
    made = create(identity, me, Wanted("desk", algorithm, networks=("192.0.2.0/24", "2001:db8::/32")), origin=HERE)
    assert made.secret is not None
    request = request_of(identity, made.key_id, made.secret)
    at_ms = identity.clock() // 10**6

    def ask(one: SignedRequest = request, address: str = "192.0.2.9", late_ms: int = 0) -> str | None:
        return identity.gate.signed(one, at_ms=at_ms + late_ms, address=address).key_id

    unknown = replace(request, key_id="k" + "0" * 32)
    old = request_of(identity, made.key_id, made.secret, timestamp_ms=str(at_ms - 10**9))
    for one in (unknown, old, replace(request, key_id="\u00e9")):
        with pytest.raises(Unauthenticated):
            ask(one)
    for elsewhere in ("198.51.100.1", "unix"):
        with pytest.raises(Unauthenticated):
            ask(address=elsewhere)
    with pytest.raises(Unauthenticated):
        ask(late_ms=5_001)
    identity.gate._nonces = Nonces()  # the late one above moved its time
    assert ask() == made.key_id
    with pytest.raises(Unauthenticated, match="nonce"):
        ask()
    assert ask(request_of(identity, made.key_id, made.secret, nonce="n-00000002"), "2001:db8::7") == made.key_id
