"""An account, its secrets, and whether they may open or renew a session."""

import re

from msgspec import Struct

from bithuman.core import refusals
from bithuman.core.billing import NOTHING, Balance

ALIAS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")


class Account(Struct, frozen=True, gc=False):
    """Who pays. `plan_month`: the last month whose plan credits were granted (see `billing.month_of`).

    `revoked_through`: the number of the last secret that may open and renew no session; later ones may.
    `deleted_ms`: when it was deleted. Then its address is gone, `email` is its id, and its ledger is all that is left.
    """

    id: str
    email: str
    plan: str
    created_ms: int
    suspended: bool = False
    balance: Balance = NOTHING
    plan_month: int = 0
    revoked_through: int = 0
    deleted_ms: int | None = None

    @property
    def status(self) -> str:
        """`active`, `suspended` or `deleted`."""
        if self.deleted_ms is not None:
            return "deleted"
        return "suspended" if self.suspended else "active"


DEAD = 0


class SecretRecord(Struct, frozen=True, gc=False):
    """What the server knows of an api-secret.

    `dies_ms`: when it stops working, None while it lives. `DEAD` for one that was ended at once: no clock that steps
    back brings it to life again. `made_by`: the id of the person who made it in the console, None for other ways.
    """

    id: int
    user_id: str
    alias: str
    key_display: str
    created_ms: int
    last_used_ms: int | None = None
    dies_ms: int | None = None
    made_by: str | None = None

    def is_live(self, now_ms: int) -> bool:
        """Whether it authenticates."""
        return self.dies_ms is None or now_ms < self.dies_ms


class AccountEvent(Struct, frozen=True, gc=False):
    """Something that was done to an account. `count`: how often within a minute."""

    at_ms: int
    event: str
    subject: str
    count: int


def check_runtime_access(account: Account, secret: SecretRecord | None, now_ms: int) -> None:
    """Whether `secret` may open or renew a session now.

    Raises:
        Refusal: it is gone (401), or the account or its runtime access is suspended (403).
    """
    if secret is None or not secret.is_live(now_ms):
        raise refusals.revoked_secret()
    if account.suspended:
        raise refusals.suspended_account()
    if secret.id <= account.revoked_through:
        raise refusals.revoked_runtime()
