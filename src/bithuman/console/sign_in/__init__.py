"""`/sign-in`, and signing out."""

from fastapi import Request, Response

from bithuman.console.cookies import FORM, SESSION, drop_cookie, is_local, set_cookie
from bithuman.console.forms import Form
from bithuman.console.page import HOME, page_router, platform_of, public_url, see_other, show, viewer_of
from bithuman.console.throttle import SignInThrottle
from bithuman.core.people import SIGN_IN_LIFE_MS
from bithuman.core.refusals import Code, Refusal
from bithuman.http.requests import client_network
from bithuman.http.statuses import STATUS
from bithuman.service import people
from bithuman.service.people import Browser, NewSignIn

router = page_router()
_LONGEST_AGENT = 200


@router.get("/sign-in")
async def ask(request: Request) -> Response:
    return await _page(request, there=request.query_params.get("next", ""))


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    form, platform = await Form.read(request), platform_of(request)
    email, throttle = form.text("email"), request.app.state.sign_in_throttle
    try:
        throttle.check(request, platform, email)
        made = await people.sign_in(platform, email, form.get("password", ""), browser_of(request))
    except Refusal as refusal:
        if refusal.code not in (Code.UNAUTHORIZED, Code.RATE_LIMITED, Code.ACCESS_DENIED):
            raise
        return await _page(
            request, there=form.text("next"), email=email, error=refusal.message, status=STATUS[refusal.code]
        )
    answer = see_other(local_path(form.text("next")))
    keep(request, answer, made, email)
    return answer


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    form, viewer = await Form.read(request), await viewer_of(request)
    if form.text("everywhere"):
        await people.sign_out_everywhere(platform_of(request), viewer)
    else:
        await people.sign_out(platform_of(request), viewer, form.text("sign_in") or None)
    if form.text("sign_in") not in ("", viewer.sign_in.id):
        return see_other("/account")
    answer = see_other("/sign-in")
    drop_cookie(request, answer, SESSION)
    return answer


def browser_of(request: Request) -> Browser:
    """Who signs in, as far as a person recognises it."""
    return Browser(request.headers.get("user-agent", "")[:_LONGEST_AGENT], client_network(request.scope))


def keep(request: Request, answer: Response, made: NewSignIn, email: str) -> None:
    """Give the browser the cookies of a sign-in. Its cookie is new, whatever the browser sent."""
    set_cookie(request, answer, SESSION, made.token, SIGN_IN_LIFE_MS // 1_000)
    drop_cookie(request, answer, FORM)
    SignInThrottle.remember(request, answer, platform_of(request), email)


def local_path(text: str) -> str:
    """Where to go after signing in: a path of this site, whatever the form says."""
    is_path = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable() and text.isascii()
    return text if is_path else HOME


async def _page(request: Request, *, there: str, email: str = "", error: str = "", status: int = 200) -> Response:
    return await show(
        request,
        "sign_in/sign_in.html",
        None,
        title="Sign in",
        status=status,
        email=email,
        error=error,
        next=local_path(there),
        is_plain=not public_url(request).startswith("https:") and not is_local(request),
    )
