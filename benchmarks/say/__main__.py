"""How soon a text is heard, and how well the mouth follows it: `python -m benchmarks.say`."""

import os
import statistics
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import psutil

from benchmarks.say.edges import lags_s
from bithuman.engine.backlog import Backlog, Sound
from bithuman.engine.mouth import Mouth
from bithuman.engine.phonemes import Phone, articulate
from bithuman.engine.shape import MouthShape
from bithuman.engine.speech import Espeak, Piper, SpeechSynthesizer, Spoken, find_voice, speak
from bithuman.engine.speech.program import Program

SENTENCES = (Path(__file__).parent / "sentences.txt").read_text().splitlines()
"""None of them was looked at while anything was tuned."""
_PRESSED = 0.5


class Saying(NamedTuple):
    """One text, said as a runtime says it."""

    first_s: float
    """From asking for it to the first frame that can be drawn."""
    first_cpu_s: float
    """The same in processor time of the voice, which other work on the machine does not lengthen."""
    all_s: float
    pieces: list[Spoken]
    sounds: list[Sound]

    @property
    def pcm(self) -> npt.NDArray[np.int16]:
        """At the voice's rate."""
        return np.frombuffer(b"".join(piece.pcm for piece in self.pieces), "<i2").astype(np.int16)

    @property
    def phones(self) -> list[Phone]:
        """On the clock of the whole."""
        phones: list[Phone] = []
        start_s = 0.0
        for piece in self.pieces:
            for symbol, its_start_s, its_end_s in piece.phones or []:
                phones.append(Phone(symbol, start_s + its_start_s, start_s + its_end_s))
            start_s += len(piece.pcm) / 2 / piece.sample_rate
        return phones


class AsTold:
    """Piper, uncorrected."""

    def __init__(self) -> None:
        os.environ["PYTHONPATH"] = str(Path(__file__).parents[2])
        self._program = Program("benchmarks.say.as_told", str(find_voice()))

    def synthesize(self, text: str) -> Iterator[Spoken]:
        """As `SpeechSynthesizer` has it."""
        return self._program.speak(text)


def say(text: str, voice: SpeechSynthesizer) -> Saying:
    """Say a text into a backlog."""
    backlog, pieces, first_s, first_cpu_s = Backlog(), [], 0.0, 0.0
    asked_s, asked_cpu_s = perf_counter(), voices_cpu_s()
    for piece in speak(text, voice):
        backlog.push(piece.pcm, piece.sample_rate, phones=piece.phones)
        pieces.append(piece)
        if not first_s and backlog.ready():
            first_s, first_cpu_s = perf_counter() - asked_s, voices_cpu_s() - asked_cpu_s
    all_s = perf_counter() - asked_s
    backlog.end()
    return Saying(first_s or all_s, first_cpu_s, all_s, pieces, list(iter(backlog.take, None)))


def voices_cpu_s() -> float:
    """Processor time that the voices' processes have used."""
    return sum(child.cpu_times().user + child.cpu_times().system for child in psutil.Process().children())


def main() -> None:
    """Print it."""
    started_s = perf_counter()
    piper = Piper()
    say("Hello.", piper)
    print(f"first audio, cold (process, voice and all)   {1_000 * (perf_counter() - started_s):6.0f} ms")
    sayings = [say(sentence, piper) for sentence in SENTENCES]
    length_s = sum(len(saying.sounds) for saying in sayings) / 25
    spread("first audio, warm", [saying.first_s for saying in sayings])
    spread("  in processor time", [saying.first_cpu_s for saying in sayings])
    print(f"speech made, times real time                 {length_s / sum(saying.all_s for saying in sayings):6.1f}")
    print(f"load of this machine meanwhile               {os.getloadavg()[0]:6.1f} of {os.cpu_count()} cores\n")
    print("mouth against the phone truth                opening r   p b m pressed")
    known = [[shape_of(sound) for sound in saying.sounds] for saying in sayings]
    report("  that the text is known to", sayings, known)
    report("  that listens", sayings, [listened(saying) for saying in sayings])
    print("\nphones told later than heard                 median      half of them within")
    lags("  Piper's own times", AsTold())
    lags("  corrected", piper)
    lags("  espeak-ng, corrected", Espeak("en-us"))


def spread(name: str, seconds: list[float]) -> None:
    """Print the median and the most."""
    print(f"{name:45}{1_000 * statistics.median(seconds):6.0f} ms, most {1_000 * max(seconds):.0f} ms")


def shape_of(sound: Sound) -> MouthShape:
    """The mouth that an engine shows where the text is known."""
    assert sound.articulation is not None
    return sound.articulation.shape


def listened(saying: Saying) -> list[MouthShape]:
    """The mouth of one who does not know the text."""
    mouth = Mouth()
    return [mouth.speak(sound.samples, sound.ahead).shape for sound in saying.sounds]


def report(name: str, sayings: list[Saying], shown: list[list[MouthShape]]) -> None:
    """Compare mouths with those that all phones at once ask for, and count the p b m in which the lips were shut."""
    truth = [
        articulation.shape.picture.opening
        for saying in sayings
        for articulation in articulate(saying.phones, 0, len(saying.sounds))
    ]
    openings = [shape.picture.opening for shapes in shown for shape in shapes]
    pressed = [
        any(shape.picture.opening < -_PRESSED for shape in shapes[int(25 * phone.start_s) : int(25 * phone.end_s) + 1])
        for saying, shapes in zip(sayings, shown, strict=True)
        for phone in saying.phones
        if phone.symbol in ("p", "b", "m")
    ]
    r = np.corrcoef(truth, openings)[0, 1]
    print(f"{name:45}{r:6.3f}      {np.mean(pressed):6.3f} of {len(pressed)}")


def lags(name: str, voice: SpeechSynthesizer) -> None:
    """Compare the times of phones with the sound."""
    said = [say(sentence, voice) for sentence in SENTENCES]
    lag_s = 0.0
    for _ in range(3):
        # What is looked for near a wrong time is found too near to it, so it is looked for again near the better one.
        found = np.concatenate(
            [lags_s(saying.phones, saying.pcm, saying.pieces[0].sample_rate, lag_s) for saying in said]
        )
        lag_s = float(np.median(found))
    ms = 1_000 * found
    spread = np.median(np.abs(ms - np.median(ms)))
    print(f"{name:45}{np.median(ms):6.1f} ms   {spread:6.1f} ms of it, {ms.size} boundaries")


if __name__ == "__main__":
    main()
