"""When instruments open and close: what the planner tells the venue ahead of time."""

from collections.abc import Mapping
from datetime import date, time
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PlainSerializer, StringConstraints, model_validator

from garraway.config.sections.base import Seconds, Section


def _without_zone(at: time) -> time:
    if at.tzinfo is not None:
        raise ValueError("names a zone: write the time in UTC without one, such as 08:00:00")
    return at


UtcTime = Annotated[time, AfterValidator(_without_zone)]
Symbol = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9._-]{0,15}$")]
Weekday = Annotated[int, Field(ge=0, le=6)]


class InstrumentSchedule(Section):
    """The days of one instrument: a calendar, its auctions, and what is different on single days."""

    calendar: Literal["XNYS", "CMES", "FX", "UTC", "ALWAYS"]
    """XNYS New York's stocks, CMES Chicago's futures, FX Sunday to Friday 17:00 New York, UTC `open` to `close`."""
    open: UtcTime = time(8, 0)
    """UTC only: when it opens."""
    close: UtcTime = time(16, 30)
    """UTC only: when it closes; at or before `open`: on the next day."""
    weekdays: tuple[Weekday, ...] = (0, 1, 2, 3, 4)
    """UTC only: days on which it opens, Monday 0 to Sunday 6."""
    pre_open_s: int = Field(default=0, ge=0, le=4 * 3_600)
    """Seconds of pre-open before the opening auction, or before the opening where there is none."""
    opening_auction_s: int = Field(default=0, ge=0, le=3_600)
    """Seconds of the opening auction, which ends at the opening; 0: none."""
    closing_auction_s: int = Field(default=0, ge=0, le=3_600)
    """Seconds of the closing auction, which ends at the close; 0: none."""
    closed_on: tuple[date, ...] = ()
    """Sessions, by their date, that do not take place."""
    closes_at: Annotated[Mapping[date, UtcTime], AfterValidator(MappingProxyType), PlainSerializer(dict)] = Field(
        default_factory=lambda: MappingProxyType({})
    )
    """Sessions, by their date, that close earlier: the time of the close in UTC."""


Instruments = Annotated[
    Mapping[Symbol, InstrumentSchedule],
    AfterValidator(MappingProxyType),
    PlainSerializer(dict),
]


class Schedules(Section):
    """How far ahead the planner tells schedules, and whose."""

    horizon_days: int = Field(default=10, ge=1, le=30)
    """Days ahead that are told to the venue; fewer where 128 changes of an instrument do not reach so far."""
    look_every_s: Seconds = 60
    """How often the planner looks whether something is to be told."""
    instruments: Instruments = Field(default_factory=lambda: MappingProxyType({}))
    """Tables by symbol; instruments without one are left alone."""

    @model_validator(mode="after")
    def _sessions_are_longer_than_their_auctions(self) -> "Schedules":
        for symbol, plan in self.instruments.items():
            if plan.opening_auction_s + plan.closing_auction_s > 2 * 3_600:
                raise ValueError(f"{symbol}: both auctions together last more than 7200 s: shorten them")
        return self
