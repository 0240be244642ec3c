"""A running server goes on looking for rotated keys, whatever it finds."""

import asyncio
from collections.abc import Iterable

import pytest

from bithuman.errors import ConfigurationError
from bithuman.http import app


class FakeKeys:
    """Raises what it is given, one a look; then stops the looking."""

    def __init__(self, findings: Iterable[Exception | None]) -> None:
        self._findings = iter(findings)

    def refresh(self) -> None:
        finding = next(self._findings, asyncio.CancelledError())
        if finding is not None:
            raise finding


async def logged(monkeypatch: pytest.MonkeyPatch, *findings: Exception | None) -> list[str]:
    lines: list[str] = []

    class CollectingLog:
        def error(self, event: str, error: str) -> None:
            assert event == "keys_not_reloaded"
            lines.append(error)

    monkeypatch.setattr(app, "_log", CollectingLog())
    monkeypatch.setattr(app, "REFRESH_S", 0)
    with pytest.raises(asyncio.CancelledError):
        await app._refresh(FakeKeys(findings))  # type: ignore[arg-type]
    return lines


async def test_it_goes_on_after_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    found = (RecursionError("a"), None, ConfigurationError("b"), MemoryError("c"), StopIteration("d"))
    assert await logged(monkeypatch, *found) == ["a", "b", "c", "d"]


async def test_what_lasts_is_logged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await logged(monkeypatch, *[OSError("away")] * 5, OSError("still")) == ["away", "still"]
