"""What an account sees of itself."""

from bithuman.core.billing import MINUTE_MS
from bithuman.core.plans import Price
from bithuman.http.bodies import router as bounded_router
from bithuman.http.caller import CurrentAccount, CurrentPlatform
from bithuman.http.documents import CreditSummary, CreditSummaryAnswer, Me, MeAnswer
from bithuman.http.errors import SECRET, responses

router = bounded_router("Account")


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
                code: _affordable_ms(balance.total, price) for code, price in platform.schedule.prices.items()
            },
        )
    )


def _affordable_ms(micro_credits: int, price: Price) -> int | None:
    """How long a session may run on that many micro-credits, or None where it costs nothing."""
    return max(micro_credits, 0) * MINUTE_MS // price.rate if price.rate else None
