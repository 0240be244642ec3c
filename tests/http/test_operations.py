"""GET /healthz, /readyz and /metrics"""

import sqlite3
from typing import NoReturn

from tests.http.conftest import World, refused


def make_writes_fail(world: World) -> None:
    def connect() -> NoReturn:
        raise sqlite3.OperationalError("database or disk is full")

    world.platform.database.writer._transaction._check = connect


class TestHealthz:
    async def test_200_tells_the_servers_time(self, world: World) -> None:
        world.spend(0.5)
        response = await world.stranger.get("/healthz")
        assert response.content == b'{"status":"ok","time":"2026-11-25T03:00:00.500Z"}'


class TestReadyz:
    async def test_200(self, world: World) -> None:
        assert (await world.stranger.get("/readyz")).content == b'{"status":"ready"}'

    async def test_503_while_nothing_can_be_written(self, world: World) -> None:
        make_writes_fail(world)
        refused(await world.stranger.get("/readyz"), 503, "UNAVAILABLE")

    async def test_503_and_an_outage_for_everybody_while_the_database_is_gone(self, world: World) -> None:
        developer = await world.developer()
        token = (await developer.token())["token"]
        path = world.platform.settings.data_dir / "bithuman.db"
        away = path.rename(path.with_name("elsewhere"))
        path.write_bytes(away.read_bytes())
        answers = [
            await world.stranger.get("/readyz"),
            await developer.post("/v1/validate"),
            await developer.request_token(),
            await world.beat(token, 0),
            await world.end(token),
            await developer.get("/v1/me"),
            await developer.get("/v1/usage"),
        ]
        for answer in answers:
            refused(answer, 503, "UNAVAILABLE")
        away.rename(path)
        assert (await developer.post("/v1/validate")).json() == {"valid": True}
        assert (await world.beat(token, 0)).status_code == 200


class TestMetrics:
    async def test_200_counts_answers_by_route_and_live_sessions(self, world: World) -> None:
        developer = await world.developer()
        await developer.token()
        await developer.get("/v1/me")
        await developer.get("/v2/{me}/api-secrets")
        await world.stranger.get("/no/such/path")
        response = await world.stranger.get("/metrics")
        assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
        lines = response.text.splitlines()
        assert 'bithuman_http_requests_total{route="/v1/runtime-tokens/request",status="200"} 1.0' in lines
        assert 'bithuman_http_requests_total{route="/v1/me",status="200"} 1.0' in lines
        assert 'bithuman_http_requests_total{route="/v2/{user_id}/api-secrets",status="200"} 1.0' in lines
        assert 'bithuman_http_requests_total{route="unmatched",status="404"} 1.0' in lines
        assert "bithuman_live_sessions 1.0" in lines

    async def test_200_counts_no_session_whose_token_is_over(self, world: World) -> None:
        developer = await world.developer()
        await world.drain(developer, 100_000)
        await developer.token()
        world.spend(11)
        assert "bithuman_live_sessions 0.0" in (await world.stranger.get("/metrics")).text

    async def test_no_path_secret_or_id_of_anybody_shows(self, world: World) -> None:
        developer = await world.developer()
        await developer.get("/v2/{me}/api-secrets")
        await world.stranger.get(f"/{developer.secret}")
        text = (await world.stranger.get("/metrics")).text
        assert developer.id not in text
        assert developer.secret not in text
