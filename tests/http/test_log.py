"""The log: whatever becomes of a line, whoever logged goes on."""

import json
import logging
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import structlog

from bithuman.http.log import LogSink, SinkHandler, configure_logging


class Pipe:
    """A pipe for standard error. Its reader may stop, or go away."""

    def __init__(self) -> None:
        self._reading, self.writing = os.pipe()

    def read(self) -> str:
        """What has come."""
        os.set_blocking(self._reading, False)
        pieces = []
        try:
            while piece := os.read(self._reading, 65_536):
                pieces.append(piece)
        except BlockingIOError:
            pass
        return b"".join(pieces).decode()

    def lose_reader(self) -> None:
        os.close(self._reading)
        self._reading = -1

    def close(self) -> None:
        for descriptor in (self._reading, self.writing):
            if descriptor >= 0:
                os.close(descriptor)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    made = Pipe()
    yield made
    made.close()


def sink_into(descriptor: int | None) -> LogSink:
    return LogSink(descriptor, lambda lost: f"{lost} lost\n")


class TestSink:
    def test_lines_arrive(self, pipe: Pipe) -> None:
        sink = sink_into(pipe.writing)
        sink.write("one\n")
        sink.write("zwölf\n")
        assert pipe.read() == "one\nzwölf\n"

    def test_lines_of_many_threads_arrive_whole(self, tmp_path: Path) -> None:
        path = tmp_path / "log"
        with path.open("wb") as file:
            sink = LogSink(file.fileno(), str)
            line = json.dumps({"filler": "x" * 5_000}) + "\n"
            with ThreadPoolExecutor(8) as threads:
                for _ in range(400):
                    threads.submit(sink.write, line)
        assert path.read_text() == line * 400

    def test_a_full_disk_costs_lines_and_nothing_else(self) -> None:
        with Path("/dev/full").open("wb") as full:
            sink = sink_into(full.fileno())
            for _ in range(3):
                sink.write("line\n")

    def test_what_was_lost_is_told_once_when_there_is_room_again(self, pipe: Pipe) -> None:
        with Path("/dev/full").open("wb") as full:
            descriptor = os.dup(full.fileno())
            sink = sink_into(descriptor)
            for _ in range(3):
                sink.write("line\n")
            os.dup2(pipe.writing, descriptor)
            sink.write("four\n")
            sink.write("five\n")
            os.close(descriptor)
        assert pipe.read() == "3 lost\nfour\nfive\n"

    def test_a_reader_that_reads_no_more_stops_nobody(self, pipe: Pipe) -> None:
        sink = sink_into(pipe.writing)
        for number in range(200):
            sink.write(f"{number:0999}\n")
        before = pipe.read().splitlines()
        sink.write("again\n")
        assert [int(line) for line in before] == list(range(len(before)))
        assert pipe.read() == f"{200 - len(before)} lost\nagain\n"

    def test_a_line_that_was_cut_does_not_spoil_the_next(self, pipe: Pipe) -> None:
        sink = sink_into(pipe.writing)
        sink.write("a" * 1_000_000 + "\n")
        cut = pipe.read()
        assert 0 < len(cut) < 1_000_000
        sink.write("next\n")
        assert pipe.read() == "\n1 lost\nnext\n"

    def test_a_reader_that_is_gone_stops_nobody(self, pipe: Pipe) -> None:
        sink = sink_into(pipe.writing)
        pipe.lose_reader()
        for _ in range(3):
            sink.write("line\n")

    def test_without_standard_error_nothing_is_written_anywhere(self) -> None:
        sink_into(None).write("line\n")


class Unprintable:
    def __repr__(self) -> str:
        raise RecursionError


class TestConfigured:
    @pytest.fixture
    def standard_error(self, monkeypatch: pytest.MonkeyPatch, pipe: Pipe) -> Iterator[Pipe]:
        root = logging.getLogger()
        handlers, level = root.handlers[:], root.level
        with os.fdopen(os.dup(pipe.writing), "w") as stream:
            monkeypatch.setattr(sys, "stderr", stream)
            configure_logging("info")
            yield pipe
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()

    def lines(self, pipe: Pipe) -> list[Any]:
        return [json.loads(line) for line in pipe.read().splitlines()]

    def test_our_events_and_the_libraries_are_json_lines(self, standard_error: Pipe) -> None:
        structlog.get_logger().info("ours", number=1)
        structlog.get_logger().debug("too fine")
        logging.getLogger("library").warning("theirs %s", 2)
        logging.getLogger("library").info("too fine")
        ours, theirs = self.lines(standard_error)
        assert (ours["event"], ours["level"], ours["number"]) == ("ours", "info", 1)
        assert (theirs["event"], theirs["level"]) == ("theirs 2", "warning")

    def test_a_value_that_cannot_be_written_down_costs_its_line(self, standard_error: Pipe) -> None:
        structlog.get_logger().info("ours", value=Unprintable())
        library = logging.Logger("library")  # noqa: LOG001 - it has no way to pytest's own handlers.
        library.addHandler(next(handler for handler in logging.getLogger().handlers if type(handler) is SinkHandler))
        library.warning("%s", Unprintable())
        library.warning("%s %s", "one")
        structlog.get_logger().info("after")
        lost, after = self.lines(standard_error)
        assert (lost["event"], lost["lines"]) == ("log_lines_lost", 3)
        assert after["event"] == "after"

    def test_a_reader_that_is_gone_stops_nobody(self, standard_error: Pipe) -> None:
        standard_error.lose_reader()
        structlog.get_logger().error("ours", exc_info=ValueError("x"))
        logging.getLogger("library").error("theirs")
