"""Known phones into mouth shapes: what each sound must look like, and what it does to its neighbours."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bithuman.engine.phonemes import Phone, articulate, target_of
from bithuman.engine.shape import REST, VISEMES, Articulation, MouthShape


def say(*symbols: str, each_s: float = 0.12, lead_s: float = 0.4) -> list[Phone]:
    """The phones one after another, with silence before."""
    return [Phone(symbol, lead_s + i * each_s, lead_s + (i + 1) * each_s) for i, symbol in enumerate(symbols)]


def during(phones: Sequence[Phone], which: int) -> Articulation:
    """The mouth in the frame that holds the middle of a phone."""
    middle_s = (phones[which].start_s + phones[which].end_s) / 2
    return articulate(phones, 0, 100)[int(middle_s * 25)]


@pytest.mark.parametrize("symbol", ["p", "b", "m"])
def test_lips_meet_for_p_b_and_m_between_any_vowels(symbol: str) -> None:
    for vowel in ("a", "i", "u"):
        phones = say(vowel, symbol, vowel)
        assert during(phones, 1).shape.picture.opening < -0.5
        assert during(phones, 0).shape.picture.opening > 0.05
        assert during(phones, 2).shape.picture.opening > 0.05


def test_a_closure_shorter_than_a_frame_is_seen_wherever_it_falls() -> None:
    for start_s in np.arange(0.4, 0.44, 0.005):
        phones = [Phone("a", 0.2, start_s), Phone("b", start_s, start_s + 0.03), Phone("a", start_s + 0.03, 0.7)]
        assert min(mouth.shape.picture.opening for mouth in articulate(phones, 0, 20)[9:12]) < -0.5


def test_a_opens_wider_than_i() -> None:
    assert during(say("t", "a", "t"), 1).shape.opening > 2 * during(say("t", "i", "t"), 1).shape.opening


def test_u_is_rounded_before_it_begins_and_i_is_spread() -> None:
    phones = say("k", "uː", "k")
    assert during(phones, 1).shape.picture.width < -0.7
    assert during(phones, 0).shape.rounding > 0.2
    assert during(say("k", "iː", "k"), 1).shape.picture.width > 0.4


def test_f_bites_the_lip_and_th_shows_the_tongue() -> None:
    bite = during(say("a", "f", "a"), 1).shape
    assert bite.teeth > 0.7
    assert bite.picture.opening < 0.3
    assert during(say("a", "θ", "a"), 1).shape.tongue > 0.5


def test_a_diphthong_moves_from_one_vowel_to_the_other() -> None:
    phones = [Phone("aʊ", 0.4, 0.8)]
    mouths = articulate(phones, 0, 25)
    assert mouths[11].visemes.argmax() == VISEMES.index("aa")
    assert mouths[18].visemes.argmax() == VISEMES.index("ou")
    assert mouths[11].shape.opening > mouths[18].shape.opening


def test_an_affricate_is_its_hiss() -> None:
    assert target_of("tʃ") == target_of("ʃ")
    assert target_of("dʒ").viseme == "CH"


def test_length_stress_and_ties_change_nothing() -> None:
    for marked in ("ˈaː", "a̯", "ã", "a5"):
        assert target_of(marked) == target_of("a")
    assert target_of("t͡s") == target_of("s")


def test_the_weak_vowel_of_roses_is_no_consonant() -> None:
    """espeak-ng, and so Piper, writes it with a letter of its own."""
    assert target_of("ᵻ") == target_of("ɪ")


def test_a_rounded_consonant_is_rounded() -> None:
    assert target_of("kʷ").shape.rounding > 0.5 > target_of("k").shape.rounding


def test_silence_is_rest() -> None:
    mouths = articulate([], 0, 5)
    assert all(mouth.shape == REST for mouth in mouths)
    assert all(mouth.visemes[0] == pytest.approx(1.0) for mouth in mouths)
    long_after = articulate(say("a"), 40, 1)[0]
    assert max(map(abs, long_after.shape)) < 0.01


def test_what_is_far_away_changes_nothing() -> None:
    near = say("a", "p", "u")
    far = [*near, *[Phone("i", second, second + 0.1) for second in range(3, 40)]]
    for some, more in zip(articulate(near, 10, 15), articulate(far, 10, 15), strict=True):
        assert some.shape == pytest.approx(more.shape, abs=1e-3)


@given(
    st.lists(st.tuples(st.text("aiupbmfθszʃtdkɡrlnjwʊʷː̃xyz123 ", max_size=4), st.floats(0.005, 0.5)), max_size=12),
    st.integers(0, 20),
)
def test_any_phones_give_a_mouth_within_its_ranges(sounds: list[tuple[str, float]], first: int) -> None:
    phones, at_s = [], 0.0
    for symbol, length_s in sounds:
        phones.append(Phone(symbol, at_s, at_s + length_s))
        at_s += length_s
    for mouth in articulate(phones, first, 12):
        lows = MouthShape(width=-1.0)
        assert all(low - 1e-6 <= value <= 1 + 1e-6 for low, value in zip(lows, mouth.shape, strict=True))
        assert mouth.visemes.min() >= 0
        assert mouth.visemes.sum() == pytest.approx(1.0, abs=1e-4)
