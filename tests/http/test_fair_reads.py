"""One account's slow reads delay no other's, nor what needs no secret."""

import asyncio
import inspect
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from bithuman.http.readers import ANYBODY, THREADS, THREADS_OF_ONE
from bithuman.http.routes import account, operations, secrets, sessions, tokens, usage
from tests.http.conftest import World

MANY = 50
USAGE, SESSIONS, SECRETS = "/v1/usage", "/v2/{me}/runtime-sessions", "/v2/{me}/api-secrets"
READS: tuple[tuple[Any, str], ...] = (
    (usage, "read_usage"),
    (sessions, "list_sessions"),
    (secrets, "list_secrets"),
    (operations, "count_live_sessions"),
)


class Gate:
    """Stands before the reads of the database. The reads of those that it is closed for wait until it opens."""

    def __init__(self) -> None:
        self.closed_for: set[str] = set()
        self.under_way: Counter[str] = Counter()
        self.begun: Counter[str] = Counter()
        self._changed = threading.Condition()

    def before(self, read: Callable[..., Any]) -> Callable[..., Any]:
        """The same read, behind the gate."""

        def wait_and_read(platform: Any, *rest: Any, **more: Any) -> Any:
            whose = rest[0] if rest else ANYBODY
            with self._changed:
                self.begun[whose] += 1
                self.under_way[whose] += 1
                self._changed.wait_for(lambda: whose not in self.closed_for)
                self.under_way[whose] -= 1
            return read(platform, *rest, **more)

        return wait_and_read

    def open(self) -> None:
        """Let every read go on."""
        with self._changed:
            self.closed_for.clear()
            self._changed.notify_all()

    async def fills(self, whose: str) -> None:
        """Wait until the reads of `whose` have all the threads that they may have."""
        while self.under_way[whose] < THREADS_OF_ONE:
            await asyncio.sleep(0.001)


@pytest.fixture
def gate(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate = Gate()
    for module, name in READS:
        monkeypatch.setattr(module, name, gate.before(getattr(module, name)))
    yield gate
    gate.open()


@pytest.mark.parametrize("path", [USAGE, SESSIONS, SECRETS])
async def test_another_account_is_answered_while_one_reads_at_length(world: World, gate: Gate, path: str) -> None:
    busy, other = await world.developer(), await world.developer()
    gate.closed_for.add(busy.id)
    async with asyncio.timeout(10):
        slow = [asyncio.create_task(busy.get(path)) for _ in range(MANY)]
        await gate.fills(busy.id)
        for quick in (USAGE, SESSIONS, SECRETS, "/v1/me"):
            assert (await other.get(quick)).status_code == 200
        for public in ("/healthz", "/readyz", "/metrics", "/docs/files/swagger-ui.css"):
            assert (await world.stranger.get(public)).status_code == 200
        assert (await busy.get("/v1/me")).status_code == 200
        assert gate.begun[busy.id] == THREADS_OF_ONE
        gate.open()
        assert {response.status_code for response in await asyncio.gather(*slow)} == {200}
    assert gate.begun[busy.id] == MANY


async def test_all_kinds_of_reads_of_an_account_share_its_turns(world: World, gate: Gate) -> None:
    busy, other = await world.developer(), await world.developer()
    gate.closed_for.add(busy.id)
    async with asyncio.timeout(10):
        slow = [asyncio.create_task(busy.get(path)) for path in (USAGE, SESSIONS, SECRETS) * 3]
        await gate.fills(busy.id)
        assert (await other.get(USAGE)).status_code == 200
        assert gate.begun[busy.id] == THREADS_OF_ONE
        gate.open()
        await asyncio.gather(*slow)


async def test_a_few_busy_accounts_leave_room_for_one_more(world: World, gate: Gate) -> None:
    busy = [await world.developer() for _ in range(THREADS // THREADS_OF_ONE - 1)]
    other = await world.developer()
    gate.closed_for.update(developer.id for developer in busy)
    async with asyncio.timeout(10):
        slow = [asyncio.create_task(developer.get(USAGE)) for developer in busy for _ in range(MANY)]
        for developer in busy:
            await gate.fills(developer.id)
        assert (await other.get(USAGE)).status_code == 200
        gate.open()
        await asyncio.gather(*slow)


async def test_whoever_needs_no_secret_leaves_room_for_accounts(world: World, gate: Gate) -> None:
    developer = await world.developer()
    gate.closed_for.add(ANYBODY)
    async with asyncio.timeout(10):
        scrapes = [asyncio.create_task(world.stranger.get("/metrics")) for _ in range(MANY)]
        await gate.fills(ANYBODY)
        assert (await developer.get(USAGE)).status_code == 200
        assert gate.begun[ANYBODY] == THREADS_OF_ONE
        gate.open()
        assert {response.status_code for response in await asyncio.gather(*scrapes)} == {200}
    assert gate.begun[ANYBODY] == THREADS_OF_ONE


async def test_live_sessions_are_counted_once_a_second(world: World, gate: Gate) -> None:
    developer = await world.developer()
    shown = []
    for seconds in (0, 0.999, 0.001):
        world.spend(seconds)
        text = (await world.stranger.get("/metrics")).text
        shown.append((gate.begun[ANYBODY], "bithuman_live_sessions 1.0" in text))
        await developer.token()
    assert shown == [(1, False), (1, False), (2, True)]


def test_no_route_waits_for_the_frameworks_threads() -> None:
    """FastAPI runs a route or a dependency that is no coroutine in threads that all callers share."""
    routes = [
        route
        for module in (account, operations, secrets, sessions, tokens, usage)
        for route in module.router.routes
        if isinstance(route, APIRoute)
    ]
    calls = {call for route in routes for call in calls_of(route.dependant)}
    assert len(routes) >= 15
    assert [call for call in calls if not inspect.iscoroutinefunction(call)] == []


def calls_of(dependant: Dependant) -> Iterator[Any]:
    """What FastAPI calls for a route: the route and all that it depends on."""
    if dependant.call is not None:
        is_function = inspect.isroutine(dependant.call)
        yield dependant.call if is_function else type(dependant.call).__call__
    for inner in dependant.dependencies:
        yield from calls_of(inner)
