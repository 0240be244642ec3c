"""The session of a program that was killed is there for the next one, and for nobody else."""

import json
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bithuman.client.api import SessionRequest
from bithuman.client.session_files import HeldSession, SessionFiles

URL = "https://avatars.example"
INTERVAL_S = 60.0


def asked(number: int, agent_code: str | None = None) -> SessionRequest:
    return SessionRequest(f"transaction-{number}", f"{number:032x}", runtime_model_hash="a1", agent_code=agent_code)


class Machine:
    """A folder and a date. `hold` is what a program does at its start."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.date_s = 1_790_000_000.0
        self._number = 0

    def hold(self, agent_code: str | None = None, url: str = URL, transaction_id: str | None = None) -> HeldSession:
        self._number += 1
        request = asked(self._number, agent_code)
        if transaction_id is not None:
            request = replace(request, transaction_id=transaction_id)
        files = SessionFiles(self.folder, lambda: self.date_s)
        return files.hold(request, url, is_named=transaction_id is not None)

    def kill_one(self, **options: str) -> SessionRequest:
        """A program had a session, and was killed."""
        held = self.hold(**options)
        held.granted(INTERVAL_S)
        held.leave()
        return held.request


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "state" / "sessions")


def test_a_program_that_was_killed_goes_on_with_its_session(machine: Machine) -> None:
    left = machine.kill_one()
    machine.date_s += 80
    held = machine.hold()
    assert held.is_continued
    assert (held.request.transaction_id, held.request.fingerprint) == (left.transaction_id, left.fingerprint)


def test_once_the_place_is_free_a_new_session_costs_less(machine: Machine) -> None:
    machine.kill_one()
    machine.date_s += 91
    assert not machine.hold().is_continued
    assert len(list(machine.folder.iterdir())) == 1  # the new one's


def test_the_session_of_a_live_program_is_its_own(machine: Machine) -> None:
    live = machine.hold()
    live.granted(INTERVAL_S)
    assert not machine.hold().is_continued


def test_two_programs_do_not_go_on_with_the_same_session(machine: Machine) -> None:
    machine.kill_one()
    assert [machine.hold().is_continued for _ in range(2)] == [True, False]


def test_a_session_that_has_ended_is_not_continued(machine: Machine) -> None:
    held = machine.hold()
    held.granted(INTERVAL_S)
    held.forget()
    assert list(machine.folder.iterdir()) == []
    assert not machine.hold().is_continued


def test_a_session_that_was_never_granted_is_not_continued(machine: Machine) -> None:
    machine.hold().leave()
    assert not machine.hold().is_continued


@pytest.mark.parametrize(
    "ask", [lambda one: one.hold(agent_code="A78WKV4515"), lambda one: one.hold(url="https://other.example")]
)
def test_another_agent_or_server_is_another_session(machine: Machine, ask: Callable[[Machine], HeldSession]) -> None:
    machine.kill_one()
    assert not ask(machine).is_continued


def test_a_named_transaction_continues_only_itself(machine: Machine) -> None:
    left = machine.kill_one(transaction_id="mine")
    assert not machine.hold(transaction_id="another").is_continued
    held = machine.hold(transaction_id="mine")
    assert (held.request.transaction_id, held.request.fingerprint) == ("mine", left.fingerprint)


def test_the_file_is_private_and_holds_no_credential(machine: Machine) -> None:
    machine.kill_one()
    (path,) = machine.folder.iterdir()
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(machine.folder.stat().st_mode)) == (0o600, 0o700)
    assert json.loads(path.read_text()).keys() == {"api_url", *SessionRequest.__dataclass_fields__}


@pytest.mark.parametrize("content", ["", "[]", "{", '{"transaction_id": 1}'])
def test_a_file_that_makes_no_sense_is_removed(machine: Machine, content: str) -> None:
    machine.kill_one()
    (path,) = machine.folder.iterdir()
    path.write_text(content)
    assert not machine.hold().is_continued
    assert not path.exists()


def test_without_a_usable_folder_everything_else_works(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    for folder in (None, in_the_way / "sessions"):
        held = SessionFiles(folder).hold(asked(1), URL, is_named=False)
        held.granted(INTERVAL_S)
        held.forget()
        assert held.request == asked(1)
