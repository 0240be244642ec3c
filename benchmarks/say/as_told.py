"""Piper with its phones at the times that it gives them itself, before any correction, in a process of its own."""

import sys
from collections.abc import Sequence
from pathlib import Path

from bithuman.engine.speech.programs import piper_voice
from bithuman.engine.speech.programs.phone_times import Phones
from bithuman.engine.speech.programs.wire import serve


def as_told(symbols: Sequence[str], seconds: Sequence[float]) -> Phones:
    """Each phone from where its own symbol begins to where the next one's does, as Piper's alignments have it."""
    starts_s = [sum(seconds[:at]) for at in range(len(symbols))]
    told = [(symbol, start_s) for symbol, start_s in zip(symbols, starts_s, strict=True) if symbol not in "_ ˈˌ^ːʲʰ̩̃"]
    ends_s = [*(start_s for _, start_s in told[1:]), sum(seconds)]
    return [(symbol, start_s, end_s) for (symbol, start_s), end_s in zip(told, ends_s, strict=True) if symbol.isalpha()]


if __name__ == "__main__":
    vars(piper_voice)["piper_phones"] = as_told
    sys.exit(serve(lambda: piper_voice.Voice(Path(sys.argv[1])).speak))
