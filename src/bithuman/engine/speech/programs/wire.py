"""A speaking program's half of the pipe.

Requests are lines of JSON: `{"id": 3, "text": "Hello."}` asks for the first piece of a text, `{"id": 3}` for the next.
`"drop": [1, 2]` in one of them lists the texts of which no more is wanted. Texts may take turns, piece by piece.

Answers are lines of JSON too, in the order of the requests. A piece is `{"rate": 22050, "bytes": 4410, "phones": [["h",
0.01, 0.08], ...]}`, and its samples follow the line; `{"end": true}` comes after the last, and `{"error": "..."}` for a
text that cannot be said. The first line of all is `{"ready": true}`, or an error after which the program ends.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple, TextIO


class Piece(NamedTuple):
    """A part of what is said."""

    pcm: bytes
    """16-bit little-endian mono."""
    rate: int
    """Hz."""
    phones: list[tuple[str, float, float]] | None
    """IPA symbol, start and end in seconds after the first sample; an end may lie in a later piece. None: not known."""


Speak = Callable[[str], Iterator[Piece]]


def serve(load: Callable[[], Speak]) -> int:
    """Answer until standard input ends, which it does at the latest with the process that holds its other end.

    Returns:
        The exit status.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process of a terminal; the starter decides
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # no library's chatter gets among the answers
    try:
        speak = load()
    except Exception as error:
        _answer(answers, {"error": _told(error)})
        return 1
    try:
        _answer(answers, {"ready": True})
        _converse(sys.stdin, answers, speak)
    except BrokenPipeError:
        # Nobody listens any more. What is buffered must not be tried again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), answers.fileno())
    return 0


def _converse(requests: TextIO, answers: BinaryIO, speak: Speak) -> None:
    texts: dict[int, Iterator[Piece]] = {}
    for line in requests:
        request = json.loads(line)
        for left in request.get("drop", ()):
            texts.pop(left, None)
        number = request["id"]
        try:
            if "text" in request:
                texts[number] = speak(request["text"])
            piece = next(texts[number], None)
        except Exception as error:
            texts.pop(number, None)
            _answer(answers, {"error": _told(error)})
            continue
        if piece is None:
            del texts[number]
            _answer(answers, {"end": True})
        else:
            _answer(answers, {"rate": piece.rate, "bytes": len(piece.pcm), "phones": piece.phones}, piece.pcm)


def _answer(answers: BinaryIO, head: dict[str, object], pcm: bytes = b"") -> None:
    answers.write(json.dumps(head).encode() + b"\n" + pcm)
    answers.flush()


def _told(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
