"""Who somebody is and may do: users, credentials, tokens, API keys, permissions, audit. Touches the store.

`Gate` answers from memory who asks; `permissions.require` whether they may; `audit.record` notes it in the change's
own transaction. The flows are functions that take an `Identity` first.
"""

from garraway.identity.assembly import KeySecrets
from garraway.identity.breached import Breached
from garraway.identity.errors import (
    AuditBroken,
    Busy,
    Conflict,
    FactorMissing,
    Forbidden,
    GateStale,
    IdentityError,
    KeyFileUnsafe,
    Locked,
    Missing,
    OAuthRefused,
    PasswordRefused,
    Refusal,
    StepUpNeeded,
    TextInvalid,
    Unauthenticated,
)
from garraway.identity.gate import Cut, Gate
from garraway.identity.identity import Identity, RelyingParty, no_trading_sessions
from garraway.identity.origin import Origin
from garraway.identity.passwords import HashingPool
from garraway.identity.permissions import RULES, Extent, Permission, insist, permitted, reach_of, require
from garraway.identity.policy import Policy
from garraway.identity.principal import STAFF, Principal, Role, Scope
from garraway.identity.sealing import Sealer
from garraway.identity.secret_files import SecretFiles
from garraway.identity.sessions import Grant
from garraway.identity.signed_requests import SignedRequest
from garraway.identity.signing_keys import SigningKeys
from garraway.identity.tokens import Tokens

__all__ = [
    "RULES",
    "STAFF",
    "AuditBroken",
    "Breached",
    "Busy",
    "Conflict",
    "Cut",
    "Extent",
    "FactorMissing",
    "Forbidden",
    "Gate",
    "GateStale",
    "Grant",
    "HashingPool",
    "Identity",
    "IdentityError",
    "KeyFileUnsafe",
    "KeySecrets",
    "Locked",
    "Missing",
    "OAuthRefused",
    "Origin",
    "PasswordRefused",
    "Permission",
    "Policy",
    "Principal",
    "Refusal",
    "RelyingParty",
    "Role",
    "Scope",
    "Sealer",
    "SecretFiles",
    "SignedRequest",
    "SigningKeys",
    "StepUpNeeded",
    "TextInvalid",
    "Tokens",
    "Unauthenticated",
    "insist",
    "no_trading_sessions",
    "permitted",
    "reach_of",
    "require",
]
