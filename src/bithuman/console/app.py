"""The console as a part of the server's application."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from bithuman.console import account, api_keys, link, operator, sessions, sign_in, usage
from bithuman.console.throttle import SignInThrottle

_FILES = Path(__file__).with_name("files")


def add_console(app: FastAPI) -> None:
    """Serve the pages."""
    app.state.sign_in_throttle = SignInThrottle()
    for page in (sign_in, link, api_keys, sessions, usage, account, operator):
        app.include_router(page.router)
    app.mount("/console/files", StaticFiles(directory=_FILES))
