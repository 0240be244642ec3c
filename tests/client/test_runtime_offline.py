"""The avatar for scripts: a real background thread, a service that answers at once."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import bithuman
from bithuman import Bithuman, PauseReason, RuntimeNotReadyError, SpeechError, TokenRequestError
from bithuman.core.secrets import new_secret
from tests.doubles.programs import Agent
from tests.doubles.service import FakeService
from tests.doubles.sounds import tone, write_wav

pytestmark = pytest.mark.usefixtures("real_time_world")


@pytest.fixture
def avatar(service: FakeService) -> Iterator[Bithuman]:
    with Bithuman.load(api_secret=service.secret) as avatar:
        yield avatar


def test_speech_becomes_frames_and_the_last_one_says_so(avatar: Bithuman, service: FakeService) -> None:
    frames = list(avatar.compose(tone(5.0)))
    assert len(frames) == 125
    assert [frame.end_of_speech for frame in frames] == [False] * 124 + [True]
    sound = np.concatenate([frame.audio_chunk.array for frame in frames if frame.audio_chunk])
    assert np.array_equal(sound, tone(5.0))
    assert service.paths("/request") == 1


def test_a_second_utterance_is_in_the_same_session(avatar: Bithuman, service: FakeService) -> None:
    for _ in range(2):
        assert list(avatar.compose(tone(0.2, 48_000), 48_000))[-1].end_of_speech
    assert service.paths("/request") == 1


def test_loading_opens_no_session(avatar: Bithuman, service: FakeService) -> None:
    assert [path for path, _, _ in service.requests] == ["/v1/validate"]


class TestRender:
    def test_a_recording_becomes_pictures_with_red_first(self, service: FakeService, tmp_path: Path) -> None:
        path = tmp_path / "speech.wav"
        write_wav(path, tone(1.0))
        avatar = bithuman.open(api_secret=service.secret)
        of_file, of_array = list(avatar.render(path)), list(avatar.render(tone(1.0)))
        assert (len(of_file), len(of_array), of_file[0].shape) == (25, 25, (512, 512, 3))
        assert avatar._live.get_first_frame()[0, 0].tolist() == of_file[0][0, 0].tolist()[::-1]
        avatar.close()

    def test_the_last_picture_ends_the_session(self, avatar: Bithuman, service: FakeService) -> None:
        for count in (1, 2):
            for _ in avatar.render(tone(0.2)):
                assert service.paths("/end") == count - 1
            assert (service.paths("/request"), service.paths("/end")) == (count, count)

    def test_a_render_that_is_left_ends_it_too(self, avatar: Bithuman, service: FakeService) -> None:
        pictures = avatar.render(tone(1.0))
        next(pictures)
        pictures.close()
        assert service.paths("/end") == 1


def test_no_speech_no_frames(avatar: Bithuman) -> None:
    assert list(avatar.compose(np.zeros(0, np.int16))) == []


def test_no_speech_opens_no_session(avatar: Bithuman, service: FakeService) -> None:
    list(avatar.compose(b""))
    with pytest.raises(SpeechError):
        list(avatar.say("你好"))
    assert service.paths("/request") == 0


def test_wrong_samples_are_refused_at_once(avatar: Bithuman) -> None:
    with pytest.raises(ValueError, match="one-dimensional"):
        avatar.compose(np.zeros((10, 2), np.int16))
    with pytest.raises(ValueError):
        next(avatar.compose(tone(1.0), 4_000))


def test_two_at_once_are_refused_and_a_left_one_leaves_nothing_behind(avatar: Bithuman) -> None:
    first = avatar.compose(tone(5.0))
    next(first)
    with pytest.raises(RuntimeNotReadyError, match="not ended"):
        next(avatar.compose(tone(0.2)))
    first.close()
    assert len(list(avatar.compose(tone(0.2)))) == 5


def test_a_pause_gives_frames_without_image_and_loses_no_speech(service: FakeService) -> None:
    waits: list[float] = []
    with Bithuman.load(api_secret=service.secret) as avatar:
        avatar._sleep = waits.append
        frames = avatar.compose(tone(2.0))
        head = [next(frames) for _ in range(10)]
        session = avatar._live._session
        permit = session._permit
        permit.pause(PauseReason.NO_CREDITS, "No credits left.")
        assert avatar.status.reason is PauseReason.NO_CREDITS
        paused = [next(frames) for _ in range(3)]
        permit.grant(float("inf"))
        tail = list(frames)
    assert not any(frame.has_image or frame.audio_chunk for frame in paused)
    assert waits == [0.04] * 3
    assert len(head) + len(tail) == 50


def test_stopping_ends_a_compose_and_the_next_one_opens_another_session(avatar: Bithuman, service: FakeService) -> None:
    frames = avatar.compose(tone(5.0))
    next(frames)
    avatar.stop()
    assert list(frames) == []
    assert list(avatar.compose(tone(0.2)))[-1].end_of_speech
    assert [session.ended for session in service.sessions.values()] == [True, False]


def test_a_new_secret_can_be_given(avatar: Bithuman, service: FakeService) -> None:
    avatar.start()
    avatar.reauthenticate(service.rotate())
    assert avatar.status.state == "live"


def test_a_bad_secret_leaves_no_thread(service: FakeService) -> None:
    before = threading.active_count()
    with pytest.raises(TokenRequestError, match="Authentication failed"):
        Bithuman.load(api_secret=new_secret(lambda below: below - 1))
    assert threading.active_count() == before


def test_a_forgotten_one_ends_its_session(service: FakeService) -> None:
    before = threading.active_count()
    avatar = Bithuman.load(api_secret=service.secret)
    list(avatar.compose(tone(0.2)))
    del avatar
    gc.collect()
    assert next(iter(service.sessions.values())).ended
    assert threading.active_count() == before


def test_a_forgotten_one_whose_callback_refers_to_it_ends_its_session(service: FakeService) -> None:
    agent = Agent()
    agent.avatar = Bithuman.load(api_secret=service.secret, on_status=agent.see)
    agent.avatar.start()
    del agent
    gc.collect()
    assert service.paths("/end") == 1


def test_closing_twice_is_fine(avatar: Bithuman) -> None:
    avatar.start()
    avatar.close()
    avatar.close()
    assert avatar.status.state == "stopped"
    with pytest.raises(RuntimeNotReadyError, match="closed"):
        next(avatar.compose(tone(0.2)))
