"""What is known of an utterance's phones stays with its sound, however both come in."""

from collections.abc import Sequence

import numpy as np
import pytest

from bithuman.engine.backlog import Backlog
from bithuman.engine.frames import SAMPLES_PER_FRAME
from bithuman.engine.phonemes import Phone, articulate
from bithuman.engine.shape import Articulation

SENTENCE = [Phone(symbol, 0.05 + 0.09 * at, 0.14 + 0.09 * at) for at, symbol in enumerate("mapəbuːtʃimiʃpo")]
SENTENCE_S = 1.6


def silence(seconds: float, rate: int) -> bytes:
    return bytes(2 * round(seconds * rate))


def taken(backlog: Backlog) -> list[Articulation | None]:
    mouths = []
    while (sound := backlog.take()) is not None:
        mouths.append(sound.articulation)
    return mouths


def later(phones: Sequence[Phone], seconds: float) -> list[Phone]:
    return [Phone(phone.symbol, phone.start_s + seconds, phone.end_s + seconds) for phone in phones]


def same(mouths: Sequence[Articulation | None], phones: Sequence[Phone], first_frame: int = 0) -> bool:
    """Whether they are the mouths that these phones ask for, all known at once. What is far off is hardly felt."""
    expected = articulate(phones, first_frame, len(mouths))
    return all(
        mouth is not None
        and np.allclose(mouth.shape, wanted.shape, atol=5e-3)
        and np.allclose(mouth.visemes, wanted.visemes, atol=5e-3)
        for mouth, wanted in zip(mouths, expected, strict=True)
    )


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100])
@pytest.mark.parametrize("pieces", [1, 2, 7])
def test_the_mouth_follows_phones_however_their_sound_is_cut(rate: int, pieces: int) -> None:
    backlog = Backlog()
    pcm = silence(SENTENCE_S, rate)
    size = -(-len(pcm) // pieces) + 1  # not always a whole sample
    backlog.push(pcm[:size], rate, phones=SENTENCE)
    for start in range(size, len(pcm), size):
        backlog.push(pcm[start : start + size], rate, phones=[])
    backlog.end()
    mouths = taken(backlog)
    assert len(mouths) == 40
    assert same(mouths, SENTENCE)


def test_every_closure_is_seen() -> None:
    backlog = Backlog()
    backlog.push(silence(SENTENCE_S, 16_000), 16_000, phones=SENTENCE)
    backlog.end()
    mouths = taken(backlog)
    for phone in SENTENCE:
        if phone.symbol in "pbm":
            frames = range(int(phone.start_s * 25), int(phone.end_s * 25) + 1)
            assert max(mouth.shape.closure for frame in frames if (mouth := mouths[frame])) > 0.9, phone


@pytest.mark.parametrize("second_rate", [22_050, 16_000, 8_000])
def test_sentences_follow_one_another_as_if_they_were_one(second_rate: int) -> None:
    backlog = Backlog()
    backlog.push(silence(1.35, 22_050), 22_050, phones=SENTENCE)  # so the seam lies within a frame
    backlog.push(silence(SENTENCE_S, second_rate), second_rate, phones=SENTENCE)
    backlog.end()
    assert same(taken(backlog), [*SENTENCE, *later(SENTENCE, 1.35)])


def test_what_comes_late_shapes_the_mouth_from_then_on() -> None:
    both = [*SENTENCE, *later(SENTENCE, SENTENCE_S)]
    backlog = Backlog()
    backlog.push(silence(SENTENCE_S, 16_000), 16_000, phones=SENTENCE)
    before = taken(backlog)
    backlog.push(silence(SENTENCE_S, 16_000), 16_000, phones=SENTENCE)
    backlog.end()
    assert same(before[:20], both)
    assert same(taken(backlog), both, first_frame=len(before))


def test_sound_without_phones_is_listened_to() -> None:
    backlog = Backlog()
    for phones in (None, SENTENCE, None, SENTENCE):
        backlog.push(silence(SENTENCE_S, 16_000), 16_000, phones=phones)
    backlog.end()
    mouths = taken(backlog)
    assert [mouth is not None for mouth in mouths] == [False] * 40 + [True] * 40 + [False] * 40 + [True] * 40
    assert same(mouths[42:78], later(SENTENCE, SENTENCE_S), first_frame=42)


def test_a_new_utterance_knows_nothing_of_the_one_before() -> None:
    backlog = Backlog()
    backlog.push(silence(0.2, 16_000), 16_000, phones=SENTENCE)  # most of them are never heard
    backlog.end()
    backlog.push(silence(SENTENCE_S, 16_000), 16_000)
    backlog.end()
    assert [mouth is not None for mouth in taken(backlog)] == [True] * 5 + [False] * 40

    backlog.push(silence(0.2, 16_000), 16_000, phones=SENTENCE)
    backlog.clear()
    backlog.push(silence(0.2, 16_000), 16_000, phones=[])
    backlog.end()
    assert same(taken(backlog), [])


def test_the_last_frame_is_known_however_little_sound_is_in_it() -> None:
    backlog = Backlog()
    backlog.push(bytes(2 * (SAMPLES_PER_FRAME + 20)), 16_000, phones=[])
    backlog.end()
    assert None not in taken(backlog)
