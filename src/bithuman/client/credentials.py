"""Which credential a program uses, and where it may be sent."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from bithuman.client.api_base import DEFAULT_API_URL, api_base
from bithuman.client.credential_file import Stored, read_credentials
from bithuman.client.secret import Secret, well_formed_secret, well_formed_token
from bithuman.errors import BithumanError, ConfigurationError, TokenValidationError

PRIMARY = "BITHUMAN_API_SECRET"
ALIAS = "BITHUMAN_API_KEY"
READY_MADE = "BITHUMAN_API_TOKEN"
API_URL = "BITHUMAN_API_URL"


class Source(StrEnum):
    """Where a credential came from."""

    ARGUMENT = "argument"
    ENVIRONMENT = "environment"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a session starts with: a secret, or else a ready token, and the API's base."""

    api_url: str
    source: Source
    secret: Secret | None = None
    token: Secret | None = None
    asked_url: str | None = None
    """The `api_url` argument, which goes on to count when the credential is looked for again."""


def resolve(
    secret: Secret | None = None,
    token: Secret | None = None,
    api_url: str | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    file: Path | None = None,
) -> Credentials:
    """Find the credential: an argument, then the environment, then the file of `bithuman init`.

    At each of these a secret wins over a token, because only a secret can open a second session. The file's secret goes
    to the file's server alone, whatever else names another one.

    Args:
        secret: the `api_secret` argument; an empty one counts as absent.
        token: the `token` argument, likewise.
        api_url: the API's base, or its full token URL. Else `BITHUMAN_API_URL`, the file, the loopback default.
        environ: the environment, where it is not the process's own.
        file: the credentials file, where it is not in its usual place.

    Raises:
        ConfigurationError: there is none, two contradict each other, the file's is for another server, or the URL or
            the file is not acceptable.
        TokenValidationError: the credential is malformed.
    """
    found, source = _first(secret, token, environ)
    stored = Stored()
    url = api_url or _variable(environ, API_URL)
    if found is None or not url:
        stored = read_credentials(file)
    if found is None and stored.secret is not None:
        found, source = (stored.secret, None), Source.FILE
    if found is None:
        raise ConfigurationError(
            "No API secret was found.",
            cure=f"Run `bithuman init`, set {PRIMARY}, or pass api_secret. `bithuman admin create-account` makes one.",
        )
    home = api_base(stored.api_url or DEFAULT_API_URL)
    base = api_base(url) if url else home
    if source is Source.FILE and base != home:
        raise ConfigurationError(
            f"The API secret in the credentials file is for {home}, and not for {base}.",
            cure=f"Set {PRIMARY} to a secret of {base}, or run `bithuman init` for that server.",
        )
    chosen_secret, chosen_token = found
    return Credentials(
        api_url=base,
        source=source,
        secret=None if chosen_secret is None else _well_formed(chosen_secret, source, environ),
        token=None if chosen_token is None else well_formed_token(chosen_token),
        asked_url=api_url,
    )


class Wallet:
    """The credential of a runtime, which may be exchanged for another while it lives."""

    def __init__(
        self, credentials: Credentials, *, environ: Mapping[str, str] | None = None, file: Path | None = None
    ) -> None:
        self._credentials = credentials
        self._environ = environ
        self._file = file

    @property
    def credentials(self) -> Credentials:
        """What holds now."""
        return self._credentials

    def put(self, secret: Secret) -> None:
        """Hold `secret` from now on, wherever the one before came from."""
        self._credentials = replace(self._credentials, secret=secret, token=None, source=Source.ARGUMENT)

    def empty(self) -> None:
        """Hold nothing any more."""
        self._credentials = replace(self._credentials, secret=None, token=None, source=Source.ARGUMENT)

    def look(self) -> Secret | None:
        """The secret that stands by now where this one came from, if it is another one; it is held from now on.

        After a rotation this lets a session go on without a restart. An argument cannot change, and a source that
        cannot be read for the moment has not.
        """
        known = self._credentials
        if known.source is Source.ARGUMENT:
            return None
        try:
            now = resolve(api_url=known.asked_url, environ=self._environ, file=self._file)
        except BithumanError:
            return None
        if now.secret is None or now.secret == known.secret or now.api_url != known.api_url:
            return None
        self._credentials = now
        return now.secret


def _well_formed(secret: Secret, source: Source, environ: Mapping[str, str] | None) -> Secret:
    """The secret. The error of a malformed one says where it came from."""
    place = "" if source is Source.ARGUMENT else " in the credentials file"
    if source is Source.ENVIRONMENT:
        place = f" in {PRIMARY if _variable(environ, PRIMARY) else ALIAS}"
    try:
        return well_formed_secret(secret)
    except TokenValidationError as error:
        message, cure = error.message, error.cure
    raise TokenValidationError(message.replace("The api-secret", f"The api-secret{place}", 1), cure=cure)


_Found = tuple[Secret | None, Secret | None]


def _first(
    secret: Secret | None, token: Secret | None, environ: Mapping[str, str] | None
) -> tuple[_Found | None, Source]:
    if secret is not None and secret.reveal():
        return (secret, None), Source.ARGUMENT
    if token is not None and token.reveal():
        return (None, token), Source.ARGUMENT
    held = _from_environment(environ)
    if held is not None:
        return (held, None), Source.ENVIRONMENT
    held = Secret(_variable(environ, READY_MADE))
    return ((None, held) if held.reveal() else None), Source.ENVIRONMENT


def _from_environment(environ: Mapping[str, str] | None) -> Secret | None:
    held = Secret(_variable(environ, PRIMARY))
    alias = Secret(_variable(environ, ALIAS))
    if held.reveal() and alias.reveal() and held != alias:
        raise ConfigurationError(
            f"{PRIMARY} and {ALIAS} are both set, and differ.",
            cure=f"Unset one of them; they are two names of the same thing, and {PRIMARY} is the usual one.",
        )
    return next((one for one in (held, alias) if one.reveal()), None)


def _variable(environ: Mapping[str, str] | None, name: str) -> str:
    # The process's environment is never a local variable further up: a traceback would print all of it.
    return (os.environ if environ is None else environ).get(name, "").strip()
