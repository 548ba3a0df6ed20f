"""Money requests: what needs a second person."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from pydantic import AfterValidator, Field, PlainSerializer, StringConstraints

from garraway.config.sections.base import Section

Amount = Annotated[str, StringConstraints(pattern=r"^(0|[1-9][0-9]{0,17})(\.[0-9]{1,8})?$")]
"""A decimal as text: 18 digits before and 8 behind the point at most."""
Code = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{2,8}$")]
Amounts = Annotated[Mapping[Code, Amount], AfterValidator(MappingProxyType), PlainSerializer(dict)]


class Money(Section):
    """When a request for money needs another's approval, and how long it waits for it."""

    approval_above: Amounts = Field(default_factory=lambda: MappingProxyType({}))
    """Amount by asset code, as decimal text, above which another must approve; of other assets every amount."""
    approval_expiry_s: int = Field(default=86_400, ge=60, le=30 * 86_400)
    """How long a request waits for its approval."""
    outbox_retry_ms: int = Field(default=200, ge=10, le=60_000)
    """How long the outbox rests before it tries again at a venue that is away."""
