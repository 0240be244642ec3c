"""What runs beside a client: a fake service, in fake time or in real time."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bithuman.client.api import Api, SessionRequest
from bithuman.client.lease import Lease
from bithuman.client.secret import Secret
from bithuman.client.status import SessionStatus
from bithuman.core.permit import Permit
from bithuman.runtime.opening import World
from tests.doubles.clocks import FakeTime
from tests.doubles.executors import InlineExecutor
from tests.doubles.service import FakeService

BASE = "http://127.0.0.1:1"


class Rig:
    """A lease on the fake service in fake time, with what it told."""

    def __init__(self, time: FakeTime, service: FakeService) -> None:
        self.time = time
        self.service = service
        self.permit = Permit(time.clock)
        self.told: list[SessionStatus] = []
        self.chance = 0.5
        self.found: Secret | None = None

    def lease(
        self, *, token: Secret | None = None, on_status: Callable[[SessionStatus], object] | None = None
    ) -> Lease:
        return Lease(
            self.service.api(),
            SessionRequest(transaction_id="11111111-2222-3333-4444-555555555555", fingerprint="ab" * 16),
            self.permit,
            secret=None if token is not None else Secret(self.service.secret),
            token=token,
            look=lambda: self.found,
            on_status=on_status or self.told.append,
            clock=self.time.clock,
            chance=lambda: self.chance,
            sleep=self.time.sleep,
        )

    @property
    def states(self) -> list[str]:
        return [str(status.state) for status in self.told]


@pytest.fixture(autouse=True)
def no_credentials_of_the_host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither the environment nor a file of whoever runs the tests plays a part."""
    for name in list(os.environ):
        if name.startswith("BITHUMAN_"):
            monkeypatch.delenv(name)
    for kind in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))


@pytest.fixture
def world(service: FakeService, time: FakeTime, monkeypatch: pytest.MonkeyPatch) -> World:
    """Every runtime made in the test lives in it."""
    world = World(
        connect=lambda base: Api(base, transport=service.transport()),
        worker=InlineExecutor,
        clock=time.clock,
        sleep=time.sleep,
        seed=lambda: 0,
    )
    monkeypatch.setattr("bithuman.runtime.live._WORLD", world)
    return world


@pytest.fixture
def real_time_world(service: FakeService, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every runtime made in the test asks the fake service, in real time and with real threads."""
    world = World(connect=lambda base: Api(base, transport=service.transport()))
    monkeypatch.setattr("bithuman.runtime.live._WORLD", world)


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def service(time: FakeTime) -> FakeService:
    return FakeService(time)


@pytest.fixture
def rig(time: FakeTime, service: FakeService) -> Rig:
    return Rig(time, service)
