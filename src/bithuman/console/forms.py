"""Forms: read in bounds, and taken from this site's own pages alone."""

import hmac
import secrets
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from fastapi import Request, Response

from bithuman.console.cookies import FORM, SESSION, cookie_of, set_cookie
from bithuman.core import refusals
from bithuman.core.refusals import Code, Refusal
from bithuman.core.secrets import hash_secret
from bithuman.http.requests import read_body, read_headers
from bithuman.service.platform import Platform

HIDDEN_FIELD = "form_token"
_MAX_FIELDS = 50


class Form(dict[str, str]):
    """The fields of a form, the last of each name."""

    @classmethod
    async def read(cls, request: Request) -> Self:
        """The form that a page of this site sent.

        Raises:
            Refusal: ACCESS_DENIED, PAYLOAD_TOO_LARGE or VALIDATION_ERROR.
        """
        body = await read_body(read_headers(request.scope["headers"]), request.receive)
        try:
            form = cls(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MAX_FIELDS))
        except ValueError:
            raise refusals.invalid("The form cannot be read.") from None
        if not hmac.compare_digest(form.get(HIDDEN_FIELD, "").encode(), form_token(request).encode()):
            raise foreign_form()
        return form

    def text(self, name: str, longest: int = 1_000) -> str:
        """A field without the spaces around it; empty where it was left empty."""
        return self.get(name, "").strip()[:longest]


def form_token(request: Request) -> str:
    """What a form of this browser carries: a code of its cookie, which a page of another site cannot read."""
    cookie = cookie_of(request, SESSION) or cookie_of(request, FORM) or _new_cookie(request)
    platform: Platform = request.app.state.platform
    return hash_secret(f"form.{cookie}", platform.pepper).hex()


def bind_forms(request: Request, response: Response) -> None:
    """Give the browser the cookie that binds the forms of this answer, if it got none before."""
    made = getattr(request.state, FORM, None)
    if made is not None:
        set_cookie(request, response, FORM, made)


def check_origin(request: Request) -> None:
    """Whether a change comes from a page of this site: `Sec-Fetch-Site`, and `Origin` where it is given.

    Raises:
        Refusal: ACCESS_DENIED.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin", "null")
    if site not in (None, "same-origin"):
        raise foreign_form()
    if origin != "null" and urlsplit(origin).netloc != request.headers.get("host"):
        raise foreign_form()
    if origin == "null" and "origin" in request.headers and site is None:
        raise foreign_form()


def foreign_form() -> Refusal:
    """The same for every reason."""
    return Refusal(
        Code.ACCESS_DENIED, "This form did not come from this site, or you signed in or out since. Open the page again."
    )


def _new_cookie(request: Request) -> str:
    made: str | None = getattr(request.state, FORM, None)
    if made is None:
        made = secrets.token_urlsafe(16)
        setattr(request.state, FORM, made)
    return made
