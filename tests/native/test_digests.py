"""Digests are those of Python's own library, whatever the length of text and key."""

import hashlib
import hmac
import random

from garraway import _native


def test_digests_are_those_of_the_library() -> None:
    stream = random.Random(5)
    for length in (*range(200), 4_096, 65_537):
        content, key = stream.randbytes(length), stream.randbytes(stream.choice((0, 1, 32, 52, 64, 65, 200)))
        assert _native.sha256_hex(content) == hashlib.sha256(content).hexdigest()
        assert _native.hmac_sha256_hex(key, content) == hmac.new(key, content, hashlib.sha256).hexdigest()
