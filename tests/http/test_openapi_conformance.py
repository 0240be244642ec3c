"""Whatever Schemathesis makes of the OpenAPI document, the door answers as the document says, and never with 5xx.

The few examples of each operation are the same in every run. `BITHUMAN_CONFORMANCE_EXAMPLES` asks for more, and for
others each time.
"""

import asyncio
import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings, strategies
from schemathesis import Case, CheckContext, GenerationMode, Response
from schemathesis.checks import negative_data_rejection
from schemathesis.schemas import APIOperation, BaseSchema
from starlette.types import Receive, Scope, Send

from bithuman.core.billing import MICRO
from bithuman.http.app import create_app
from bithuman.service.accounts import create_account
from bithuman.service.authenticate import authenticate
from bithuman.service.exchange import TokenRequest, exchange
from bithuman.service.lease import IssuedToken
from bithuman.service.secrets import create_secret
from bithuman.service.settings import load_settings
from bithuman.service.usage import unbalanced_accounts
from tests.doubles.platform import TimedPlatform
from tests.doubles.wire import WireApp
from tests.http.test_openapi import OPERATIONS

TAKE_NOTHING = {("get", path) for path in ("/healthz", "/readyz", "/metrics", "/v1/pricing")} | {
    ("post", "/v1/validate")
}
MORE = os.environ.get("BITHUMAN_CONFORMANCE_EXAMPLES")
EXAMPLES = settings(
    max_examples=int(MORE or 20),
    derandomize=not MORE,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def every_error_has_its_own_words(_: CheckContext, response: Response, case: Case[Any]) -> None:
    """A wrong field is described in this API's words, not in those of a library or in general."""
    assert "Input should" not in response.text
    assert "does not take this value" not in response.text, response.text


class Caller:
    """An account that owns whatever the generated requests speak of."""

    def __init__(self, platform: TimedPlatform) -> None:
        self._platform = platform
        self._app = WireApp(create_app(platform), platform)
        made = asyncio.run(create_account(platform, "fuzz@example.com", "enterprise", 10**6 * MICRO))
        self._id, self._secret = made.account.id, made.secret.secret
        self.document: BaseSchema = schemathesis.openapi.from_asgi("/openapi.json", self)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The door, whose platform outlives each of Schemathesis' short-lived servers."""
        if scope["type"] == "http":
            await self._app(scope, receive, send)

    def send(self, case: Case[Any], *, is_there: bool) -> None:
        """Send a request with the credential that it needs, about things that are there or are not; judge the answer.

        Wrong data may pass: unknown fields are ignored, and nobody judges what a heartbeat tells beside its number.
        """
        # Schemathesis tries forged credentials too: at this pace it is not taken for a guesser.
        self._platform.time.spend(10_000)
        named: dict[str, Any] = dict(case.path_parameters)
        security = case.operation.definition.raw.get("security", [])
        headers = {"api-secret": self._secret}
        if {"RuntimeToken": []} in security:
            headers = {"Authorization": f"Bearer {self._session().token}"}
        if "user_id" in named:
            named["user_id"] = self._id
        if is_there and "alias" in named:
            named["alias"] = asyncio.run(create_secret(self._platform, self._id, None)).alias
        if is_there and "session_id" in named:
            named["session_id"] = self._session().session.id
        case.path_parameters = named
        case.call_and_validate(
            headers=headers,
            excluded_checks=[negative_data_rejection],
            additional_checks=[every_error_has_its_own_words],
        )

    def send_all(self, method: str, path: str, mode: GenerationMode) -> None:
        """Send what can be made of an operation's description."""
        operation: APIOperation[Any, Any, Any, Any] = self.document[path][method]

        @EXAMPLES
        @given(operation.as_strategy(generation_mode=mode), strategies.booleans())
        def answer(case: Case[Any], is_there: bool) -> None:
            self.send(case, is_there=is_there)

        answer()

    def _session(self) -> IssuedToken:
        secret = asyncio.run(create_secret(self._platform, self._id, None)).secret
        return asyncio.run(exchange(self._platform, authenticate(self._platform, secret), TokenRequest()))


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    platform = TimedPlatform(load_settings(data_dir=tmp_path_factory.mktemp("conformance")))
    yield Caller(platform)
    assert unbalanced_accounts(platform) == []
    platform.close()


@pytest.mark.parametrize(("method", "path"), sorted(OPERATIONS))
def test_right_requests_are_answered_as_documented(caller: Caller, method: str, path: str) -> None:
    caller.send_all(method, path, GenerationMode.POSITIVE)


@pytest.mark.parametrize(("method", "path"), sorted(OPERATIONS - TAKE_NOTHING))
def test_wrong_requests_are_answered_as_documented(caller: Caller, method: str, path: str) -> None:
    caller.send_all(method, path, GenerationMode.NEGATIVE)
