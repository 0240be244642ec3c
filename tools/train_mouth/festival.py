"""Festival and Flite: diphones cut from recorded speakers, and voices built from a statistical model of one."""

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from bithuman.engine.phonemes import Phone
from tools.train_mouth.symbols import ipa
from tools.train_mouth.take import Take, take

_ENCODINGS = {"it": "iso-8859-1", "fi": "iso-8859-1", "ca": "iso-8859-1", "cs": "iso-8859-2"}
_HEADER = "#"


def say_flite(text: str, voice: str, stretch: float = 1.0) -> Take:
    """English by one of Flite's voices; above 1, `stretch` is slower."""
    with tempfile.NamedTemporaryFile(suffix=".wav") as wav:
        command = ["flite", "-voice", voice, "--setf", f"duration_stretch={stretch}"]
        command += ["-psdur", "-t", text, "-o", wav.name]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        samples, rate_hz = soundfile.read(wav.name, dtype="float32")
    ends = [part.rsplit(":", 1) for part in told.split()]
    return take(samples, rate_hz, _phones([(name, float(end)) for name, end in ends], "en"))


def say_festival(texts: list[str], voice: str, language: str, stretch: float = 1.0) -> list[Take]:
    """Each of the texts by one of Festival's voices, such as `kal_diphone`. One that it cannot say is left out."""
    with tempfile.TemporaryDirectory() as folder:
        lines = [f"(voice_{voice})", f"(Parameter.set 'Duration_Stretch {stretch})"]
        for number, text in enumerate(texts):
            name = f"{folder}/{number}"
            plain = text.replace("\\", "").replace('"', "")
            lines += [
                f'(set! u (utt.synth (Utterance Text "{plain}")))',
                f'(utt.save.segs u "{name}.seg")',
                f'(utt.save.wave u "{name}.wav" \'riff)',
            ]
        script = Path(folder) / "say.scm"
        script.write_text("\n".join(lines), encoding=_ENCODINGS.get(language, "utf-8"), errors="ignore")
        subprocess.run(["festival", "-b", script], capture_output=True, check=False)
        return [
            _read(Path(folder) / f"{number}", language)
            for number in range(len(texts))
            if (Path(folder) / f"{number}.wav").exists()
        ]


def _read(name: Path, language: str) -> Take:
    samples, rate_hz = soundfile.read(name.with_suffix(".wav"), dtype="float32")
    rows = [line.split() for line in name.with_suffix(".seg").read_text(encoding="iso-8859-1").splitlines()]
    ends = [(row[2], float(row[0])) for row in rows if len(row) == 3 and row[0] != _HEADER]
    return take(np.asarray(samples, np.float32), rate_hz, _phones(ends, language))


def _phones(ends: list[tuple[str, float]], language: str) -> list[Phone]:
    starts = [0.0, *(end for _, end in ends[:-1])]
    return [
        Phone(ipa(name, language), start, end) for (name, end), start in zip(ends, starts, strict=True) if end > start
    ]
