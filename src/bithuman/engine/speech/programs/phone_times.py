"""When phones are heard, which is not quite when a synthesiser says that it says them.

docs/decisions/0090-say.md says how that was measured.
"""

import unicodedata
from collections.abc import Sequence
from itertools import pairwise

Phones = list[tuple[str, float, float]]

_BREAKS = frozenset('^$.,;:!?()"-¡¿—…')
"""Beginning, end and punctuation: silence, where they last."""
_STRESS = frozenset("ˈˌ")
_VOICELESS_STOPS = frozenset("ptkcqʈ")
_STOP_S = 0.042
"""How long espeak-ng's voiceless stops are held, at its usual speed."""
_LETTERS = ("Ll", "Lo")
_MARKS = ("Lm", "Mn", "Sk")
"""Unicode's categories of what changes the letter before it: small letters, accents, length."""


def piper_phones(symbols: Sequence[str], seconds: Sequence[float]) -> Phones:
    """Phones as they are heard, from what a Piper voice was given and how long it took for each.

    A voice is trained to give much of a phone's time to the blank before it: taken at its word, it begins a sound 52 ms
    after it can be heard to. So all that is blank between two phones is the second one's, which leaves 1 ms. Only after
    punctuation is a blank silent.

    Args:
        symbols: one letter or mark of the IPA each, and Piper's own signs.
        seconds: how long each lasts.

    Returns:
        Symbol, start and end in seconds, in order. What lies between one's end and the next one's start is silence.
    """
    phones: Phones = []
    now_s = 0.0
    follows_break = True
    for symbol, duration_s in zip(symbols, seconds, strict=True):
        start_s, now_s = now_s, now_s + duration_s
        category = unicodedata.category(symbol[0])
        if symbol in _BREAKS:
            follows_break = True
        elif category in _LETTERS:
            phones.append((symbol, start_s if follows_break else phones[-1][2], now_s))
            follows_break = False
        elif category in _MARKS and symbol not in _STRESS and not follows_break:
            letter, its_start_s, _ = phones[-1]
            phones[-1] = (letter + symbol, its_start_s, now_s)
    return phones


def espeak_phones(events: Sequence[tuple[str, float]], end_s: float) -> Phones:
    """Phones as they are heard, from espeak-ng's events.

    It reports a voiceless stop when it is released, 42 ms after the mouth shut. It reports the others in time.

    Args:
        events: the phone, or an empty text for silence, and its start in seconds, in order.
        end_s: of the sound.

    Returns:
        As for `piper_phones`.
    """
    starts_s: list[float] = []
    release_s: float | None = None
    for symbol, event_s in events:
        is_stop = symbol[:1] in _VOICELESS_STOPS
        start_s = event_s - _STOP_S if is_stop else event_s if release_s is None else release_s
        starts_s.append(max(start_s, starts_s[-1] if starts_s else 0.0))
        goes_on = any(unicodedata.category(letter) in _LETTERS for letter in symbol[1:])  # as an affricate does
        release_s = event_s if is_stop and not goes_on else None
    return [
        (symbol, start_s, next_s)
        for (symbol, _), (start_s, next_s) in zip(events, pairwise([*starts_s, end_s]), strict=True)
        if symbol
    ]
