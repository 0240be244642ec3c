"""The ledger and the schedule: what was used, and what use costs."""

import re
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Literal

from fastapi import Query
from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from bithuman.core.billing import Entry
from bithuman.core.refusals import Code
from bithuman.http.bodies import router as bounded_router
from bithuman.http.caller import CurrentAccount, CurrentPlatform
from bithuman.http.documents import AgentCode, Credits, Document, SessionId, Time
from bithuman.http.errors import SECRET, responses
from bithuman.http.readers import CurrentReaders
from bithuman.http.validation import OWN
from bithuman.service.usage import read_usage

router = bounded_router("Usage")


class UsageEntry(Document):
    """A line of the ledger. `credits_change` is positive for what was used and negative for what was credited."""

    activity_type: str = Field(description="runtime, plan_grant, plan_lapse or top_up.", examples=["runtime"])
    pricing_code: str | None = Field(examples=["self_hosted"])
    session_id: SessionId | None
    agent_code: AgentCode | None
    created_at: Time
    credits_change: Credits


class Pagination(Document):
    """Which part of a list this is."""

    limit: int
    offset: int
    total: int
    has_more: bool


class UsageAnswer(Document):
    """A page of the ledger, newest first. The balance is minus the sum of all `credits_change`."""

    data: list[UsageEntry]
    pagination: Pagination


class PlanOffer(Document):
    """What a plan grants."""

    name: str
    credits_per_month: Credits
    concurrent_sessions: int
    reads_per_minute: int
    writes_per_minute: int


class PriceOffer(Document):
    """What a rendered minute costs. A token request picks a price by its code, as `billing_type`."""

    code: str
    host: str
    model: str
    credits_per_minute: Credits
    default: bool


class Pricing(Document):
    """The operator's schedule."""

    unit: Literal["credit"] = "credit"
    plans: list[PlanOffer]
    prices: list[PriceOffer]


class PricingAnswer(Document):
    """Plans and prices."""

    success: Literal[True] = True
    data: Pricing


MAX_OFFSET = 2**53
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?", re.ASCII)


def moment_ms(text: str) -> int:
    """A time of RFC 3339, or a date, which is its midnight in UTC, as milliseconds since the epoch.

    Raises:
        PydanticCustomError: it is neither.
    """
    try:
        if not _MOMENT.fullmatch(text.upper()):
            raise ValueError
        moment = datetime.fromisoformat(text.upper())
    except ValueError:
        raise PydanticCustomError(OWN, "must be a date or a time, such as 2026-11-25T03:00:00Z") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    since_epoch = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return since_epoch.days * 86_400_000 + since_epoch.seconds * 1_000 + since_epoch.microseconds // 1_000


Moment = Annotated[
    int,
    BeforeValidator(moment_ms),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]}),
]


@router.get("/v1/usage", summary="Your ledger", responses=responses(*SECRET, Code.VALIDATION_ERROR))
async def usage(
    account: CurrentAccount,
    platform: CurrentPlatform,
    readers: CurrentReaders,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=MAX_OFFSET)] = 0,
    start: Annotated[Moment | None, Query(description="From this moment on.")] = None,
    end: Annotated[Moment | None, Query(description="Until before this moment.")] = None,
    agent_code: Annotated[str | None, Query(max_length=64)] = None,
) -> UsageAnswer:
    """What was used and what was credited, newest first. Your balance is minus the sum of all `credits_change`."""
    read = partial(
        read_usage, platform, account.id, limit=limit, offset=offset, start_ms=start, end_ms=end, agent_code=agent_code
    )
    page = await readers.run(account.id, read)
    return UsageAnswer(
        data=[_entry(entry) for entry in page.entries],
        pagination=Pagination(
            limit=limit, offset=offset, total=page.total, has_more=offset + len(page.entries) < page.total
        ),
    )


@router.get("/v1/pricing", summary="Plans and prices", responses=responses())
async def pricing(platform: CurrentPlatform) -> PricingAnswer:
    """The operator's schedule, for programs. It needs no secret."""
    schedule = platform.schedule
    default = schedule.price(None)
    return PricingAnswer(
        data=Pricing(
            plans=[
                PlanOffer(
                    name=plan.name,
                    credits_per_month=plan.credits,
                    concurrent_sessions=plan.sessions,
                    reads_per_minute=plan.reads_per_minute,
                    writes_per_minute=plan.writes_per_minute,
                )
                for plan in schedule.plans.values()
            ],
            prices=[
                PriceOffer(
                    code=price.code,
                    host=price.host,
                    model=price.model,
                    credits_per_minute=price.rate,
                    default=price is default,
                )
                for price in schedule.prices.values()
            ],
        )
    )


def _entry(entry: Entry) -> UsageEntry:
    return UsageEntry(
        activity_type=entry.activity,
        pricing_code=entry.pricing_code,
        session_id=entry.session_id,
        agent_code=entry.agent_code,
        created_at=entry.at_ms,
        credits_change=-(entry.plan_change + entry.topup_change),
    )
