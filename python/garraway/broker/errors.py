"""What can be wrong with money and approvals. Touches nothing. `api` maps the tree to HTTP.

BrokerError
├── AmountInvalid        no such amount of the asset
├── TransferMissing      no such transfer, or none that the asker may see
├── ApprovalMissing      no such approval
├── ApprovalClosed       decided already, or its time is over
├── ApprovalPending      one for the same thing is pending already
├── SameHands            the maker cannot be the checker
├── PayloadDiffers       the checker saw something else than what is asked for
├── KeyReused            the Idempotency-Key came before with another request
├── RequestUnderWay      the request with this Idempotency-Key is still being answered
├── DraftMissing         no such draft, or none that the asker may change
├── DraftClosed          it is past the state in which this can be done
├── DraftChanged         it is not the version that was looked at
├── DraftStale           what it changes was changed meanwhile
├── AccountsFull         a user has all the accounts that one may have
├── SessionInvalid       terms of a trading session that the engine would refuse; the field is named
├── SessionMissing       no trading session that could be closed
├── CommandNotHeld       no such command waits for a decision
└── OutboxTaken          another process sends from this outbox
"""


class BrokerError(Exception):
    """Something about money or approvals; the text says what to do."""


class AmountInvalid(BrokerError):
    """No such amount of the asset."""


class TransferMissing(BrokerError):
    """No such transfer, or none that the asker may see."""


class ApprovalMissing(BrokerError):
    """No such approval."""


class ApprovalClosed(BrokerError):
    """Decided already, or its time is over."""


class ApprovalPending(BrokerError):
    """One for the same thing is pending already."""


class SameHands(BrokerError):
    """The maker cannot be the checker."""


class PayloadDiffers(BrokerError):
    """The checker saw something else than what is asked for."""


class KeyReused(BrokerError):
    """The Idempotency-Key came before with another request."""


class RequestUnderWay(BrokerError):
    """The request with this Idempotency-Key is still being answered."""


class DraftMissing(BrokerError):
    """No such draft, or none that the asker may change."""


class DraftClosed(BrokerError):
    """It is past the state in which this can be done."""


class DraftChanged(BrokerError):
    """It is not the version that was looked at."""


class DraftStale(BrokerError):
    """What it changes was changed meanwhile."""


class AccountsFull(BrokerError):
    """A user has all the accounts that one may have."""


class SessionInvalid(BrokerError):
    """Terms of a trading session that the engine would refuse."""

    def __init__(self, field: str, text: str) -> None:
        """Puts the text together."""
        super().__init__(f"{field} {text}")
        self.field = field


class SessionMissing(BrokerError):
    """No trading session that could be closed."""


class OutboxTaken(BrokerError):
    """Another process sends from this outbox."""


class CommandNotHeld(BrokerError):
    """No such command waits for a decision."""
