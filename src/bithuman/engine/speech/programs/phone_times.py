"""When Piper's phones are heard."""

import unicodedata
from collections.abc import Sequence

Phones = list[tuple[str, float, float]]

_BREAKS = frozenset('^$.,;:!?()"-¡¿—…')
"""Beginning, end and punctuation: silence, where they last."""
_STRESS = frozenset("ˈˌ")
_LETTERS = ("Ll", "Lo")
_MARKS = ("Lm", "Mn", "Sk")
"""Unicode's categories of what changes the letter before it: small letters, accents, length."""


def phone_times(symbols: Sequence[str], seconds: Sequence[float]) -> Phones:
    """Phones with the times at which they are heard, from what a Piper voice was given and how long it took for each.

    A voice is trained to give much of a phone's time to the blank before it. Taken at its word, it says that a sound
    begins 52 ms after it can be heard to (see docs/decisions/0090-say.md). So all that is blank between two phones is
    the second one's, which leaves 1 ms. Only after punctuation is a blank silent.

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
