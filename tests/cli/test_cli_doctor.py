"""Could an avatar run here? One line each, a mark and a cure; and the exit code says the sum of it."""

import asyncio
import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bithuman.cli import checks
from bithuman.cli.checks import Mark
from bithuman.core.billing import Activity, Entry
from bithuman.core.secrets import new_secret
from bithuman.errors import SpeechError
from bithuman.portrait.face import detection
from bithuman.service.platform import Platform
from bithuman.store.unit import Unit
from tools.local_server import Credentials, LocalServer

# The documentation's table is the list of what is looked at.
_PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()
NAMES = re.findall(r"^\| (\w+) \|", _PAGE.partition("## `doctor`")[2], re.MULTILINE)[1:]
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def _marks(outcome: Any) -> dict[str, str]:
    return {check["name"]: check["mark"] for check in outcome.json["checks"]}


@pytest.fixture(autouse=True)
def _this_machine_is_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test machine happens to be busy with decides nothing here."""
    monkeypatch.setattr(checks, "frames_per_second", lambda *_: 100.0)


class TestTheWhole:
    def test_a_machine_that_is_ready(self, run: Any, signed_in: Credentials) -> None:
        outcome = run("doctor")
        assert outcome.code == 0
        assert [line.split()[1] for line in outcome.out.splitlines()] == NAMES
        assert outcome.err == "An avatar can run here.\n"
        assert signed_in.secret not in outcome.out

    def test_for_programs(self, run: Any, signed_in: Credentials) -> None:
        outcome = run("doctor", "--json")
        assert outcome.json["ok"]
        assert list(_marks(outcome)) == NAMES
        assert set(_marks(outcome).values()) <= {"ok", "warning"}

    def test_a_server_that_does_not_answer(self, run: Any, clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("BITHUMAN_API_SECRET", new_secret(secrets.randbelow))
        outcome = run("doctor", "--json", "--api-url", "http://127.0.0.1:1")
        assert (outcome.code, outcome.json["ok"]) == (1, False)
        marks = _marks(outcome)
        assert (marks["Credential"], marks["API"]) == ("warning", "failed")
        assert "Clock" not in marks

    def test_a_secret_that_is_not_good(self, run: Any, account: Credentials, monkeypatch: pytest.MonkeyPatch) -> None:
        secret = new_secret(secrets.randbelow)
        monkeypatch.setenv("BITHUMAN_API_SECRET", secret)
        outcome = run("doctor")
        assert outcome.code == 1
        assert outcome.out.startswith("✗ Credential")
        assert "bithuman init" in outcome.out.splitlines()[0]
        assert "see Credential." in outcome.err
        assert secret not in outcome.out + outcome.err

    def test_a_server_that_is_not_ready(self, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with LocalServer(tmp_path / "data") as server:
            monkeypatch.setenv("BITHUMAN_API_SECRET", server.create_account("ada@example.com").secret)
            monkeypatch.setenv("BITHUMAN_API_URL", server.url)
            (server.data_dir / "bithuman.db").unlink()
            outcome = run("doctor")
        assert outcome.code == 1
        assert f"✗ API        {server.url} answers 503 (The server is not ready.) The server's log says" in outcome.out
        assert "✓ Clock" in outcome.out
        assert "No avatar can run here: see API." in outcome.err

    def test_an_account_without_credits(
        self, run: Any, signed_in: Credentials, operator: Platform, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def spend(unit: Unit) -> None:
            account = unit.account(signed_in.user_id)
            assert account is not None
            unit.post(account, [Entry(account.id, Activity.RUNTIME, -account.balance.plan, 0, operator.now_ms())])

        asyncio.run(operator.database.writer.run(spend))
        outcome = run("doctor")
        assert outcome.code == 1
        assert "✗ Credits    None left. Ask the operator for credits: bithuman admin grant --email" in outcome.out
        assert "No avatar can run here: see Credits." in outcome.err

    def test_no_secret_at_all(self, run: Any, account: Credentials) -> None:
        outcome = run("doctor", "--json")
        assert (outcome.code, _marks(outcome)["Credential"]) == (1, "failed")
        assert _marks(outcome)["API"] == "ok"

    def test_a_ready_token(self, run: Any, account: Credentials, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("BITHUMAN_API_TOKEN", "aGVhZA.Ym9keQ.c2ln")
        assert _marks(run("doctor", "--json"))["Credential"] == "ok"

    def test_an_avatar_that_does_not_open(self, run: Any, signed_in: Credentials) -> None:
        outcome = run("doctor", "--json", "--avatar", __file__)
        assert (outcome.code, _marks(outcome)["Model"]) == (1, "failed")
        assert "CPU" not in _marks(outcome), "there is nothing to measure with"

    @pytest.mark.parametrize(
        ("espeak", "left"), [(True, "espeak-ng speaks instead"), (False, "Recordings can be spoken")]
    )
    def test_a_missing_voice_is_only_a_warning(
        self, run: Any, signed_in: Credentials, monkeypatch: pytest.MonkeyPatch, espeak: bool, left: str
    ) -> None:
        def missing() -> Path:
            raise SpeechError("Piper is not installed.", cure="Install it.")

        monkeypatch.setattr("bithuman.engine.speech.find_voice", missing)
        monkeypatch.setattr("bithuman.engine.speech.espeak_is_installed", lambda: espeak)
        outcome = run("doctor", "--json")
        assert (outcome.code, _marks(outcome)["Voice"]) == (0, "warning")
        assert left in outcome.out

    def test_a_library_that_does_not_load_is_a_line(
        self, run: Any, signed_in: Credentials, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: object) -> None:
            raise ImportError("libGL.so.1: cannot open shared object file")

        monkeypatch.setattr("bithuman.engine.avatar.open_avatar", broken)
        outcome = run("doctor")
        assert outcome.code == 1
        assert "✗ Model      libGL.so.1" in outcome.out


class TestBrain:
    @pytest.mark.parametrize(
        ("environ", "mark"),
        [
            ({}, Mark.OK),
            ({"BITHUMAN_BRAIN": "none"}, Mark.OK),
            ({"BITHUMAN_BRAIN": " None "}, Mark.OK),
            ({"BITHUMAN_BRAIN": "canary"}, Mark.WARNING),
            ({"BITHUMAN_BRAIN": "openai"}, Mark.WARNING),
        ],
    )
    def test_selection(self, environ: dict[str, str], mark: Mark) -> None:
        check = checks.brain(environ)
        assert check.mark is mark
        assert bool(check.cure) == (mark is not Mark.OK)
        assert "canary" not in check.detail


class TestPhotos:
    def test_without_what_finds_faces_photos_are_a_warning(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(detection, "is_installed", lambda: False)
        check = checks.photos()
        assert (check.mark, check.cure) == (Mark.WARNING, detection.how_to_install())
        monkeypatch.setattr(detection, "is_installed", lambda: True)
        assert checks.photos().mark is Mark.OK

    def test_the_cure_is_one_that_this_python_can_take(self) -> None:
        assert "--no-deps mediapipe" in detection.how_to_install((3, 12))
        for newer in ((3, 13), (3, 14)):
            assert "mediapipe" not in detection.how_to_install(newer)
            assert "make clean && PYTHON=python3.12 make setup" in detection.how_to_install(newer)


class TestClock:
    @pytest.mark.parametrize(
        ("skew_s", "mark", "word"),
        [
            (0, Mark.OK, "0.0 s"),
            (4.9, Mark.OK, "4.9 s"),
            (-4.9, Mark.OK, "4.9 s"),
            (60, Mark.WARNING, "60 s ahead of"),
            (-60, Mark.WARNING, "60 s behind"),
        ],
    )
    def test_skew(self, skew_s: float, mark: Mark, word: str) -> None:
        check = checks.clock("2026-11-25T12:00:00.000Z", NOW + timedelta(seconds=skew_s), 0.0)
        assert check.mark is mark
        assert word in check.detail

    def test_half_of_what_the_answer_took_is_no_skew(self) -> None:
        check = checks.clock("2026-11-25T12:00:00Z", NOW + timedelta(seconds=8), 8.0)
        assert (check.mark, check.detail) == (Mark.OK, "4.0 s from the service's.")

    @pytest.mark.parametrize("told", [None, "soon", 5, "2026-11-25T12:00:00"])
    def test_a_service_that_tells_no_time(self, told: object) -> None:
        assert checks.clock(told, NOW, 0.0).mark is Mark.WARNING


class TestMachine:
    @pytest.mark.parametrize(("fps", "mark"), [(24.9, Mark.FAILED), (25, Mark.WARNING), (50, Mark.OK)])
    def test_cpu(self, fps: float, mark: Mark) -> None:
        check = checks.cpu_verdict(fps, 1)
        assert check.mark is mark
        assert check.detail.startswith("1 core;")

    @pytest.mark.parametrize(
        ("mebibytes", "mark"), [(255, Mark.FAILED), (256, Mark.WARNING), (512, Mark.OK), (4096, Mark.OK)]
    )
    def test_memory(self, mebibytes: int, mark: Mark) -> None:
        assert checks.memory_verdict(mebibytes << 20).mark is mark

    def test_codecs(self) -> None:
        assert checks.codecs().mark is Mark.OK
        missing = checks.codecs(("libx264", "no-such-codec"))
        assert (missing.mark, missing.detail) == (Mark.FAILED, "No encoder for no-such-codec.")

    def test_caches(self, clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert checks.caches().mark is Mark.OK
        monkeypatch.setattr(checks, "MIN_DISK", 1 << 62)
        assert checks.caches().mark is Mark.WARNING


def test_the_probe_leaves_out_what_warms_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    measure: Callable[[Callable[[], object], Callable[[], float]], float] = checks.frames_per_second
    now_s = [0.0]

    def next_frame() -> None:
        now_s[0] += 10.0 if now_s[0] == 0 else 0.02

    assert measure(next_frame, lambda: now_s[0]) == pytest.approx(50)
