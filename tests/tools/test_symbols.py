"""The letters in which every voice that the listening model learns from tells its sounds."""

import pytest

from bithuman.engine.phonemes import Phone
from tools.train_mouth.symbols import american, ipa


def test_a_vowel_and_the_r_after_it_are_one() -> None:
    told = american([Phone("ə", 0.0, 0.1), Phone("ɹ", 0.1, 0.2), Phone("ˈɜ", 0.2, 0.3), Phone("ɐ", 0.3, 0.4)])
    assert told == [Phone("ɚ", 0.0, 0.2), Phone("ˈɜ", 0.2, 0.3), Phone("ə", 0.3, 0.4)]


def test_a_pause_parts_them() -> None:
    apart = [Phone("ə", 0.0, 0.1), Phone("ɹ", 0.3, 0.4)]
    assert american(apart) == apart


def test_a_sound_that_nobody_has_heard_of_is_an_error() -> None:
    assert ipa("pau", "en") == ""
    with pytest.raises(KeyError):
        ipa("??", "en")
