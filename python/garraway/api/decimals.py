"""Decimals as this API writes and reads them: strings, never numbers. Touches nothing."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

PATTERN: Final = r"^[+-]?[0-9]{1,30}(\.[0-9]{1,30})?$"
Decimal = Annotated[str, StringConstraints(pattern=PATTERN, max_length=32), Field(examples=["101.25"])]
"""A plain decimal in a string: sign, digits, at most one point."""
Positive = Annotated[
    str, StringConstraints(pattern=PATTERN.replace("[+-]?", r"\+?"), max_length=32), Field(examples=["101.25"])
]
Id = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,20}$"), Field(examples=["131072000"])]
"""A 64-bit id: as a string, because JSON's numbers are 53 bits to many programs."""


class Said(BaseModel):
    """Base of every reply: nothing beyond what is declared."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Asked(BaseModel):
    """Base of every request: strict types, an unknown member is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
