"""How values look to a person."""

import io
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import typer

from bithuman.cli.closed_pipe import Output
from bithuman.cli.output import cell, credits_text, print_table, wrapped
from bithuman.cli.progress import progress
from bithuman.cli.times import ago, find_zone, local, moment_in_utc
from tests.doubles.terminal import FakeTerminal

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


def test_output_whose_stream_was_closed_closes_without_an_error() -> None:
    stream = io.TextIOWrapper(io.BytesIO())
    output = Output(stream)
    stream.close()
    output.close()


class TestZones:
    @pytest.mark.parametrize(
        ("day", "hours"), [("2026-03-28", 24), ("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-26", 24)]
    )
    def test_a_day_lasts_as_long_as_it_does_there(self, day: str, hours: int) -> None:
        rome = find_zone("Europe/Rome")
        after = (date.fromisoformat(day) + timedelta(days=1)).isoformat()
        begins, ends = (datetime.fromisoformat(moment_in_utc(text, rome, "--start")) for text in (day, after))
        assert ends - begins == timedelta(hours=hours)

    @pytest.mark.parametrize(
        ("zone", "day", "begins"),
        [
            ("Europe/Rome", "2026-11-25", "2026-11-24T23:00:00Z"),
            ("UTC", "2026-11-25", "2026-11-25T00:00:00Z"),
            ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"),  # midnight is skipped
            ("America/Havana", "2026-11-01", "2026-11-01T04:00:00Z"),  # midnight comes twice
        ],
    )
    def test_a_day_begins_at_its_first_moment(self, zone: str, day: str, begins: str) -> None:
        assert moment_in_utc(day, find_zone(zone), "--start") == begins

    def test_a_day_of_this_machine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TZ", "Asia/Kolkata")
        time.tzset()
        try:
            assert moment_in_utc("2026-11-25", None, "--start") == "2026-11-24T18:30:00Z"
            assert local("2026-11-24T18:30:00.000Z") == "2026-11-25 00:00"
        finally:
            monkeypatch.undo()
            time.tzset()

    @pytest.mark.parametrize("text", ["2026-11-25T03:00:00+01:00", "2026-11-25t02:00:00z"])
    def test_a_time_says_its_own_zone(self, text: str) -> None:
        assert moment_in_utc(text, find_zone("Asia/Tokyo"), "--start") == "2026-11-25T02:00:00Z"

    @pytest.mark.parametrize("text", ["yesterday", "2026-02-30", "2026-11-25T03:00:00", "20261125", "", "0001-01-01"])
    def test_what_is_no_moment_is_refused(self, text: str) -> None:
        with pytest.raises(typer.BadParameter, match="Give a day such as"):
            moment_in_utc(text, find_zone("Asia/Tokyo"), "--start")

    def test_a_minute_that_comes_twice_is_told_apart(self) -> None:
        rome = find_zone("Europe/Rome")
        moments = ("2026-10-25T00:30:00.000Z", "2026-10-25T01:30:00.000Z", "2026-10-25T02:30:00.000Z")
        assert [local(moment, rome) for moment in moments] == [
            "2026-10-25 02:30+0200",
            "2026-10-25 02:30+0100",
            "2026-10-25 03:30",
        ]

    @pytest.mark.parametrize(
        ("name", "cure"),
        [("Europe/Roma", "Did you mean Europe/Rome?"), ("Rome!", "such as"), ("../zone", "such as"), ("", "such as")],
    )
    def test_a_wrong_zone_is_refused_with_a_cure(self, name: str, cure: str) -> None:
        with pytest.raises(typer.BadParameter, match=re.escape(cure)):
            find_zone(name)

    def test_a_machine_without_zones_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("zoneinfo.available_timezones", set)
        with pytest.raises(typer.BadParameter, match="pip install tzdata"):
            find_zone("Europe/Nowhere")


def _lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What was printed on either stream, without its colours."""
    printed = capsys.readouterr()
    return re.sub(r"\x1b\[[0-9;]*m", "", printed.out + printed.err).splitlines()


ID = "1a68b2f3-b1a5-4b4c-bf30-8a0f3a2dbd3b"


class TestTerminal:
    @pytest.fixture
    def terminal(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
        def make(columns: int) -> None:
            monkeypatch.setattr("sys.stdout.isatty", lambda: True)
            monkeypatch.setenv("COLUMNS", str(columns))
            monkeypatch.setenv("TERM", "dumb")

        return make

    @pytest.mark.parametrize(
        ("columns", "shown"),
        [(60, ["Id", "Note"]), (70, ["Id", "Note", "Agent"]), (200, ["Id", "Note", "Agent", "Other"])],
    )
    def test_the_least_important_columns_give_way(
        self, capsys: pytest.CaptureFixture[str], terminal: Any, columns: int, shown: list[str]
    ) -> None:
        terminal(columns)
        print_table(("Id", "Note", "Agent", "Other"), [(ID, "x" * 20, "A" * 10, "y" * 20)], least=("Other", "Agent"))
        header, row, *notes = _lines(capsys)
        assert header.split() == shown
        assert ID in row
        assert max(len(header), len(row)) <= columns
        assert [note.partition(":")[0] for note in notes] == ["Not shown for want of room"] * (len(shown) < 4)

    def test_rows_that_do_not_fit_at_all_are_stacked_whole(
        self, capsys: pytest.CaptureFixture[str], terminal: Any
    ) -> None:
        terminal(40)
        print_table(("Id", "Note"), [(ID, "first"), (ID, "second")], least=("Note",))
        assert _lines(capsys)[:3] == ["Id", ID, ID], "the note gives way first"
        print_table(("Id", "Note"), [(ID, "first"), (ID, "second")])
        assert _lines(capsys) == ["Id", ID, "Note  first", "", "Id", ID, "Note  second"]

    def test_a_sentence_goes_on_below(self, terminal: Any) -> None:
        terminal(20)
        assert wrapped("ok Name  one two three four /a/path/that/is/long", 3).splitlines() == [
            "ok Name  one two",
            "   three four",
            "   /a/path/that/is/long",
        ]


def test_a_table_in_a_pipe_is_not_broken_or_interpreted(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("Name", "Credits"), [("[red]" + "x" * 300, 1.5), (":smile:", 20)], numbers={"Credits"})
    header, first, second = capsys.readouterr().out.splitlines()
    assert header.startswith("Name")
    assert first.startswith("[red]" + "x" * 300)
    assert second.startswith(":smile:")
    assert second.endswith("20")


def test_progress_outside_of_a_terminal_is_a_line_each_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("Rendering", 1_000, 25) as advance:
        for done in range(1, 1_001):
            advance(done)
    assert capsys.readouterr().err.splitlines() == [f"Rendering: {percent} %" for percent in range(10, 101, 10)]


def test_progress_without_a_known_end_is_the_video_made_so_far(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("Rendering", None, 25) as advance:
        for done in range(1, 300):
            advance(done)
    assert capsys.readouterr().err.splitlines() == [
        "Rendering: 5 s of video so far",
        "Rendering: 10 s of video so far",
    ]


def test_a_short_work_tells_no_progress(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("Rendering", 100, 25) as advance:
        advance(100)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("total", "shown"), [(10, "5/10"), (None, "2 s of video")])
def test_progress_on_a_terminal_is_a_bar_that_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch, total: int | None, shown: str
) -> None:
    terminal = FakeTerminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with progress("Rendering", total, 2) as advance:
        advance(5)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue())
    assert "Rendering" in text
    assert shown in text
    assert terminal.getvalue().endswith("\x1b[2K")


@pytest.mark.parametrize("arguments", [("info",), ("info", "--json"), ("--help",), ("mouth", "--help")])
def test_a_reader_that_stops_changes_no_exit_code(arguments: tuple[str, ...]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "bithuman", *arguments], stdout=writer, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")
