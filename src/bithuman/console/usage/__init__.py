"""`/usage`: the balance, and the ledger behind it."""

from fastapi import Request, Response

from bithuman.console.page import page_router, platform_of, read, show, viewer_of
from bithuman.service.accounts import read_account
from bithuman.service.usage import read_usage

router = page_router()
_ROWS = 50
_LAST_PAGE = 100_000


@router.get("/usage")
async def usage(request: Request) -> Response:
    viewer = await viewer_of(request)
    platform = platform_of(request)
    asked = request.query_params.get("page", "1")
    number = min(max(int(asked), 1), _LAST_PAGE) if asked.isascii() and asked.isdecimal() and len(asked) < 9 else 1
    account = await read_account(platform, viewer.account.id)
    offset = (number - 1) * _ROWS
    page = await read(request, viewer, lambda: read_usage(platform, viewer.account.id, limit=_ROWS, offset=offset))
    return await show(
        request,
        "usage/usage.html",
        viewer,
        title="Usage",
        balance=account.balance,
        plan=platform.plan(account.plan),
        entries=page.entries,
        total=page.total,
        number=number,
        pages=max(1, -(-page.total // _ROWS)),
    )
