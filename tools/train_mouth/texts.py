"""Things to say: words of a language as often as people use them, in no order that means anything."""

from functools import cache

import numpy as np
import numpy.typing as npt

_WORDS = 6_000
_FLATTEN = 0.6  # rare words are said a little more often than people say them, so that more of them are heard
_COMMA_AFTER = 0.12


def sentence(language: str, rng: np.random.Generator) -> str:
    """Four to ten words of a language (a code of ISO 639-1)."""
    words, chances = _vocabulary(language)
    chosen = [str(word) for word in rng.choice(words, rng.integers(4, 11), p=chances)]
    said = "".join(word + (", " if rng.random() < _COMMA_AFTER else " ") for word in chosen)
    return said.rstrip(", ") + str(rng.choice([".", ".", ".", "?", "!"]))


@cache
def _vocabulary(language: str) -> tuple[list[str], npt.NDArray[np.float64]]:
    import wordfreq

    words = [word for word in wordfreq.top_n_list(language, _WORDS) if word.isalpha()]
    chances = np.array([wordfreq.word_frequency(word, language) for word in words]) ** _FLATTEN
    return words, chances / chances.sum()
