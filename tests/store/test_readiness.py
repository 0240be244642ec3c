"""Everybody may ask whether the database takes writes; it is tried once a second."""

import asyncio

from bithuman.store.readiness import PROBE_EVERY_S, Readiness
from tests.doubles.clocks import FakeTime


class FakeDisk:
    """Answers as it is told, and counts."""

    def __init__(self) -> None:
        self.time = FakeTime()
        self.works = True
        self.probes = 0
        self.stuck = asyncio.Event()
        self.stuck.set()

    async def probe(self) -> bool:
        self.probes += 1
        await self.stuck.wait()
        return self.works


async def test_many_who_ask_share_a_probe() -> None:
    disk = FakeDisk()
    readiness = Readiness(disk.probe, disk.time.clock)
    assert await asyncio.gather(*(readiness.check() for _ in range(100))) == [True] * 100
    assert await readiness.check()
    assert disk.probes == 1


async def test_after_a_second_it_is_tried_again() -> None:
    disk = FakeDisk()
    readiness = Readiness(disk.probe, disk.time.clock)
    assert await readiness.check()
    disk.works = False
    disk.time.now_s += PROBE_EVERY_S
    assert not await readiness.check()
    disk.works = True
    disk.time.now_s += PROBE_EVERY_S
    assert await readiness.check()
    assert disk.probes == 3


async def test_a_disk_that_does_not_answer_is_not_ready_and_is_not_asked_twice_at_once() -> None:
    disk = FakeDisk()
    disk.stuck.clear()
    readiness = Readiness(disk.probe, disk.time.clock, patience_s=0)
    assert not await readiness.check()
    disk.time.now_s += 10 * PROBE_EVERY_S
    assert not await readiness.check()
    assert disk.probes == 1
    disk.stuck.set()
    for _ in range(3):
        await asyncio.sleep(0)
    assert await readiness.check()
