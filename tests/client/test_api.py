"""One request, one answer."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from bithuman.client.answers import Grant, NoGrant
from bithuman.client.api import Api, SessionRequest
from bithuman.client.secret import Secret
from bithuman.core.secrets import new_secret
from bithuman.errors import AccountStatusError, TokenExpiredError, TokenRequestError
from tests.doubles.service import refuse

SECRET = Secret(new_secret(secrets.randbelow))
TOKEN = Secret("aGVhZA.Ym9keQ.c2ln")
REQUEST = SessionRequest("863ec82a-d4f5-4c2d-a90b-e9da95feba83", "e39652bf67828a660f089eb1461fe1f1", tags="bithuman")

Answer = Callable[[httpx.Request], httpx.Response]


def api(answer: Answer | httpx.Response, seen: list[httpx.Request] | None = None) -> Api:
    def handle(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        return answer if isinstance(answer, httpx.Response) else answer(request)

    return Api("http://127.0.0.1:8787", transport=httpx.MockTransport(handle))


def failing(error: Exception) -> Answer:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error

    return answer


def granted(**changes: Any) -> httpx.Response:
    data = {"token": "a.b.c", "transaction_id": "t", "session_id": "s", "expires_in": 300, "heartbeat_interval": 60}
    return httpx.Response(200, json={"status": "success", "status_code": 200, "data": {**data, **changes}})


class TestWhatIsSent:
    async def test_an_exchange_carries_the_secret_in_its_header_alone(self) -> None:
        seen: list[httpx.Request] = []
        await api(granted(), seen).exchange(SECRET, REQUEST)
        (request,) = seen
        assert request.headers["api-secret"] == SECRET.reveal()
        assert "Authorization" not in request.headers
        assert SECRET.reveal() not in str(request.url) + request.content.decode()
        assert request.content.startswith(
            b'{"fingerprint":"e39652bf67828a660f089eb1461fe1f1","tags":"bithuman","transaction_id":"863ec82a'
        )
        assert b"null" not in request.content

    async def test_a_heartbeat_carries_the_token_as_bearer_and_no_secret(self) -> None:
        seen: list[httpx.Request] = []
        await api(granted(), seen).heartbeat(TOKEN, seq=7, frames=1500, state="live")
        (request,) = seen
        assert request.headers["Authorization"] == f"Bearer {TOKEN.reveal()}"
        assert "api-secret" not in request.headers
        assert request.content == b'{"seq":7,"frames":1500,"state":"live"}'

    async def test_a_redirect_is_not_followed(self) -> None:
        seen: list[httpx.Request] = []
        answer = await api(httpx.Response(307, headers={"Location": "https://evil.example/"}), seen).exchange(
            SECRET, REQUEST
        )
        assert len(seen) == 1
        assert isinstance(answer, NoGrant)
        assert not answer.error().retryable
        assert "redirect" in answer.message

    def test_a_proxy_of_the_environment_counts_for_tls_alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://proxy.example:3128")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        plain, encrypted = Api("http://localhost:8787")._http, Api("https://a.example")._http
        assert plain._transport_for_url(httpx.URL("http://localhost:8787")) is plain._transport
        assert encrypted._transport_for_url(httpx.URL("https://a.example")) is not encrypted._transport


class TestResets:
    """A kept connection that turns out to be closed when it is used again."""

    RESETS = (httpx.RemoteProtocolError("x"), httpx.ReadError("x"), httpx.WriteError("x"))

    def breaking(self, error: Exception, seen: list[httpx.Request], times: int = 1) -> Api:
        def answer(request: httpx.Request) -> httpx.Response:
            if len(seen) <= times:
                raise error
            return granted()

        return api(answer, seen)

    @pytest.mark.parametrize("error", RESETS)
    async def test_an_idempotent_call_is_repeated_once_as_it_was(self, error: Exception) -> None:
        calls: list[Callable[[Api], Awaitable[object]]] = [
            lambda service: service.exchange(SECRET, REQUEST),
            lambda service: service.heartbeat(TOKEN, seq=7, frames=1500, state="live"),
            lambda service: service.end(TOKEN),
            lambda service: service.call("POST", "/v1/validate", SECRET),
            lambda service: service.call("GET", "/v1/me", SECRET),
        ]
        for call in calls:
            seen: list[httpx.Request] = []
            assert not isinstance(await call(self.breaking(error, seen)), NoGrant)
            first, second = seen
            assert (first.content, first.headers) == (second.content, second.headers)

    @pytest.mark.parametrize("error", RESETS)
    async def test_and_not_twice(self, error: Exception) -> None:
        seen: list[httpx.Request] = []
        answer = await self.breaking(error, seen, times=2).exchange(SECRET, REQUEST)
        assert isinstance(answer, NoGrant)
        assert len(seen) == 2

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("POST", "/v2/u/api-secrets"),
            ("POST", "/v2/u/api-secrets/prod/rotate"),
            ("DELETE", "/v2/u/api-secrets/prod"),
            ("POST", "/v2/u/runtime-sessions/s/terminate"),
        ],
    )
    async def test_a_call_that_changes_something_is_never_repeated(self, method: str, path: str) -> None:
        for error in self.RESETS:
            seen: list[httpx.Request] = []
            with pytest.raises(TokenRequestError) as caught:
                await self.breaking(error, seen).call(method, path, SECRET)
            assert len(seen) == 1
            assert caught.value.retryable

    @pytest.mark.parametrize("error", [httpx.ConnectError("x"), httpx.ReadTimeout("x"), httpx.ConnectTimeout("x")])
    async def test_neither_is_one_that_the_service_did_not_answer_in_time(self, error: Exception) -> None:
        seen: list[httpx.Request] = []
        await self.breaking(error, seen).exchange(SECRET, REQUEST)
        assert len(seen) == 1

    async def test_over_a_socket_that_the_server_closes_when_it_is_used_again(self) -> None:
        opened: list[asyncio.BaseTransport] = []

        class AnswersOnce(asyncio.Protocol):
            transport: asyncio.Transport
            answered = False

            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                assert isinstance(transport, asyncio.Transport)
                self.transport = transport
                opened.append(transport)

            def data_received(self, data: bytes) -> None:
                if self.answered:
                    self.transport.close()
                elif data.endswith(b"\r\n\r\n"):
                    self.answered = True
                    self.transport.write(b'HTTP/1.1 200 OK\r\ncontent-length: 14\r\n\r\n{"valid":true}')

        server = await asyncio.get_running_loop().create_server(AnswersOnce, "127.0.0.1", 0)
        async with server:
            service = Api(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
            assert await service.validate(SECRET)
            assert await service.validate(SECRET)
            await service.aclose()
        assert len(opened) == 2


class TestWhatIsAnswered:
    async def test_a_grant(self) -> None:
        answer = await api(granted(expires_in=1.5, heartbeat_interval=0.5)).exchange(SECRET, REQUEST)
        assert isinstance(answer, Grant)
        assert answer.token.reveal() == "a.b.c"
        assert (answer.expires_in_s, answer.heartbeat_interval_s) == (1.5, 0.5)
        assert "a.b.c" not in repr(answer)

    @pytest.mark.parametrize(
        "response",
        [
            httpx.Response(200, text="<html>sign in to the network</html>"),
            httpx.Response(200, json=[1]),
            httpx.Response(200, json={"data": {}}),
            granted(token=None),
            granted(token=""),
            granted(expires_in="soon"),
            granted(expires_in=0),
            granted(heartbeat_interval=-1),
            httpx.Response(
                200,
                content=b'{"data":{"token":"a.b.c","transaction_id":"t","session_id":"s",'
                b'"expires_in":Infinity,"heartbeat_interval":60}}',
            ),
        ],
    )
    async def test_a_200_that_is_not_the_services_is_an_outage(self, response: httpx.Response) -> None:
        answer = await api(response).exchange(SECRET, REQUEST)
        assert isinstance(answer, NoGrant)
        assert answer.reason is None
        assert answer.error().retryable

    @pytest.mark.parametrize(
        "error", [httpx.ConnectError("x"), httpx.ReadTimeout("x"), OSError("x"), httpx.RemoteProtocolError("x")]
    )
    async def test_no_answer_is_a_retryable_refusal(self, error: Exception) -> None:
        answer = await api(failing(error)).exchange(SECRET, REQUEST)
        assert isinstance(answer, NoGrant)
        assert answer.http_status is None
        assert "127.0.0.1:8787" in answer.message
        assert type(error).__name__ not in answer.message, "no library's own word"
        assert answer.error().retryable

    @pytest.mark.parametrize(
        ("status", "kind", "retryable"),
        [
            (400, TokenRequestError, False),
            (401, TokenRequestError, False),
            (402, AccountStatusError, False),
            (403, AccountStatusError, False),
            (404, TokenRequestError, False),
            (409, TokenRequestError, False),
            (429, TokenRequestError, True),
            (500, TokenRequestError, True),
            (503, TokenRequestError, True),
        ],
    )
    async def test_errors_by_status(self, status: int, kind: type[TokenRequestError], retryable: bool) -> None:
        service = api(refuse(status, "CODE", "What the service says.", **{"Retry-After": "7"}))
        with pytest.raises(kind, match="What the service says") as caught:
            await service.call("GET", "/v1/me", SECRET)
        error = caught.value
        assert type(error) is kind
        assert (error.http_status, error.code, error.retry_after_s) == (status, "CODE", 7.0)
        assert error.retryable is retryable
        # What the service says to a wrong request names the field, and what it takes.
        assert bool(error.cure) is (status not in (400, 404, 409))
        assert str(error).startswith("Authentication failed: ") is (status == 401)

    async def test_without_credits_the_cure_is_the_operators_command(self) -> None:
        with pytest.raises(AccountStatusError) as caught:
            await api(refuse(402, "INSUFFICIENT_BALANCE", "No credits left.")).call("GET", "/v1/me", SECRET)
        assert caught.value.cure == (
            "Ask the operator for credits: bithuman admin grant --email ADDRESS --credits NUMBER."
        )

    @pytest.mark.parametrize("status", [401, 402, 403, 409])
    @pytest.mark.parametrize(
        "body", ["<html>sign in</html>", '{"error": "denied"}', '{"error": {"message": "denied"}}']
    )
    async def test_a_decision_without_the_services_envelope_is_an_outage_that_says_what_came(
        self, status: int, body: str
    ) -> None:
        service = api(httpx.Response(status, text=body, headers={"Retry-After": "7"}))
        answer = await service.exchange(SECRET, REQUEST)
        assert isinstance(answer, NoGrant)
        assert answer.reason is None
        with pytest.raises(TokenRequestError, match=f"Something in between answered {status}") as caught:
            await service.validate(SECRET)
        assert type(caught.value) is TokenRequestError
        assert (caught.value.retryable, caught.value.retry_after_s) == (True, 7.0)
        assert "BITHUMAN_API_URL" in caught.value.cure

    async def test_an_expired_token_is_an_error_of_its_own(self) -> None:
        answer = await api(refuse(401, "TOKEN_EXPIRED", "Past its time.")).heartbeat(
            TOKEN, seq=1, frames=0, state="live"
        )
        assert isinstance(answer, NoGrant)
        assert type(answer.error()) is TokenExpiredError

    async def test_a_credential_that_is_echoed_is_struck_out(self) -> None:
        answer = await api(refuse(401, "UNAUTHORIZED", f"bad secret {SECRET.reveal()}")).exchange(SECRET, REQUEST)
        assert isinstance(answer, NoGrant)
        assert answer.message == "bad secret ***"

    @pytest.mark.parametrize(
        ("header", "seconds"), [("3", 3.0), ("999999", 3600.0), ("Wed, 21 Oct 2026 07:28:00 GMT", None)]
    )
    async def test_retry_after(self, header: str, seconds: float | None) -> None:
        answer = await api(httpx.Response(503, headers={"Retry-After": header})).exchange(SECRET, REQUEST)
        assert isinstance(answer, NoGrant)
        assert answer.retry_after_s == seconds

    @pytest.mark.parametrize("valid", [True, False])
    async def test_validate(self, valid: bool) -> None:
        assert await api(httpx.Response(200, json={"valid": valid})).validate(SECRET) is valid

    async def test_validate_takes_no_other_answer_for_a_no(self) -> None:
        with pytest.raises(TokenRequestError) as caught:
            await api(httpx.Response(200, json={"hello": "hotel guest"})).validate(SECRET)
        assert caught.value.retryable

    async def test_a_call_gives_its_object(self) -> None:
        assert await api(httpx.Response(200, json={"data": {"plan": "free"}})).call("GET", "/v1/me", SECRET) == {
            "data": {"plan": "free"}
        }
