"""The console's cookies. Each is HttpOnly, SameSite=Lax, and Secure unless the server is reached on this machine."""

from fastapi import Request, Response

SESSION = "bithuman_session"
"""Who is signed in."""
FORM = "bithuman_form"
"""Binds the forms of a browser in which nobody is signed in."""
LINK = "bithuman_link"
"""The token of a one-time link, on its way from the address to the form."""
DEVICE = "bithuman_device"
"""Shows that a person has signed in with this browser before."""
YEAR_S = 365 * 86_400
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def cookie_of(request: Request, name: str) -> str:
    """The value of a cookie; empty where there is none."""
    return request.cookies.get(name, "")


def set_cookie(request: Request, response: Response, name: str, value: str, max_age_s: int | None = None) -> None:
    """Give the browser a cookie, for as long as it runs or for `max_age_s`."""
    response.set_cookie(
        name, value, max_age=max_age_s, path="/", httponly=True, samesite="lax", secure=not is_local(request)
    )


def drop_cookie(request: Request, response: Response, name: str) -> None:
    """Take a cookie away."""
    response.delete_cookie(name, path="/", httponly=True, samesite="lax", secure=not is_local(request))


def is_local(request: Request) -> bool:
    """Whether the browser reaches the server on its own machine, without TLS."""
    return request.url.scheme == "http" and request.url.hostname in _LOOPBACK
