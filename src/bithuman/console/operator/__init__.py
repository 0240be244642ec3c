"""`/operator`: every account, its plan, its credits, and stopping it. For operators alone; others find nothing here."""

import re

from fastapi import Request, Response

from bithuman.console.forms import Form
from bithuman.console.page import page_router, platform_of, read, see_other, show, viewer_of
from bithuman.core import refusals
from bithuman.core.billing import MICRO
from bithuman.core.refusals import Code, Refusal
from bithuman.http.statuses import STATUS
from bithuman.service import accounts
from bithuman.service.people import Viewer

router = page_router()
PATH = "/operator"
_AMOUNT = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,6}))?", re.ASCII)


@router.get(PATH)
async def all_accounts(request: Request) -> Response:
    viewer = await _operator(request)
    platform = platform_of(request)
    found = await read(request, viewer, lambda: accounts.list_accounts(platform))
    return await show(request, "operator/accounts.html", viewer, title="Accounts", accounts=found)


@router.get(f"{PATH}/accounts/{{user_id}}")
async def one_account(request: Request, user_id: str) -> Response:
    return await _page(request, user_id)


@router.post(f"{PATH}/accounts/{{user_id}}")
async def change(request: Request, user_id: str) -> Response:
    form = await Form.read(request)
    await _operator(request)
    platform = platform_of(request)
    email = (await accounts.read_account(platform, user_id)).email
    try:
        match form.text("act"):
            case "plan":
                await accounts.set_plan(platform, email, form.text("plan"))
            case "grant":
                await accounts.grant_credits(platform, email, _micro_credits(form.text("credits")))
            case "suspend":
                await accounts.set_suspended(platform, email, suspended=True)
            case "restore":
                await accounts.set_suspended(platform, email, suspended=False)
            case _:
                raise refusals.invalid("This form asks for nothing that an operator can do.")
    except Refusal as refusal:
        if refusal.code is not Code.VALIDATION_ERROR:
            raise
        return await _page(request, user_id, error=refusal.message, status=STATUS[refusal.code])
    return see_other(f"{PATH}/accounts/{user_id}")


async def _page(request: Request, user_id: str, *, error: str = "", status: int = 200) -> Response:
    viewer = await _operator(request)
    platform = platform_of(request)
    email = (await accounts.read_account(platform, user_id)).email
    overview = await read(request, viewer, lambda: accounts.read_overview(platform, email))
    return await show(
        request,
        "operator/account.html",
        viewer,
        title=overview.account.email,
        overview=overview,
        plans=platform.schedule.plans,
        within_s=platform.timing.heartbeat_ms // 1_000,
        error=error,
        status=status,
    )


async def _operator(request: Request) -> Viewer:
    viewer = await viewer_of(request)
    if not viewer.person.is_operator:
        raise refusals.not_found("page")
    return viewer


def _micro_credits(text: str) -> int:
    amount = _AMOUNT.fullmatch(text)
    if amount is None:
        raise refusals.invalid("Credits are a number such as 100 or 0.5, with at most six decimals.")
    return int(amount[1]) * MICRO + int((amount[2] or "").ljust(6, "0"))
