"""The api-secret and the runtime tokens stay in `client/`: a whole session, and then a search for them everywhere.

Searched are logs at the finest level, reprs, tracebacks with all local variables, arguments of the process, files, and
every object that the engine can reach.
"""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import http.server
import logging
import sys
import threading
import traceback
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from bithuman import AsyncBithuman, Bithuman, BithumanError
from bithuman.client.credential_file import write_credentials
from bithuman.client.secret import Secret
from tests.doubles.clocks import FakeTime
from tests.doubles.service import FakeService
from tests.waiting import until


@pytest.fixture
def served(service: FakeService) -> Iterator[str]:
    """The fake service behind a real socket, so that the HTTP stack logs all that it would log."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            request = httpx.Request("POST", f"http://served{self.path}", headers=dict(self.headers), content=body)
            answer = asyncio.run(service.answer(request))
            self.send_response(answer.status_code)
            for name in ("Content-Type", "Content-Length"):
                self.send_header(name, answer.headers[name])
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """Everything that any logger says, however fine."""
    lines: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(f"{logging.Formatter('%(name)s %(message)s').format(record)} {record.args!r} {vars(record)!r}")

    root, collector = logging.getLogger(), Collector(level=0)
    names = ["", "asyncio", "httpx", "httpcore", "bithuman", *logging.root.manager.loggerDict]
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(1)
    root.addHandler(collector)
    yield lines
    root.removeHandler(collector)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def canaries(service: FakeService, *secrets: str) -> set[str]:
    tokens = {token for session in service.sessions.values() for token, _ in session.tokens}
    return {*secrets, *tokens}


def found_in(text: str, hidden: set[str]) -> bool:
    return any(one in text for one in hidden)


def with_locals(error: BaseException) -> str:
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


def reachable(root: object) -> Iterator[object]:
    """Every object that can be reached from `root` without going through a module."""
    namespaces = {id(vars(module)) for module in list(sys.modules.values())}
    seen, waiting = {id(root)}, [root]
    while waiting:
        one = waiting.pop()
        yield one
        for other in gc.get_referents(one):
            if id(other) in seen or id(other) in namespaces or isinstance(other, types.ModuleType):
                continue
            seen.add(id(other))
            waiting.append(other)


async def test_a_whole_session_shows_neither_secret_nor_token(
    service: FakeService, served: str, logged: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    first = service.secret
    asyncio.get_running_loop().set_debug(True)
    runtime = await AsyncBithuman.create(api_secret=first, api_url=served)
    await runtime.push_audio(b"\x10\x20" * 3_200, 16_000)
    frames = [frame async for frame in _until_speech_ends(runtime)]
    second = service.rotate()
    session, lease = runtime._session, runtime._session.lease
    assert lease is not None
    lease._standing = dataclasses.replace(lease._standing, due_s=0.0)
    await until(lambda: runtime.status.state == "paused")
    await runtime.reauthenticate(second)
    assert runtime.status.state == "live"

    hidden = canaries(service, first, second)
    shown = [runtime, vars(runtime), runtime.status, session, vars(session), lease, vars(lease), session._permit]
    shown += [session._engine, vars(session._engine), frames[0], *asyncio.all_tasks(), service.paths("/heartbeat")]
    assert not found_in(" ".join(map(repr, shown)), hidden)

    engine_objects = list(reachable(session._engine))
    assert len(engine_objects) > 50
    assert not any(isinstance(one, Secret) for one in engine_objects)
    assert not any(found_in(str(one), hidden) for one in engine_objects if isinstance(one, str | bytes))

    await runtime.shutdown()
    assert service.paths("/end") == 1
    assert any("httpcore" in line for line in logged), "the HTTP stack was listened to"
    assert any("bithuman.client.lease" in line for line in logged)
    assert not found_in("\n".join(logged), hidden)
    assert not found_in(Path("/proc/self/cmdline").read_bytes().decode(), hidden)
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or not found_in(path.read_bytes().decode("latin-1"), hidden)
    assert not found_in("".join(capfd.readouterr()), hidden)
    assert not any(isinstance(one, Secret) for one in reachable(runtime)), "a runtime that is over holds nothing"


async def _until_speech_ends(runtime: AsyncBithuman) -> Any:
    async for frame in runtime.run():
        yield frame
        if frame.end_of_speech:
            return


class TestTracebacks:
    """Whatever fails, the variables of its frames tell nothing."""

    async def _raised(self, attempt: Any) -> str:
        with pytest.raises((BithumanError, TypeError)) as caught:
            await attempt
        # Not the caller's own frame: what a program keeps in its variables is its own affair.
        error = caught.value
        error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
        assert error.__context__ is None or error.__suppress_context__
        return with_locals(error)

    @pytest.fixture
    def handed_over(self, service: FakeService) -> str:
        return service.secret

    async def test_a_malformed_secret(self, handed_over: str) -> None:
        part = handed_over[:-2]
        text = await self._raised(AsyncBithuman.create(api_secret=part))
        assert part not in text

    async def test_a_malformed_token(self, handed_over: str) -> None:
        assert handed_over not in await self._raised(AsyncBithuman.create(token=handed_over))

    async def test_a_secret_of_the_environment(self, handed_over: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("BITHUMAN_API_SECRET", handed_over)
        monkeypatch.setenv("BITHUMAN_API_KEY", handed_over[::-1])
        assert handed_over not in await self._raised(AsyncBithuman.create())

    async def test_a_secret_of_the_file(self, handed_over: str) -> None:
        write_credentials(Secret(handed_over), "http://a.example").chmod(0o644)
        assert handed_over not in await self._raised(AsyncBithuman.create())

    async def test_a_bad_url(self, handed_over: str) -> None:
        text = await self._raised(AsyncBithuman.create(api_secret=handed_over, api_url="http://a.example"))
        assert handed_over not in text

    async def test_an_unknown_option(self, handed_over: str) -> None:
        assert handed_over not in await self._raised(AsyncBithuman.create(api_secret=handed_over, nonsense=1))  # type: ignore[call-arg]

    async def test_a_refused_secret(self, handed_over: str, service: FakeService, served: str) -> None:
        service.rotate()
        assert handed_over not in await self._raised(AsyncBithuman.create(api_secret=handed_over, api_url=served))

    async def test_a_service_that_is_not_there(self, handed_over: str) -> None:
        text = await self._raised(AsyncBithuman.create(api_secret=handed_over, api_url="http://127.0.0.1:1"))
        assert handed_over not in text
        assert "No server answers" in text

    async def test_a_service_that_talks_nonsense(
        self, handed_over: str, service: FakeService, time: FakeTime, served: str
    ) -> None:
        runtime = await AsyncBithuman.create(api_secret=handed_over, api_url=served)
        service.refusals = [httpx.Response(200, json={"data": {"token": "a.b.canary", "expires_in": "soon"}})]
        text = await self._raised(runtime.start())
        assert handed_over not in text
        assert "a.b.canary" not in text

    async def test_a_missing_model(self, handed_over: str, served: str) -> None:
        text = await self._raised(AsyncBithuman.create("/no/model.imx", api_secret=handed_over, api_url=served))
        assert handed_over not in text


def test_the_runtime_for_scripts_shows_neither(service: FakeService, logged: list[str], real_time_world: None) -> None:
    secret = service.secret
    with Bithuman.load(api_secret=secret) as avatar:
        list(avatar.compose(np.ones(3_200, np.int16)))
        hidden = canaries(service, secret)
        shown = [avatar, vars(avatar), vars(avatar._live), avatar._live._session, vars(avatar._background)]
        assert not found_in(" ".join(map(repr, shown)), hidden)
        service.rotate()
        avatar.stop()
        with pytest.raises(BithumanError) as caught:
            avatar.start()
    caught.value.__traceback__ = caught.value.__traceback__ and caught.value.__traceback__.tb_next
    assert not found_in(with_locals(caught.value), hidden)
    assert not found_in("\n".join(logged), hidden)
