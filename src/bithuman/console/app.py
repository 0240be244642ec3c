"""The console as a part of the server's application."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles

from bithuman.console import account, api_keys, link, operator, sessions, sign_in, usage
from bithuman.console.page import HOME, see_other
from bithuman.console.throttle import SignInThrottle

# Where a browser goes that opens the address of a form, such as after a form was answered there.
_PAGES_OF_FORMS = {"/account/{form}": account.PATH, f"{api_keys.PATH}/check": api_keys.PATH, "/sign-out": HOME}
_FILES = Path(__file__).with_name("files")


def add_console(app: FastAPI) -> None:
    """Serve the pages."""
    app.state.sign_in_throttle = SignInThrottle()
    for page in (sign_in, link, api_keys, sessions, usage, account, operator):
        app.include_router(page.router)
    for address, there in _PAGES_OF_FORMS.items():
        app.add_route(address, _go_to(there), include_in_schema=False)
    app.mount("/console/files", StaticFiles(directory=_FILES))


def _go_to(there: str) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_: Request) -> Response:
        return see_other(there)

    return answer
