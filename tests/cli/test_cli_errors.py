"""Whatever goes wrong ends as a sentence and an exit code."""

import sqlite3
from typing import Any, NoReturn

import pytest

from bithuman.errors import ConfigurationError, MediaError, TokenRequestError, TokenValidationError

CANARY = "bhs_canary"


@pytest.fixture
def failing(run: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command that raises."""

    def command(error: BaseException, *arguments: str) -> Any:
        def raise_it(words: list[str], prog_name: str) -> NoReturn:
            raise error

        monkeypatch.setattr("bithuman.cli.app.app", raise_it)
        return run(*arguments)

    return command


def test_an_error_of_ours_is_what_happened_and_what_to_do(failing: Any) -> None:
    outcome = failing(MediaError("It is broken.", cure="Mend it."))
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err == "Error: It is broken.\nMend it.\n"


@pytest.mark.parametrize("kind", [ConfigurationError, TokenValidationError])
def test_what_was_set_wrong_is_misuse(failing: Any, kind: type[Exception]) -> None:
    assert failing(kind("It is malformed.")).code == 2
    assert failing(_because_of(ValueError(), kind("It is malformed."))).code == 2


@pytest.mark.parametrize(
    "reason", [OSError(98, "in use"), ModuleNotFoundError("x"), sqlite3.OperationalError("locked")]
)
def test_what_was_set_right_and_cannot_be_had_is_refused(failing: Any, reason: Exception) -> None:
    told = ConfigurationError("It cannot be had.")
    assert failing(_because_of(reason, told)).code == 1
    assert failing(_because_of(_because_of(reason, RuntimeError()), told)).code == 1


def _because_of(reason: Exception, error: Exception) -> Exception:
    """`error` as it is when it was raised where `reason` was caught."""
    error.__context__ = reason
    return error


def test_an_answer_that_a_value_is_wrong_is_misuse(failing: Any) -> None:
    assert failing(TokenRequestError("No.", http_status=400, code="VALIDATION_ERROR")).code == 2
    assert failing(TokenRequestError("No.", http_status=401, code="UNAUTHORIZED")).code == 1


@pytest.mark.parametrize(
    "arguments",
    [["init", CANARY], ["validate", CANARY, "--json"], ["init", f"--secret={CANARY}"], ["init", "--", CANARY]],
)
def test_a_secret_on_the_command_line_is_refused_and_not_repeated(run: Any, arguments: list[str]) -> None:
    outcome = run(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert CANARY not in outcome.err
    assert "never stands on the command line" in outcome.err
    assert "--secret-stdin" in outcome.err


def test_what_the_system_refuses_is_told_with_its_path(failing: Any) -> None:
    outcome = failing(PermissionError(13, "Permission denied", "/nowhere/file"))
    assert outcome.code == 1
    assert outcome.err.startswith("Error: /nowhere/file: Permission denied.\n")


def test_a_fault_of_ours_is_named_and_never_quoted(failing: Any) -> None:
    outcome = failing(KeyError(CANARY))
    assert (outcome.code, outcome.out) == (1, "")
    assert "KeyError" in outcome.err
    assert "--debug" in outcome.err
    assert CANARY not in outcome.err


@pytest.mark.parametrize("arguments", [("--debug", "info", "x"), ("info", "--debug", "x"), ("info", "x", "--debug")])
@pytest.mark.parametrize("error", [KeyError("x"), MediaError("x"), OSError(5, "x")])
def test_debug_brings_the_traceback_wherever_it_stands(failing: Any, arguments: Any, error: BaseException) -> None:
    outcome = failing(error, *arguments)
    assert outcome.code == 1
    assert "Traceback (most recent call last)" in outcome.err
    assert "raise_it" in outcome.err


@pytest.mark.parametrize("arguments", [("--debug", "info", "x"), ("info", "--debug", "x"), ("info", "x", "--debug")])
def test_debug_is_no_unknown_option_to_any_command(run: Any, arguments: tuple[str, ...]) -> None:
    outcome = run(*arguments)
    assert outcome.code == 1
    assert "ModelNotFoundError" in outcome.err


def test_debug_is_a_word_like_another_after_the_end_of_options(run: Any) -> None:
    outcome = run("info", "--", "--debug")
    assert outcome.code == 1
    assert "There is no file --debug." in outcome.err


def test_ctrl_c_is_130(failing: Any) -> None:
    assert failing(KeyboardInterrupt()).code == 130
