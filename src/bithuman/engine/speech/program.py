"""A program that speaks, in a process of its own, and the pipe to it."""

import contextlib
import itertools
import json
import subprocess
import sys
import tempfile
import weakref
from collections import deque
from collections.abc import Iterator
from threading import Lock, Timer
from typing import IO, Any

from bithuman.engine.child import environment
from bithuman.engine.phonemes import Phone
from bithuman.engine.speech.port import Spoken
from bithuman.errors import SpeechError

_PATIENCE_S = 60.0  # for what takes half a second on one busy core, or for a large voice on a slow disk
_DOCTOR = "`bithuman doctor` looks at its parts."


class Program:
    """A module that serves by `programs.wire`, started at once, and anew when it is needed and gone. Thread-safe.

    It ends with this object, and with this process however that ends: its standard input ends then.

    Args:
        module: its full name.
        arguments: what it speaks with. They stand in the process list; texts do not.
    """

    def __init__(self, module: str, *arguments: str) -> None:
        # -P: a file in the working directory is not the library of its name.
        self._command = [sys.executable, "-P", "-X", "utf8", "-m", module, *arguments]
        self._numbers = itertools.count(1)
        self._starting = Lock()
        self._process = _Process(self._command)

    def speak(self, text: str) -> Iterator[Spoken]:
        """The pieces of a text, each made when it is asked for.

        Raises:
            SpeechError: the program cannot say it, or has ended. The next text finds a new one.
        """
        with self._starting:
            if self._process.gone:
                self._process = _Process(self._command)
            process = self._process
        number = next(self._numbers)
        spoken = process.ask({"id": number, "text": text})
        try:
            while spoken is not None:
                yield spoken
                spoken = process.ask({"id": number})
        finally:
            if spoken is not None:
                process.left.append(number)


class _Process:
    """One run of it."""

    def __init__(self, command: list[str]) -> None:
        # Nobody reads them while the process lives, so they would fill a pipe.
        complaints = tempfile.TemporaryFile()  # noqa: SIM115  # closed by _end
        try:
            popen = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints, env=environment()
            )
        except OSError as error:
            complaints.close()
            raise SpeechError(f"The voice's program does not start: {error.strerror}.", cure=_DOCTOR) from None
        assert popen.stdin is not None
        assert popen.stdout is not None
        self._requests, self._answers, self._complaints = popen.stdin, popen.stdout, complaints
        self._popen = popen
        self._ready = False
        self._lock = Lock()
        self.left: deque[int] = deque()
        """The texts of which no more is wanted. They go out with the next question: a text may be left on an event
        loop, or in the garbage collector while the same thread asks, and neither can wait."""
        self._end = weakref.finalize(self, _end, popen, complaints)

    @property
    def gone(self) -> bool:
        """Whether nothing can be asked of it any more."""
        return not self._end.alive or self._popen.poll() is not None

    def ask(self, request: dict[str, Any]) -> Spoken | None:
        """The next piece that a request is answered with, or None after the last."""
        with self._lock:
            if not self._end.alive:
                raise SpeechError("The voice's program has ended.", cure=_DOCTOR)
            left = [self.left.popleft() for _ in range(len(self.left))]
            try:
                head, pcm = self._exchange(request | {"drop": left})
            except BaseException:
                # Half an answer may be in the pipe, and nobody could separate it from the next.
                self._end()
                raise
        if "error" in head:
            raise SpeechError(f"This text cannot be said: {head['error']}.")
        if "end" in head:
            return None
        phones = head["phones"]
        return Spoken(pcm, head["rate"], None if phones is None else [Phone(*phone) for phone in phones])

    def _exchange(self, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        watch = Timer(_PATIENCE_S, self._popen.kill)
        watch.daemon = True
        watch.start()
        try:
            if not self._ready:
                head, _ = self._receive()
                if "error" in head:
                    raise SpeechError(f"The voice cannot be used: {head['error']}.", cure=_DOCTOR)
                self._ready = True
            self._requests.write(json.dumps(request).encode() + b"\n")
            self._requests.flush()
            return self._receive()
        except (OSError, EOFError):
            raise SpeechError(f"The voice's program has ended ({self._last_words()}).", cure=_DOCTOR) from None
        finally:
            watch.cancel()

    def _receive(self) -> tuple[dict[str, Any], bytes]:
        line = self._answers.readline()
        if not line.endswith(b"\n"):
            raise EOFError
        head: dict[str, Any] = json.loads(line)
        pcm = self._answers.read(head.get("bytes", 0))
        if len(pcm) < head.get("bytes", 0):
            raise EOFError
        return head, pcm

    def _last_words(self) -> str:
        self._complaints.seek(0)
        lines = self._complaints.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it did not say why"


def _end(popen: subprocess.Popen[bytes], complaints: IO[bytes]) -> None:
    """It holds nothing that could be lost."""
    popen.kill()
    popen.wait()
    for stream in (popen.stdin, popen.stdout, complaints):
        # What was not sent cannot be any more.
        with contextlib.suppress(OSError):
            if stream is not None:
                stream.close()
