"""What holds of every path: ids, methods, unknown paths, bodies, and faults of ours."""

import sqlite3
from collections.abc import AsyncIterator
from typing import Any, NoReturn

import httpx
import pytest

from tests.http.conftest import World, refused
from tests.http.test_openapi import OPERATIONS


class TestRequestId:
    async def test_every_answer_has_its_own(self, world: World) -> None:
        developer = await world.developer()
        answers = [
            await world.stranger.post("/v1/validate"),
            await developer.request_token(),
            await world.stranger.post("/v1/runtime-tokens/heartbeat"),
            await developer.get("/v1/me"),
            await developer.get("/v1/usage", limit=0),
            await world.stranger.get("/nothing/here"),
            await world.stranger.get("/docs"),
            await world.stranger.put("/v1/me"),
        ]
        assert len({answer.headers["x-request-id"] for answer in answers}) == len(answers)


class TestPaths:
    @pytest.mark.parametrize("path", ["//v1/me", "/v1/me/", "/v1//me", "///v1///me///"])
    async def test_slashes_too_many_are_never_answered_with_a_redirect(self, world: World, path: str) -> None:
        developer = await world.developer()
        assert (await developer.get(f"http://platform.test{path}")).status_code == 200

    @pytest.mark.parametrize("path", ["/v1", "/v3/me", "/v1/me/x", "/V1/ME", "/docs/files/../../x", "/%00"])
    async def test_an_unknown_path_is_404(self, world: World, path: str) -> None:
        refused(await world.stranger.get(path), 404, "NOT_FOUND")


class TestMethods:
    @pytest.mark.parametrize(
        ("path", "allowed"),
        [
            ("/v1/validate", "POST"),
            ("/v1/runtime-tokens/heartbeat", "POST"),
            ("/v1/runtime-tokens/end", "POST"),
            ("/v1/me", "GET"),
            ("/v2/x/api-secrets", "GET, POST"),
            ("/v2/x/api-secrets/prod", "DELETE"),
        ],
    )
    async def test_another_method_is_405_and_names_those_that_are_taken(
        self, world: World, path: str, allowed: str
    ) -> None:
        for method in ("PUT", "PATCH", "OPTIONS", "TRACE", "PURGE"):
            response = await world.stranger.request(method, path)
            assert method in refused(response, 405, "METHOD_NOT_ALLOWED")
            assert response.headers["allow"] == allowed

    async def test_head_of_what_takes_post_alone_is_405(self, world: World) -> None:
        response = await world.stranger.head("/v1/validate")
        assert (response.status_code, response.content) == (405, b"")

    async def test_head_of_an_unknown_path_is_404(self, world: World) -> None:
        assert (await world.stranger.head("/nothing")).status_code == 404


BOUNDED = [
    ("POST", "/v1/runtime-tokens/request"),
    ("POST", "/v1/runtime-tokens/heartbeat"),
    ("POST", "/v1/runtime-tokens/end"),
    ("POST", "/v1/runtime-tokens/verify"),
    ("POST", "/v2/x/api-secrets"),
    ("POST", "/v2/x/api-secrets/prod/rotate"),
    ("DELETE", "/v2/x/api-secrets/prod"),
    ("POST", "/v2/x/runtime-sessions/y/terminate"),
    ("POST", "/v2/x/runtime/revoke-all"),
    ("GET", "/v1/me"),
]


async def pieces(size: int, pulled: list[int]) -> AsyncIterator[bytes]:
    """A body of unknown length, 16 KiB at a time, that notes how much of it was asked for."""
    while size > 0:
        pulled.append(min(size, 16_384))
        yield b" " * pulled[-1]
        size -= pulled[-1]


class TestBodies:
    @pytest.mark.parametrize(("method", "path"), BOUNDED)
    async def test_a_body_over_64_kib_is_413(self, world: World, method: str, path: str) -> None:
        developer = await world.developer()
        response = await developer.http.request(method, path, content=b" " * 65_537)
        refused(response, 413, "PAYLOAD_TOO_LARGE")

    @pytest.mark.parametrize(("method", "path"), BOUNDED)
    async def test_so_is_one_that_does_not_tell_its_length_and_the_rest_is_left_unread(
        self, world: World, method: str, path: str
    ) -> None:
        developer, pulled = await world.developer(), list[int]()
        response = await developer.http.request(method, path, content=pieces(10**6, pulled))
        refused(response, 413, "PAYLOAD_TOO_LARGE")
        assert sum(pulled) < 100_000

    async def test_a_chunked_body_of_64_kib_is_read(self, world: World) -> None:
        developer = await world.developer()

        async def body() -> AsyncIterator[bytes]:
            yield b'{"alias":"chunk'
            async for piece in pieces(65_536 - len(b'{"alias":"chunked"}'), []):
                yield piece if piece.strip() else b""
            yield b'ed"}'

        response = await developer.http.post(f"/v2/{developer.id}/api-secrets", content=body())
        assert response.json()["alias"] == "chunked"

    @pytest.mark.parametrize("path", ["/v2/x/api-secrets", "/v1/runtime-tokens/verify", "/v1/runtime-tokens/request"])
    async def test_what_is_not_json_is_415(self, world: World, path: str) -> None:
        developer = await world.developer()
        for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "json"):
            response = await developer.http.post(path, content=b"{}", headers={"content-type": content_type})
            refused(response, 415, "UNSUPPORTED_TYPE")

    async def test_a_type_without_a_body_is_nobodys_concern(self, world: World) -> None:
        developer = await world.developer()
        response = await developer.http.post(
            f"/v2/{developer.id}/api-secrets", headers={"content-type": "application/x-www-form-urlencoded"}
        )
        assert response.status_code == 200


class TestHeaders:
    @pytest.mark.parametrize(("method", "path"), sorted(OPERATIONS - {("post", "/v1/validate")}))
    @pytest.mark.parametrize("name", ["api-secret", "authorization", "content-type"])
    async def test_one_that_may_come_once_is_400_where_it_comes_twice(
        self, world: World, method: str, path: str, name: str
    ) -> None:
        developer = await world.developer()
        path = path.format(user_id=developer.id, alias="x", session_id="y")
        value = {"api-secret": developer.secret}.get(name, "application/json")
        response = await world.stranger.request(method, path, headers=[(name, value), (name.title(), value)])
        assert name in refused(response, 400, "VALIDATION_ERROR")
        assert value == "application/json" or value not in response.text

    @pytest.mark.parametrize("second", [None, "", "bhs_x"])
    async def test_two_secrets_are_not_valid(self, world: World, second: str | None) -> None:
        developer = await world.developer()
        headers = [("api-secret", developer.secret if text is None else text) for text in (None, second)]
        for pair in (headers, headers[::-1]):
            response = await world.stranger.post("/v1/validate", headers=pair)
            assert (response.status_code, response.content) == (200, b'{"valid":false}')

    async def test_others_may_come_more_often(self, world: World) -> None:
        developer = await world.developer()
        response = await developer.http.get("/v1/me", headers=[("accept", "a/b"), ("accept", "c/d")])
        assert response.status_code == 200


class TestJson:
    """How a body is read, by a hot route and by one behind it: alike."""

    @pytest.fixture(params=["hot", "cold"])
    def path(self, request: pytest.FixtureRequest) -> str:
        return {"hot": "/v1/runtime-tokens/request", "cold": "/v1/runtime-tokens/verify"}[request.param]

    async def test_a_byte_order_mark_is_ignored(self, world: World, path: str) -> None:
        developer = await world.developer()
        response = await developer.http.post(path, content=b'\xef\xbb\xbf{"token":"x"}')
        assert response.status_code == 200, response.text

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "latin-1"])
    async def test_another_encoding_than_utf_8_is_400(self, world: World, path: str, encoding: str) -> None:
        developer = await world.developer()
        body = '{"token":"\xe9"}'.encode(encoding)
        assert (
            refused(await developer.http.post(path, content=body), 400, "VALIDATION_ERROR") == "The body is not JSON."
        )

    async def test_a_mark_in_the_middle_or_twice_is_400(self, world: World, path: str) -> None:
        developer = await world.developer()
        for body in (b"\xef\xbb\xbf\xef\xbb\xbf{}", b"{\xef\xbb\xbf}"):
            refused(await developer.http.post(path, content=body), 400, "VALIDATION_ERROR")


class TestFaults:
    @pytest.fixture(params=["hot", "route", "sync_route"])
    async def broken(self, request: pytest.FixtureRequest, world: World, monkeypatch: pytest.MonkeyPatch) -> Any:
        """An answer of a route that fails."""

        def fail(*_: Any, **__: Any) -> NoReturn:
            raise RuntimeError("pepper=hunter2 at /srv/keys.json")

        async def fail_later(*_: Any, **__: Any) -> NoReturn:
            fail()

        developer = await world.developer()
        if request.param == "hot":
            monkeypatch.setattr("bithuman.http.hot.submit_exchange", fail)
            return await developer.request_token()
        if request.param == "route":
            monkeypatch.setattr("bithuman.http.caller.read_account", fail_later)
            return await developer.get("/v1/me")
        monkeypatch.setattr("bithuman.http.routes.usage.read_usage", fail)
        return await developer.get("/v1/usage")

    async def test_a_fault_of_ours_is_500_with_the_request_id_and_nothing_else(
        self, world: World, broken: httpx.Response
    ) -> None:
        message = refused(broken, 500, "INTERNAL_ERROR")
        assert broken.headers["x-request-id"] in message
        assert not any(leak in broken.text for leak in ("hunter2", "RuntimeError", "keys.json", "Traceback"))
        assert 'status="500"} 1.0' in (await world.stranger.get("/metrics")).text


class TestOutage:
    async def test_a_database_that_cannot_be_written_is_503_and_tells_when_to_come_back(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        developer = await world.developer()

        def fail() -> NoReturn:
            raise OSError("no space left on device")

        monkeypatch.setattr(world.platform.database.writer._transaction, "_check", fail)
        response = await developer.request_token()
        assert "device" not in refused(response, 503, "UNAVAILABLE")
        assert int(response.headers["retry-after"]) >= 1

    @pytest.mark.parametrize("table", ["secrets", "sessions", "ledger"])
    async def test_neither_is_one_that_cannot_be_read_an_answer(self, world: World, table: str) -> None:
        developer = await world.developer()
        token = (await developer.token())["token"]
        with sqlite3.connect(world.platform.settings.data_dir / "bithuman.db") as connection:
            connection.execute(f"ALTER TABLE {table} RENAME TO gone")
        connection.close()
        answers = {
            "secrets": [await developer.http.post("/v1/validate"), await developer.get("/v1/me")],
            "sessions": [
                await developer.post("/v1/runtime-tokens/verify", {"token": token}),
                await world.beat(token, 0),
                await developer.get("/v2/{me}/runtime-sessions"),
            ],
            "ledger": [await developer.get("/v1/usage")],
        }
        for answer in answers[table]:
            assert table not in refused(answer, 503, "UNAVAILABLE")
        with sqlite3.connect(world.platform.settings.data_dir / "bithuman.db") as connection:
            connection.execute(f"ALTER TABLE gone RENAME TO {table}")
        connection.close()
        assert (await developer.http.post("/v1/validate")).content == b'{"valid":true}'
