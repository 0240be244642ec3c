"""Texts before they are said: their parts, and letters that a voice cannot read."""

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bithuman.engine.speech import Spoken, speak
from bithuman.engine.speech.text import check_letters, parts_of, plain_text
from bithuman.errors import SpeechError
from tests.doubles.voices import FakeVoice


@given(text=st.text(st.sampled_from("ab .!?。"), max_size=300), longest=st.integers(1, 40))
def test_parts_lose_no_character_and_are_not_too_long(text: str, longest: int) -> None:
    line = " ".join(text.split())
    parts = parts_of(line, longest)
    assert "".join(parts).replace(" ", "") == line.replace(" ", "")
    assert all(0 < len(part) <= longest for part in parts)


def test_sentences_stay_whole_where_they_fit() -> None:
    assert parts_of("One two. Three four. Five!", 21) == ["One two. Three four.", "Five!"]
    assert parts_of("One two three.", 8) == ["One two", "three."]
    assert parts_of("abcdefgh", 3) == ["abc", "def", "gh"]


def test_a_long_text_is_said_whole() -> None:
    voice = FakeVoice([Spoken(b"\0\0", 16_000)])
    text = "A sentence of thirty letters. " * 1_000
    assert len(list(speak(text, voice))) == len(voice.texts) == 7
    assert " ".join(voice.texts) == plain_text(text)


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en-us", "你好，世界。"),
        ("en-us", "Привет"),
        ("de", "Καλημέρα 12"),
        ("ru", "שלום"),
        ("ja", "مرحبا"),
    ],
)
def test_letters_that_the_voice_cannot_read_are_refused(language: str, line: str) -> None:
    with pytest.raises(SpeechError, match=f"speaks {language}, and cannot read"):
        check_letters(line, language)


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en-us", "Hello, 12 × 3 = 36!"),
        ("en-us", "naïve café, 5 µm"),
        ("pt-br", "ação"),
        ("ru", "Привет, bitHuman"),
        ("cmn", "你好 ok"),
        ("ja", "日本語のテキスト"),
        ("vi", "Xin chào"),
        ("en-us", "🙂 12"),
        ("en-us", "안녕하세요"),
    ],
)
def test_letters_that_it_can_read_are_not(language: str, line: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_letters(line, language)


def test_some_foreign_letters_are_warned_about() -> None:
    with pytest.warns(UserWarning, match="cannot read the Chinese letters"):
        check_letters("The sign says 出口.", "en-us")


def test_a_voice_of_the_program_is_asked_for_its_language() -> None:
    voice = FakeVoice([], language="en-us")
    with pytest.raises(SpeechError, match="Chinese"):
        speak("你好", voice)
    assert voice.texts == []
