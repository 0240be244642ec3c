"""A video from a recording or a text, with a real session: checked, billed, paused and refused."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import pytest

from bithuman.engine.avatar import BUILT_IN
from bithuman.engine.phonemes import Phone
from bithuman.engine.speech import Spoken
from tests.doubles.voices import FakeVoice
from tools.local_server import Credentials, LocalServer

LONG_S = 40.0

Render = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def rendering(account: Credentials, recording: Callable[[float], Path], tmp_path: Path) -> Iterator[Render]:
    """Start a long render in a process of its own, and return when its first frames are made."""
    started: list[subprocess.Popen[str]] = []

    def start(*options: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "bithuman", "render", str(recording(LONG_S)), "-o", str(tmp_path / "long.mp4")]
        process = subprocess.Popen(
            [*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=_obey_ctrl_c
        )
        started.append(process)
        assert process.stderr is not None
        assert process.stderr.readline() == "Rendering: 10 %\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def _obey_ctrl_c() -> None:
    """A shell starts programs in the background so that they ignore it, tests too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name not in {"home", "speech.wav"}]


def test_the_avatar_may_stand_before_the_recording_and_names_the_video(
    run: Any,
    signed_in: Credentials,
    recording: Callable[[float], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(BUILT_IN, "ada.imx")
    speech = recording(0.2)
    assert run("render", "ada.imx", speech).out.startswith("ada.mp4: 0.20 s")
    again = run("render", "ada.imx", speech)
    assert (again.code, "ada.mp4 is there already" in again.err) == (2, True)


def test_two_avatars_or_two_recordings_are_misuse(
    run: Any, signed_in: Credentials, recording: Callable[[float], Path], tmp_path: Path
) -> None:
    speech, video = recording(0.2), tmp_path / "out.mp4"
    assert "name the avatar once" in run("render", BUILT_IN, speech, "--avatar", BUILT_IN, "-o", video).err
    assert "give one recording" in run("render", BUILT_IN, speech, speech, "-o", video).err
    assert not video.exists()


def test_a_recording_becomes_a_video_of_its_length(
    run: Any, signed_in: Credentials, recording: Callable[[float], Path], tmp_path: Path
) -> None:
    video = tmp_path / "out.mp4"
    outcome = run("render", recording(1.0), "-o", video, "--json")
    assert (outcome.code, outcome.err) == (0, "")
    film = outcome.json
    assert (film["path"], film["frames"], film["seconds"], film["paused_seconds"]) == (str(video), 25, 1.0, 0.0)
    with av.open(video) as container:
        assert container.streams.video[0].frames == 25
        assert container.streams.audio[0].rate == 16_000

    (entry,) = run("sessions", "list", "--window", "all", "--json").json["data"]["sessions"]
    assert (entry["id"], entry["ended_reason"]) == (film["session_id"], "closed")
    assert _leftovers(tmp_path) == ["out.mp4"]


def test_a_person_reads_one_line(
    run: Any, signed_in: Credentials, recording: Callable[[float], Path], tmp_path: Path
) -> None:
    outcome = run("render", recording(0.4), "-o", tmp_path / "out.mp4")
    assert outcome.out.startswith(f"{tmp_path / 'out.mp4'}: 0.40 s, 10 frames of 512×512, made in ")


THREE_PIECES = [Spoken(b"\x00\x10" * 2_940, 22_050, [Phone("a", 0.0, 0.1)])] * 3


def test_a_text_is_spoken_from_standard_input(
    run: Any, signed_in: Credentials, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    voice = FakeVoice(THREE_PIECES)
    monkeypatch.setattr("bithuman.engine.speech.default_voice", lambda: voice)
    assert run("speak", "-", "-o", tmp_path / "out.mp4", typed="Good\nmorning.").code == 0
    assert run("speak", "Hello.", "-o", tmp_path / "out.mp4", "--json").json["frames"] == 10
    assert voice.texts == ["Good morning.", "Hello."]


@pytest.mark.parametrize(("voice", "kind"), [("here.onnx", "Piper"), ("de", "Espeak")])
def test_a_voice_is_a_file_or_a_language(
    run: Any,
    signed_in: Credentials,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    voice: str,
    kind: str,
) -> None:
    chosen: list[str] = []

    def make(name: str) -> FakeVoice:
        chosen.append(name)
        return FakeVoice(THREE_PIECES)

    monkeypatch.setattr(f"bithuman.engine.speech.{kind}", make)
    monkeypatch.chdir(tmp_path)
    Path("here.onnx").touch()
    assert run("speak", "Hello.", "-o", "out.mp4", "--voice", voice).code == 0
    assert chosen == [voice]


def test_a_voice_that_is_not_there_is_misuse(run: Any, clean: Path, tmp_path: Path) -> None:
    outcome = run("speak", "Hello.", "-o", tmp_path / "out.mp4", "--voice", "nobody.onnx")
    assert (outcome.code, outcome.out) == (2, "")
    assert "nobody.onnx" in outcome.err


def test_without_the_extra_the_cure_is_told(
    run: Any, clean: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("ctypes.util.find_library", lambda name: None)
    outcome = run("speak", "Hello.", "-o", tmp_path / "out.mp4", "--voice", "de")
    assert (outcome.code, outcome.out) == (1, "")
    assert "pip install '.[speech]'" in outcome.err


@pytest.mark.parametrize("text", ["", "  "])
def test_a_text_that_cannot_be_said_is_misuse(run: Any, signed_in: Credentials, tmp_path: Path, text: str) -> None:
    outcome = run("speak", text, "-o", tmp_path / "out.mp4")
    assert (outcome.code, outcome.out) == (2, "")
    assert _leftovers(tmp_path) == []


class TestMisuse:
    """Found before anybody is asked: the environment holds no credential at all here."""

    def test_an_empty_voice_is_misuse(self, run: Any, tmp_path: Path) -> None:
        assert run("speak", "Hello.", "-o", tmp_path / "out.mp4", "--voice", "").code == 2

    def test_a_text_that_is_no_utf_8_is_misuse(self, clean: Path, tmp_path: Path) -> None:
        command = [sys.executable, "-m", "bithuman", "speak", "-", "-o", str(tmp_path / "out.mp4")]
        done = subprocess.run(command, input=b"caf\xe9", capture_output=True)
        assert done.returncode == 2
        assert b"not UTF-8" in done.stderr

    @pytest.mark.parametrize("output", ["out.avi", "out", "nowhere/out.mp4", "folder.mp4"])
    def test_an_output_that_cannot_be(
        self, run: Any, recording: Callable[[float], Path], tmp_path: Path, output: str
    ) -> None:
        (tmp_path / "folder.mp4").mkdir()
        outcome = run("render", recording(0.1), "-o", tmp_path / output)
        assert (outcome.code, outcome.out) == (2, "")
        assert "--output" in outcome.err

    def test_the_recording_itself(self, run: Any, recording: Callable[[float], Path], tmp_path: Path) -> None:
        speech = recording(0.1).rename(tmp_path / "speech.mp4")
        assert run("render", speech, "-o", speech).code == 2
        assert speech.exists()

    @pytest.mark.parametrize(
        "arguments",
        [
            [],
            ["nothing.wav", "-o", "out.mp4"],
            [__file__],
            [__file__, "-o", "out.mp4", "--patience", "-1"],
            [__file__, "-o", "out.mp4", "--avatar", "nothing.imx"],
        ],
    )
    def test_arguments(self, run: Any, clean: Path, arguments: list[str]) -> None:
        assert run("render", *arguments).code == 2


class TestRefusal:
    def test_a_bad_credential_fails_before_any_work(
        self,
        run: Any,
        account: Credentials,
        recording: Callable[[float], Path],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def never(*_: object) -> None:
            raise AssertionError("work was done")

        monkeypatch.setenv("BITHUMAN_API_SECRET", account.secret)
        run("keys", "rotate", "default")
        monkeypatch.setattr("bithuman.runtime.opening.open_avatar", never)
        monkeypatch.setattr("bithuman.engine.audio.read_audio", never)
        outcome = run("render", recording(0.1), "-o", tmp_path / "out.mp4")
        assert (outcome.code, outcome.out) == (1, "")
        assert outcome.err.startswith("Error: Authentication failed: ")
        assert account.secret not in outcome.err
        assert _leftovers(tmp_path) == []

    def test_no_credential(self, run: Any, clean: Path, recording: Callable[[float], Path], tmp_path: Path) -> None:
        outcome = run("render", recording(0.1), "-o", tmp_path / "out.mp4")
        assert outcome.code == 2
        assert "bithuman init" in outcome.err

    def test_what_is_no_sound(self, run: Any, signed_in: Credentials, tmp_path: Path) -> None:
        outcome = run("render", __file__, "-o", tmp_path / "out.mp4")
        assert (outcome.code, outcome.out) == (1, "")
        assert "cannot be read as sound" in outcome.err

    def test_what_is_no_avatar(
        self, run: Any, signed_in: Credentials, recording: Callable[[float], Path], tmp_path: Path
    ) -> None:
        outcome = run("render", recording(0.1), "-o", tmp_path / "out.mp4", "--avatar", __file__)
        assert (outcome.code, outcome.out) == (1, "")
        assert ".imx" in outcome.err

    def test_silence_of_no_length(
        self, run: Any, signed_in: Credentials, recording: Callable[[float], Path], tmp_path: Path
    ) -> None:
        outcome = run("render", recording(0.0), "-o", tmp_path / "out.mp4")
        assert (outcome.code, outcome.out) == (1, "")
        assert _leftovers(tmp_path) == []


class TestInTheMiddle:
    def test_a_rotation_ends_it_with_the_reason_and_without_half_a_file(
        self, run: Any, signed_in: Credentials, rendering: Render, tmp_path: Path
    ) -> None:
        render = rendering()
        assert run("keys", "rotate", "default").code == 0
        out, err = render.communicate(timeout=60)
        assert (render.returncode, out) == (1, "")
        assert "Authentication failed: The api-secret" in err
        assert "Traceback" not in err
        assert _leftovers(tmp_path) == []

    def test_a_termination_ends_it(self, run: Any, signed_in: Credentials, rendering: Render, tmp_path: Path) -> None:
        render = rendering()
        (session,) = run("sessions", "list", "--json").json["data"]["sessions"]
        assert run("sessions", "terminate", session["id"]).code == 0
        render.communicate(timeout=60)
        assert render.returncode == 1
        assert _leftovers(tmp_path) == []

    def test_ctrl_c_ends_it_and_closes_its_session(
        self, run: Any, signed_in: Credentials, rendering: Render, tmp_path: Path
    ) -> None:
        render = rendering()
        render.send_signal(signal.SIGINT)
        out, err = render.communicate(timeout=60)
        assert (render.returncode, out) == (130, "")
        assert "Traceback" not in err
        assert "long.mp4 was not written. The session closes now" in err
        assert _leftovers(tmp_path) == []
        (session,) = run("sessions", "list", "--window", "all", "--json").json["data"]["sessions"]
        assert session["ended_reason"] == "closed"

    def test_a_new_secret_in_the_file_is_taken_up_by_a_render_that_may_wait(
        self, run: Any, account: Credentials, rendering: Render
    ) -> None:
        run("init", "--secret-stdin", typed=account.secret)
        render = rendering("--patience", "60", "--json")
        assert run("keys", "rotate", "default", "--save").code == 0
        out, err = render.communicate(timeout=120)
        assert render.returncode == 0, err
        assert err.index("Paused: ") < err.index("Resumed.")
        film = json.loads(out)
        assert film["frames"] == LONG_S * 25
        assert film["paused_seconds"] > 0
        (session,) = run("sessions", "list", "--window", "all", "--json").json["data"]["sessions"]
        assert session["id"] == film["session_id"]
        assert account.secret not in out + err

    def test_no_process_list_shows_a_secret(self, signed_in: Credentials, rendering: Render) -> None:
        assert signed_in.secret not in Path(f"/proc/{rendering().pid}/cmdline").read_text()


def test_the_server_logs_no_secret(run: Any, signed_in: Credentials, server: LocalServer) -> None:
    run("validate")
    run("usage")
    assert signed_in.secret not in (server.data_dir / "server.log").read_text()
