"""Who is learned from. Held back for the benchmark, and never heard here: people, Flite's `slt`, Hibari, Festival's
`lp`, `pc`, `lj`, `dita` and `nsh`; and the languages Italian, Russian and Hindi.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import numpy as np

from tools.train_mouth import espeak, festival, neural
from tools.train_mouth.take import Take
from tools.train_mouth.texts import sentence


class Voice(NamedTuple):
    """A source of takes."""

    name: str
    takes: Callable[[np.random.Generator, int], Iterator[Take]]
    """So many takes, chosen by a generator."""
    minutes: float
    """How much of it is learned from, with what is made of it."""
    weight: float
    """How often it is heard in training."""
    morphs: int = 0
    """How many other speakers are made of each take."""


_ESPEAK_LANGUAGES = {
    "en": ("en-us", "en-us", "en-us", "en", "en-gb-x-rp", "en-gb-scotland", "en-029"),
    "de": ("de",), "fr": ("fr",), "es": ("es", "es-419"), "pt": ("pt-br", "pt"), "nl": ("nl",), "pl": ("pl",),
    "sv": ("sv",), "tr": ("tr",), "cs": ("cs",), "hu": ("hu",), "el": ("el",), "id": ("id",), "ro": ("ro",),
}  # fmt: skip
_ESPEAK_KINDS = (
    "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "f1", "f2", "f3", "f4", "f5", "klatt", "klatt2", "klatt3", "klatt4",
    "klatt6", "Andy", "Annie", "Alicia", "adam", "belinda", "benjamin", "boris", "caleb", "david", "ed", "edward",
    "Gene", "grandma", "grandpa", "Jacky", "john", "kaukovalta", "linda", "marcelo", "Michael", "Mike", "norbert",
    "pablo", "paul", "quincy", "rob", "robert", "sandro", "shelby", "steph", "travis", "victor", "zac", "anika",
    "whisper", "whisperf", "croak",
)  # fmt: skip

_BEYOND, _BESIDE = 2.0, 0.7
"""How far mixtures of Kokoro's speakers go, where 1 stays between them; and the spread of what is added to them."""


def _espeak(rng: np.random.Generator, count: int) -> Iterator[Take]:
    for _ in range(count):
        language = "en" if rng.random() < 0.4 else str(rng.choice(list(_ESPEAK_LANGUAGES)))
        voice = f"{rng.choice(_ESPEAK_LANGUAGES[language])}+{rng.choice(_ESPEAK_KINDS)}"
        wpm, pitch, pitch_range = int(rng.integers(110, 230)), int(rng.integers(10, 90)), int(rng.integers(20, 80))
        yield espeak.say(sentence(language, rng), voice, wpm, pitch, pitch_range)


def _flite(rng: np.random.Generator, count: int, name: str) -> Iterator[Take]:
    for _ in range(count):
        yield festival.say_flite(sentence("en", rng), name, float(rng.uniform(0.8, 1.25)))


def _festival(rng: np.random.Generator, count: int, name: str, language: str) -> Iterator[Take]:
    for stretch in (0.85, 1.0, 1.2):
        texts = [sentence(language, rng) for _ in range(count // 3)]
        yield from festival.say_festival(texts, name, language, stretch)


def _piper(rng: np.random.Generator, count: int) -> Iterator[Take]:
    for _ in range(count):
        slow, noise, noise_w = rng.uniform(0.75, 1.3), rng.uniform(0.3, 0.9), rng.uniform(0.3, 1.0)
        yield neural.say_piper(sentence("en", rng), float(slow), float(noise), float(noise_w))


def _kokoro(rng: np.random.Generator, count: int) -> Iterator[Take]:
    """Speakers that there are not: between its own, beyond them, and beside."""
    styles = np.stack(list(neural.kokoro_styles().values()))
    spread = styles.std(axis=0)
    for _ in range(count):
        shares = _BEYOND * rng.dirichlet(np.ones(len(styles))) - (_BEYOND - 1.0) / len(styles)
        beside = _BESIDE * spread * rng.normal(size=styles.shape[-1])
        style = np.asarray(np.tensordot(shares, styles, axes=1) + beside, np.float32)
        language = "en" if rng.random() < 0.7 else str(rng.choice(["es", "fr", "pt"]))
        yield neural.say_kokoro(sentence(language, rng), language, style, float(rng.uniform(0.85, 1.2)))


VOICES = (
    Voice("espeak", _espeak, 80, 0.3),
    Voice("kokoro", _kokoro, 20, 0.2, morphs=1),
    Voice("joe", _piper, 20, 0.2, morphs=2),
    *(Voice(name, partial(_flite, name=name), 14, 0.07, morphs=3) for name in ("awb", "rms", "kal16")),
    *(
        Voice(name, partial(_festival, name=name, language=language), 10, 0.05, morphs=3)
        for name, language in (
            ("kal_diphone", "en"),
            ("ked_diphone", "en"),
            ("czech_machac", "cs"),
            ("czech_ph", "cs"),
            ("hy_fi_mv_diphone", "fi"),
            ("upc_ca_ona_hts", "ca"),
        )
    ),
)
