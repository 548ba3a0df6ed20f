"""Settings that a user keeps for its programs, such as a layout. From SQL; the service itself reads none of it."""

import json
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from garraway.api.decimals import Asked, Said
from garraway.api.permits import Caller, needs
from garraway.api.problems import conflict, invalid, not_found
from garraway.api.rendering import At, at_text
from garraway.api.serving import Served
from garraway.store import user_settings as rows

VALUE_BYTES: Final = 8_192
Key = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$", description="Name of the setting.")]

routes = APIRouter(prefix="/api/v1/settings", tags=["account"])


class SettingAsked(Asked):
    """Any JSON value, of at most 8,192 bytes as this service writes it."""

    value: Annotated[Any, Field(description="Any JSON value.")]


class SettingSaid(Said):
    """A setting, and when it was set."""

    key: str
    value: Any
    set_at: At


class SettingsSaid(Said):
    """All settings, by key."""

    items: list[SettingSaid]


@routes.get("")
async def list_settings(services: Served, caller: Annotated[Caller, needs("view", "settings")]) -> SettingsSaid:
    """The caller's own, at most 64."""

    def found() -> list[rows.UserSetting]:
        with services.database.reading() as connection:
            return rows.user_settings(connection, caller.principal.user_id)

    return SettingsSaid(items=[_said(one) for one in await run_in_threadpool(found)])


@routes.get("/{key}")
async def get_setting(key: Key, services: Served, caller: Annotated[Caller, needs("view", "settings")]) -> SettingSaid:
    """One of the caller's own."""

    def found() -> rows.UserSetting | None:
        with services.database.reading() as connection:
            return rows.user_setting(connection, caller.principal.user_id, key)

    one = await run_in_threadpool(found)
    if one is None:
        raise _unknown(key)
    return _said(one)


@routes.put("/{key}")
async def set_setting(
    key: Key, asked: SettingAsked, services: Served, caller: Annotated[Caller, needs("update", "settings")]
) -> SettingSaid:
    """Sets one of the caller's own, new or anew."""
    one = rows.UserSetting(key=key, value=_canonical(asked.value), set_at_ns=services.clock())

    def keep() -> bool:
        with services.database.writing() as connection:
            return rows.set_user_setting(connection, caller.principal.user_id, one)

    if not await run_in_threadpool(keep):
        raise conflict("SettingsFull", f"{rows.MOST} settings are all that a user may have: delete one first")
    return _said(one)


@routes.delete("/{key}", status_code=204)
async def delete_setting(key: Key, services: Served, caller: Annotated[Caller, needs("update", "settings")]) -> None:
    """Deletes one of the caller's own."""

    def remove() -> bool:
        with services.database.writing() as connection:
            return rows.remove_user_setting(connection, caller.principal.user_id, key)

    if not await run_in_threadpool(remove):
        raise _unknown(key)


def _canonical(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    size = len(text.encode())
    if size > VALUE_BYTES:
        raise invalid("value", "TooLong", f"{size} bytes of JSON, {VALUE_BYTES} are the limit: keep less in it")
    return text


def _said(one: rows.UserSetting) -> SettingSaid:
    return SettingSaid(key=one.key, value=json.loads(one.value), set_at=at_text(one.set_at_ns))


def _unknown(key: str) -> Exception:
    return not_found("SettingUnknown", f"no setting {key!r}: `GET /api/v1/settings` lists those that are there")
