"""`/setup`: where one-time links lead. The first person, an invited one, or another password."""

import re

from fastapi import Request, Response

from bithuman.console.cookies import LINK, cookie_of, drop_cookie, set_cookie
from bithuman.console.forms import Form
from bithuman.console.page import HOME, page_router, platform_of, see_other, show
from bithuman.console.sign_in import browser_of, keep
from bithuman.core.people import LinkPurpose
from bithuman.core.refusals import Code, Refusal
from bithuman.http.statuses import STATUS
from bithuman.service import people

router = page_router()
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,200}")


@router.get("/setup")
async def ask(request: Request) -> Response:
    token = request.query_params.get("token")
    if token is not None:
        # The address bar and the history keep the page without the token.
        if not _TOKEN.fullmatch(token):
            raise people.dead_link()
        answer = see_other("/setup")
        set_cookie(request, answer, LINK, token)
        return answer
    return await _page(request)


@router.post("/setup")
async def follow(request: Request) -> Response:
    form, platform = await Form.read(request), platform_of(request)
    token, email = cookie_of(request, LINK), form.text("email")
    link, _ = people.read_link(platform, token)
    email = link.email or email
    try:
        request.app.state.sign_in_throttle.check(request, platform, email)
        made = await people.follow_link(platform, token, email, form.get("password", ""), browser_of(request))
    except Refusal as refusal:
        if refusal.code in (Code.NOT_FOUND, Code.UNAVAILABLE):
            raise
        return await _page(request, email=email, error=refusal.message, status=STATUS[refusal.code])
    answer = see_other(HOME)
    drop_cookie(request, answer, LINK)
    keep(request, answer, made, email)
    return answer


async def _page(request: Request, *, email: str = "", error: str = "", status: int = 200) -> Response:
    link, is_known = people.read_link(platform_of(request), cookie_of(request, LINK))
    is_password = link.purpose is LinkPurpose.RESET
    joins = is_known and not is_password
    return await show(
        request,
        "link/link.html",
        None,
        title="Choose a new password" if is_password else "Join the account" if joins else "Create your account",
        button="Save password" if is_password else "Join" if joins else "Create account",
        is_new=not joins,
        fixed_email=link.email,
        email=link.email or email,
        error=error,
        status=status,
    )
