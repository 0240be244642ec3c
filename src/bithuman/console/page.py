"""How a page is answered: its template, its headers, and what becomes of a refusal."""

import hashlib
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from bithuman.console.cookies import SESSION, cookie_of
from bithuman.console.forms import bind_forms, check_origin, form_token
from bithuman.core.billing import MICRO
from bithuman.core.people import Permission
from bithuman.core.refusals import Code, Refusal
from bithuman.http.readers import Readers
from bithuman.http.statuses import STATUS
from bithuman.service.people import Viewer, read_viewer
from bithuman.service.platform import Platform

T = TypeVar("T")
HOME = "/developer/api-keys"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_SPOKEN_NAMES = {"Edg": "Edge", "OPR": "Opera"}
_HSTS = "max-age=31536000"


class SignInNeeded(Exception):
    """The page is for people who are signed in."""


class PageRoute(APIRoute):
    """A route whose refusals are pages, and whose changes come from this site's own forms."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, with both."""
        answer = super().get_route_handler()

        async def answer_page(request: Request) -> Response:
            try:
                if request.method != "GET":
                    check_origin(request)
                return await answer(request)
            except SignInNeeded:
                there = request.url.path if request.method == "GET" else HOME
                return see_other(f"/sign-in?next={there}")
            except Refusal as refusal:
                return await _refusal_page(request, refusal)

        return answer_page


def page_router() -> APIRouter:
    """The routes of a page. They stand in no OpenAPI document."""
    return APIRouter(route_class=PageRoute, include_in_schema=False)


def platform_of(request: Request) -> Platform:
    """The server's platform."""
    platform: Platform = request.app.state.platform
    return platform


def public_url(request: Request) -> str:
    """The server's address for people."""
    return (platform_of(request).settings.public_url or str(request.base_url)).rstrip("/")


async def viewer_of(request: Request, permission: Permission = Permission.SEE) -> Viewer:
    """Who looks at the page.

    Raises:
        SignInNeeded: nobody is signed in.
        Refusal: ACCESS_DENIED: the person's role does not include the permission.
    """
    viewer = await _signed_in(request)
    if viewer is None:
        raise SignInNeeded
    viewer.check(permission)
    return viewer


async def show(
    request: Request, template: str, viewer: Viewer | None, *, title: str, status: int = 200, **values: Any
) -> HTMLResponse:
    """A page.

    Args:
        template: its file below `console/`.
        title: its heading, and what the browser's tab says.
    """
    text = (
        _environment()
        .get_template(template)
        .render(
            title=title,
            viewer=viewer,
            path=request.url.path,
            form_token=form_token(request),
            may=(lambda name: viewer is not None and viewer.membership.may(Permission[name])),
            **values,
        )
    )
    headers = {**_HEADERS, **({"Strict-Transport-Security": _HSTS} if public_url(request).startswith("https:") else {})}
    page = HTMLResponse(text, status_code=status, headers=headers)
    bind_forms(request, page)
    return page


async def read(request: Request, viewer: Viewer, work: Callable[[], T]) -> T:
    """What `work` reads, from a thread: it may be long."""
    readers: Readers = request.app.state.readers
    return await readers.run(viewer.account.id, work)


def see_other(path: str) -> RedirectResponse:
    """Go on to another page of this site (RFC 9110, section 15.4.4)."""
    return RedirectResponse(path, status_code=303, headers=_HEADERS)


async def _signed_in(request: Request) -> Viewer | None:
    cookie = cookie_of(request, SESSION)
    return await read_viewer(platform_of(request), cookie) if cookie else None


async def _refusal_page(request: Request, refusal: Refusal) -> Response:
    viewer = None if refusal.code is Code.UNAVAILABLE else await _signed_in(request)
    status = STATUS[refusal.code]
    titles = {403: "You may not do this", 404: "There is nothing here", 409: "This cannot be done"}
    page = await show(
        request,
        "refusal.html",
        viewer,
        title=titles.get(status, "This did not work"),
        status=status,
        message=refusal.message,
    )
    if refusal.retry_after_s is not None:
        page.headers["Retry-After"] = str(refusal.retry_after_s)
    return page


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("bithuman", "console"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"time": _time, "credits": _credits, "minutes": _minutes, "browser": _browser}
    environment.globals["file"] = _file
    return environment


@cache
def _file(name: str) -> str:
    """The address of a file, which changes with its content."""
    content = Path(__file__).with_name("files").joinpath(name).read_bytes()
    return f"/console/files/{name}?{hashlib.sha256(content).hexdigest()[:12]}"


def _time(ms: int | None) -> Markup:
    """A moment in UTC. The script shows it in the viewer's zone."""
    if ms is None:
        return Markup("never")
    moment = datetime.fromtimestamp(ms / 1_000, UTC)
    exact = f"{moment:%Y-%m-%d %H:%M:%S} UTC"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        f"{moment:%Y-%m-%dT%H:%M:%SZ}", exact, f"{moment:%d %b %Y, %H:%M} UTC"
    )


def _credits(micro: int) -> str:
    """Micro-credits as a person reads them: exact, without zeros at the end."""
    whole, rest = divmod(abs(micro), MICRO)
    fraction = f"{rest:06}".rstrip("0")
    return f"{'−' if micro < 0 else ''}{whole:,}{'.' if fraction else ''}{fraction}"


def _browser(agent: str) -> str:
    """What a browser calls itself, as far as a person knows it: the newer names also carry the older ones."""
    names = ("Edg", "OPR", "Firefox", "Chrome", "Safari", "curl")
    systems = ("Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux")
    name = next((name for name in names if name in agent), "A browser")
    system = next((system for system in systems if system in agent), "")
    return f"{_SPOKEN_NAMES.get(name, name)}{' on ' if system else ''}{system}"


def _minutes(ms: int) -> str:
    """A duration in minutes and seconds."""
    seconds = ms // 1_000
    return f"{seconds // 60:,} min {seconds % 60:02} s"
