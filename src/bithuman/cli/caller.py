"""The account behind a secret, asked one call at a time: for commands that print an answer and end."""

import asyncio
import os
import sys
from functools import cached_property
from typing import Any
from urllib.parse import quote

import typer

from bithuman.client.api import Api
from bithuman.client.api_base import DEFAULT_API_URL, api_base
from bithuman.client.credential_file import read_credentials
from bithuman.client.credentials import ALIAS, API_URL, PRIMARY, Credentials, resolve
from bithuman.client.secret import Secret
from bithuman.errors import ConfigurationError


class Caller:
    """Speaks to the platform as the owner of a secret.

    Args:
        credentials: with a secret in it.

    Raises:
        ConfigurationError: there is a runtime token alone, which manages no account.
    """

    def __init__(self, credentials: Credentials) -> None:
        if credentials.secret is None:
            raise ConfigurationError(
                "This needs an API secret; a runtime token manages no account.", cure=f"Set {PRIMARY}."
            )
        self.credentials = credentials
        self.secret = credentials.secret

    def call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        params: dict[str, str | int] | None = None,
    ) -> dict[str, Any]:
        """One call; see `Api.call`."""

        async def conversation() -> dict[str, Any]:
            api = Api(self.credentials.api_url)
            try:
                return await api.call(method, path, self.secret, body, params)
            finally:
                await api.aclose()

        return asyncio.run(conversation())

    def is_valid(self) -> bool:
        """Whether the secret is a live one of an active account.

        Raises:
            TokenRequestError: there was no answer to that.
        """
        return self.call("POST", "/v1/validate").get("valid") is True

    def me(self) -> dict[str, Any]:
        """The account."""
        account: dict[str, Any] = self.call("GET", "/v1/me")["data"]
        return account

    def own(self, *parts: str) -> str:
        """The path of something that belongs to the account."""
        return "/".join(("/v2", *(quote(part, safe="") for part in (self._user_id, *parts))))

    @cached_property
    def _user_id(self) -> str:
        return str(self.me()["user_id"])


def connect(api_url: str | None) -> Caller:
    """A caller with the credential that is configured; errors are those of `resolve`."""
    return Caller(resolve(api_url=api_url))


def configured_url(api_url: str | None) -> str:
    """The API's base: as given, or else by the environment, the credentials file, or the loopback default."""
    return api_base(
        api_url or os.environ.get(API_URL, "").strip() or read_credentials().api_url or DEFAULT_API_URL,
    )


def secret_variable() -> str | None:
    """The variable of the environment that holds a secret, which then wins over the file; None where none does."""
    return next((name for name in (PRIMARY, ALIAS) if os.environ.get(name, "").strip()), None)


def read_secret(*, from_stdin: bool) -> Secret:
    """A secret from the first line of standard input, or typed at a prompt that does not show it."""
    if from_stdin:
        secret = Secret(sys.stdin.readline().strip())
    elif sys.stdin.isatty():
        secret = Secret(typer.prompt("API secret", hide_input=True, err=True).strip())
    else:
        secret = Secret("")
    if not secret.reveal():
        raise typer.BadParameter(f"no secret was given: pipe one in with --secret-stdin, or set {PRIMARY}.")
    return secret
