"""How values look to a person."""

import io
from datetime import UTC, datetime, timedelta

import pytest

from bithuman.cli.output import cell, credits_text, print_table
from bithuman.cli.progress import progress
from bithuman.cli.times import ago, local

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("amount", "text"), [(0, "0"), (98.5, "98.5"), (1e-06, "0.000001"), (100, "100"), (-0.25, "-0.25")]
)
def test_credits(amount: float, text: str) -> None:
    assert credits_text(amount) == text


def test_signed_credits() -> None:
    assert [credits_text(amount, signed=True) for amount in (10, -10, 0)] == ["+10", "-10", "0"]


@pytest.mark.parametrize(("value", "text"), [(None, "–"), ("", "–"), (0, "0"), ("a\x1b[31mb\nc", "a?[31mb?c")])
def test_no_value_commands_the_terminal(value: object, text: str) -> None:
    assert cell(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(-5, "now"), (0, "now"), (59, "59 s ago"), (60, "1 min ago"), (7_199, "1 h ago")]
)
def test_ago(seconds: int, text: str) -> None:
    moment = (NOW - timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")
    assert ago(moment, NOW) == text


def test_what_is_long_ago_is_a_date() -> None:
    assert ago("2026-11-23T12:00:00.000Z", NOW) == local("2026-11-23T12:00:00.000Z")
    assert local(None) == "never"


def test_a_table_in_a_pipe_is_not_broken_or_interpreted(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("Name", "Credits"), [("[red]" + "x" * 300, 1.5), (":smile:", 20)], numbers={"Credits"})
    header, first, second = capsys.readouterr().out.splitlines()
    assert header.startswith("Name")
    assert first.startswith("[red]" + "x" * 300)
    assert second.startswith(":smile:")
    assert second.endswith("20")


def test_progress_outside_of_a_terminal_is_a_line_each_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("Rendering", 1_000) as advance:
        for done in range(1, 1_001):
            advance(done)
    assert capsys.readouterr().err.splitlines() == [f"Rendering: {percent} %" for percent in range(10, 101, 10)]


def test_a_short_work_tells_no_progress(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("Rendering", 100) as advance:
        advance(100)
    assert capsys.readouterr().err == ""


def test_progress_on_a_terminal_is_a_bar_that_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with progress("Rendering", 10) as advance:
        advance(5)
    assert "Rendering" in terminal.getvalue()
    assert "10/10" not in terminal.getvalue()
