"""Sealed secrets brought under the newest key, after which an older pepper is needed no more. Touches the store."""

from garraway.identity.errors import KeyFileUnsafe
from garraway.identity.sealing import Sealer
from garraway.identity.signed_requests import HMAC_SHA256
from garraway.store import Database, api_keys, credentials


def reseal(database: Database, sealer: Sealer) -> int:
    """Seals anew what is under another key than the newest; how many. What cannot be opened stays as it is.

    A row that changes meanwhile is left to whoever changed it, who sealed under the newest key. Raises: StoreError,
    SecretUnavailable.
    """
    with database.reading() as connection:
        keys = api_keys.sealed_materials(connection, HMAC_SHA256)
        seeds = credentials.sealed_seeds(connection)
    outdated = [(f"key:{name}", sealed) for name, sealed in keys] + [(f"totp:{user}", sealed) for user, sealed in seeds]
    anew = {place: new for place, old in outdated if (new := _anew(sealer, place, old)) is not None}
    if not anew:
        return 0
    with database.writing() as connection:
        for key_id, old in keys:
            if f"key:{key_id}" in anew:
                api_keys.reseal(connection, key_id, old=old, new=anew[f"key:{key_id}"])
        for user_id, old in seeds:
            if f"totp:{user_id}" in anew:
                credentials.reseal_seed(connection, user_id, old=old, new=anew[f"totp:{user_id}"])
    return len(anew)


def _anew(sealer: Sealer, place: str, sealed: bytes) -> bytes | None:
    if not sealer.is_outdated(sealed):
        return None
    try:
        return sealer.seal(sealer.open(sealed, belongs_to=place), belongs_to=place)
    except KeyFileUnsafe:
        return None
