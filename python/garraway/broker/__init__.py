"""Money, approvals, accounts of users, and the outbox that brings decisions to the engine.

Every change is one transaction: what was decided, its entry in the audit chain, and the command in the outbox.
"""

from garraway.broker.accounts import AccountTerms, open_account
from garraway.broker.approvals import Approvals
from garraway.broker.back_office import BackOffice
from garraway.broker.errors import (
    AccountsFull,
    AmountInvalid,
    ApprovalClosed,
    ApprovalMissing,
    ApprovalPending,
    BrokerError,
    CommandNotHeld,
    DraftChanged,
    DraftClosed,
    DraftMissing,
    DraftStale,
    KeyReused,
    OutboxTaken,
    PayloadDiffers,
    RequestUnderWay,
    SameHands,
    SessionInvalid,
    SessionMissing,
    TransferMissing,
)
from garraway.broker.hand import Hand, note
from garraway.broker.outbox import Outbox
from garraway.broker.policy import MoneyPolicy

__all__ = [
    "AccountTerms",
    "AccountsFull",
    "AmountInvalid",
    "ApprovalClosed",
    "ApprovalMissing",
    "ApprovalPending",
    "Approvals",
    "BackOffice",
    "BrokerError",
    "CommandNotHeld",
    "DraftChanged",
    "DraftClosed",
    "DraftMissing",
    "DraftStale",
    "Hand",
    "KeyReused",
    "MoneyPolicy",
    "Outbox",
    "OutboxTaken",
    "PayloadDiffers",
    "RequestUnderWay",
    "SameHands",
    "SessionInvalid",
    "SessionMissing",
    "TransferMissing",
    "note",
    "open_account",
]
