"""A minute of what `python -m benchmarks.soak` does for hours."""

import pytest

from benchmarks.soak import interrupt, talk
from bithuman.engine.avatar import open_avatar
from bithuman.engine.backlog import Backlog, Sound
from bithuman.engine.engine import Engine


def test_sound_and_mouth_stay_together_and_every_end_is_told_once() -> None:
    spoken = talk(open_avatar(), 60.0, seed=2)
    assert spoken.faults == []
    assert spoken.ends.total() == len(spoken.said) > 1


def test_after_an_interruption_the_next_words_are_in_step() -> None:
    cut = interrupt(open_avatar(), 100, seed=3)
    assert cut.faults == []
    assert sum(cut.said[number] > 0 for number in cut.known) > 50


class TestTheWitness:
    """It would see what must not happen."""

    def test_sound_that_slips_by_a_frame(self, monkeypatch: pytest.MonkeyPatch) -> None:
        take, taken = Backlog.take, []

        def late(backlog: Backlog) -> Sound | None:
            sound = take(backlog)
            if sound is None:
                return None
            taken.append(sound)
            return sound._replace(samples=taken[-2].samples) if len(taken) > 50 else sound

        monkeypatch.setattr(Backlog, "take", late)
        faults = talk(open_avatar(), 4.0).faults
        assert any("sound" in fault for fault in faults)
        assert any("mouth" in fault for fault in faults)

    def test_an_end_that_is_lost(self, monkeypatch: pytest.MonkeyPatch) -> None:
        take = Backlog.take

        def endless(backlog: Backlog) -> Sound | None:
            sound = take(backlog)
            return sound and sound._replace(last=False)

        monkeypatch.setattr(Backlog, "take", endless)
        assert any("end" in fault for fault in talk(open_avatar(), 4.0).faults)

    def test_an_interruption_that_comes_too_late(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Engine, "interrupt", lambda engine: None)
        faults = interrupt(open_avatar(), 5).faults
        assert any("went on" in fault for fault in faults)
