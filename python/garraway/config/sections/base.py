"""What every section of the settings keeps to. Touches nothing."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Section(BaseModel):
    """A frozen part of the tree: unknown keys are errors, each field is documented by the text below it."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
    )


Port = Annotated[int, Field(ge=0, le=65_535)]
"""A port; 0 takes a free one."""
Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[int, Field(ge=1)]
