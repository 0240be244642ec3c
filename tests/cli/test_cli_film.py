"""How a render waits out a pause, in a time that passes only when the test says so."""

from pathlib import Path
from typing import cast

import av
import numpy as np
import pytest

from bithuman.cli.film import OUTAGE_PATIENCE_S, Patience, shoot
from bithuman.client.status import SessionState, SessionStatus
from bithuman.core.permit import PauseReason
from bithuman.engine.frames import AudioChunk, VideoFrame
from bithuman.errors import MediaError, TokenRequestError
from bithuman.runtime import Bithuman
from tests.doubles.clocks import FakeTime


class Stage:
    """A time, what a person was told, and a patience on both."""

    def __init__(self, limit_s: float | None) -> None:
        self.time = FakeTime()
        self.told: list[str] = []
        self.patience = Patience(limit_s, self.told.append, self.time.clock)

    def pause(self, reason: PauseReason, for_s: float = 0.0) -> None:
        self.patience.wait(SessionStatus(SessionState.PAUSED, reason, f"Because of {reason}.", "t"))
        self.time.now_s += for_s


class Performer:
    """Is paused whenever anybody asks."""

    def __init__(self) -> None:
        self.status = SessionStatus(SessionState.PAUSED, PauseReason.OUTAGE, "No answer.", "t")


def _talking(*, last: bool = False) -> VideoFrame:
    image = np.full((32, 64, 3), 128, np.uint8)
    return VideoFrame(image, AudioChunk(np.zeros(640, np.int16), 16_000), end_of_speech=last)


PAUSED = VideoFrame()


def _shoot(path: Path, *frames: VideoFrame, stage: Stage | None = None) -> tuple[int, list[int]]:
    counts: list[int] = []
    performer = cast("Bithuman", Performer())
    film = shoot(performer, frames, path, (stage or Stage(None)).patience, counts.append)
    return film.frames, counts


@pytest.mark.parametrize(
    "reason",
    [PauseReason.UNAUTHORIZED, PauseReason.NO_CREDITS, PauseReason.FORBIDDEN, PauseReason.SESSION_ENDED],
)
def test_a_refusal_is_not_waited_for(reason: PauseReason) -> None:
    stage = Stage(None)
    with pytest.raises(TokenRequestError, match=f"Because of {reason}"):
        stage.pause(reason)
    assert stage.told == []


def test_a_refusal_is_waited_for_where_a_person_asked_for_it() -> None:
    stage = Stage(10)
    stage.pause(PauseReason.NO_CREDITS, for_s=9)
    stage.pause(PauseReason.NO_CREDITS, for_s=1)
    with pytest.raises(TokenRequestError, match="Paused for 10 s: Because of no_credits"):
        stage.pause(PauseReason.NO_CREDITS)


def test_an_outage_is_waited_for_and_said_once() -> None:
    stage = Stage(None)
    for _ in range(3):
        stage.pause(PauseReason.OUTAGE, for_s=OUTAGE_PATIENCE_S / 4)
    stage.patience.go_on()
    stage.patience.go_on()
    paused, resumed = stage.told
    assert "Because of outage." in paused
    assert "600 s" in paused
    assert resumed == "Resumed."
    assert stage.patience.total_s == OUTAGE_PATIENCE_S * 3 / 4


def test_each_pause_has_its_own_patience_and_the_sum_is_kept() -> None:
    stage = Stage(10)
    for _ in range(3):
        stage.pause(PauseReason.OUTAGE, for_s=9)
        stage.patience.go_on()
    assert stage.patience.total_s == 27


def test_no_patience_at_all() -> None:
    with pytest.raises(TokenRequestError):
        Stage(0).pause(PauseReason.OUTAGE)


def test_a_session_that_has_resumed_before_it_is_asked_is_no_pause() -> None:
    stage = Stage(0)
    stage.patience.wait(SessionStatus(SessionState.LIVE, None, "", "t"))
    assert stage.told == []


def test_paused_frames_are_left_out_of_the_video(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    frames, counts = _shoot(path, _talking(), PAUSED, PAUSED, _talking(last=True))
    assert (frames, counts) == (2, [1, 2])
    with av.open(path) as container:
        assert container.streams.video[0].frames == 2


def test_a_pause_that_is_too_long_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(TokenRequestError):
        _shoot(tmp_path / "out.mp4", _talking(), PAUSED, stage=Stage(0))
    assert list(tmp_path.iterdir()) == []


def test_a_session_that_ends_before_the_speech_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="before the speech did"):
        _shoot(tmp_path / "out.mp4", _talking())
    assert list(tmp_path.iterdir()) == []


def test_no_speech_is_no_video(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no sound"):
        _shoot(tmp_path / "out.mp4")
    assert list(tmp_path.iterdir()) == []
