"""What an account sees of itself."""

from typing import Literal

from pydantic import Field

from bithuman.core.billing import affordable_ms
from bithuman.http.bodies import router as bounded_router
from bithuman.http.caller import CurrentAccount, CurrentPlatform
from bithuman.http.documents import Credits, Document, Minutes, UserId
from bithuman.http.errors import SECRET, responses

router = bounded_router("Account")


class Me(Document):
    """An account as it sees itself."""

    user_id: UserId
    email: str = Field(examples=["ada@example.com"])
    plan: str = Field(examples=["creator"])
    credit_balance: Credits
    plan_credits_remaining: Credits
    topup_credits_remaining: Credits
    account_status: Literal["active"] = "active"


class MeAnswer(Document):
    """The caller's account."""

    data: Me
    status: Literal["success"] = "success"
    status_code: Literal[200] = 200


class CreditSummary(Document):
    """What can be spent, and how long it lasts."""

    user_id: UserId
    balance: Credits
    plan_credits: Credits
    topup_credits: Credits
    minutes_estimate: dict[str, Minutes | None] = Field(
        description="Minutes that the balance pays for, by price code; null where a minute is free.",
        examples=[{"self_hosted": 98.5}],
    )


class CreditSummaryAnswer(Document):
    """The caller's credits."""

    success: Literal[True] = True
    data: CreditSummary


@router.get("/v1/me", summary="Your account", responses=responses(*SECRET))
async def me(account: CurrentAccount) -> MeAnswer:
    """Who the secret belongs to, and what is left to spend."""
    return MeAnswer(
        data=Me(
            user_id=account.id,
            email=account.email,
            plan=account.plan,
            credit_balance=account.balance.total,
            plan_credits_remaining=account.balance.plan,
            topup_credits_remaining=account.balance.topup,
        )
    )


@router.get("/v2/credit-summaries", summary="Your credits", responses=responses(*SECRET))
async def credit_summary(account: CurrentAccount, platform: CurrentPlatform) -> CreditSummaryAnswer:
    """What is left, by kind, and how many minutes it pays for at each price."""
    balance = account.balance
    return CreditSummaryAnswer(
        data=CreditSummary(
            user_id=account.id,
            balance=balance.total,
            plan_credits=balance.plan,
            topup_credits=balance.topup,
            minutes_estimate={
                code: affordable_ms(balance.total, price.rate) for code, price in platform.schedule.prices.items()
            },
        )
    )
