"""Whatever goes wrong ends as a sentence and an exit code."""

import json
import sqlite3
from pathlib import Path
from typing import Any, NoReturn

import pytest
import typer

from bithuman.errors import (
    ConfigurationError,
    MediaError,
    ModelNotFoundError,
    TokenRequestError,
    TokenValidationError,
)

CANARY = "bhs_canary"
THIS = str(Path(__file__))


@pytest.fixture
def failing(run: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command that raises."""

    def command(error: BaseException, *arguments: str) -> Any:
        def raise_it(words: list[str], **_: Any) -> NoReturn:
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


@pytest.mark.parametrize("arguments", [("--debug", "info", THIS), ("info", "--debug", THIS), ("info", THIS, "--debug")])
@pytest.mark.parametrize("error", [KeyError("x"), MediaError("x"), OSError(5, "x")])
def test_debug_brings_the_traceback_wherever_it_stands(failing: Any, arguments: Any, error: BaseException) -> None:
    outcome = failing(error, *arguments)
    assert outcome.code == 1
    assert "Traceback (most recent call last)" in outcome.err
    assert "raise_it" in outcome.err


@pytest.mark.parametrize("arguments", [("--debug", "info", THIS), ("info", "--debug", THIS), ("info", THIS, "--debug")])
def test_debug_is_no_unknown_option_to_any_command(run: Any, arguments: tuple[str, ...]) -> None:
    outcome = run(*arguments)
    assert outcome.code == 1
    assert "ModelLoadError" in outcome.err


def test_debug_is_a_word_like_another_after_the_end_of_options(run: Any) -> None:
    outcome = run("info", "--", "--debug")
    assert outcome.code == 2
    assert "file '--debug' does not exist." in outcome.err


def test_ctrl_c_is_130(failing: Any) -> None:
    outcome = failing(KeyboardInterrupt())
    assert (outcome.code, outcome.out, outcome.err) == (130, "", "Error: The command was interrupted.\nRun it again.\n")


class TestForPrograms:
    def test_an_error_is_one_document_on_standard_error(self, failing: Any) -> None:
        outcome = failing(MediaError("It is broken.", cure="Mend it."), "--json")
        assert (outcome.code, outcome.out, outcome.err.count("\n")) == (1, "", 1)
        assert json.loads(outcome.err) == {
            "error": {"message": "It is broken.", "cure": "Mend it.", "code": "MEDIA", "exit_code": 1}
        }

    @pytest.mark.parametrize(
        ("error", "code", "exit_code"),
        [
            (ModelNotFoundError("No."), "MODEL_NOT_FOUND", 1),
            (ConfigurationError("No."), "CONFIGURATION", 2),
            (TokenRequestError("No.", http_status=401, code="UNAUTHORIZED"), "UNAUTHORIZED", 1),
            (TokenRequestError("No.", http_status=400, code="VALIDATION_ERROR"), "VALIDATION_ERROR", 2),
            (PermissionError(13, "Permission denied", "/x"), "OS_ERROR", 1),
            (KeyError(CANARY), "INTERNAL_ERROR", 1),
            (KeyboardInterrupt(), "INTERRUPTED", 130),
            (typer.Abort(), "ABORTED", 1),
        ],
    )
    def test_each_kind_has_a_code_and_the_exit_code_of_the_process(
        self, failing: Any, error: BaseException, code: str, exit_code: int
    ) -> None:
        outcome = failing(error, "--json")
        assert (outcome.code, outcome.error["code"], outcome.error["exit_code"]) == (exit_code, code, exit_code)
        assert outcome.error["cure"]
        assert CANARY not in outcome.err

    def test_a_cure_within_the_message_is_told_apart(self, failing: Any) -> None:
        error = failing(TokenRequestError("It is taken. Take another."), "--json").error
        assert (error["message"], error["cure"]) == ("It is taken.", "Take another.")

    def test_a_message_with_a_full_stop_that_ends_no_sentence_stays_whole(self, failing: Any) -> None:
        message = "alias takes 1 to 32 of a-z . _ -, starting with a letter."
        error = failing(TokenRequestError(message, http_status=400, code="VALIDATION_ERROR"), "--json").error
        assert error["message"] == message
        assert "-h after the command" in error["cure"]

    @pytest.mark.parametrize(
        "arguments", [["keys", "rotate"], ["usage", "--limit=x"], ["valdate"], ["keys"], ["info", "--nope"], ["init"]]
    )
    def test_misuse_that_the_parser_finds_is_one_too(self, run: Any, arguments: list[str]) -> None:
        outcome = run(*arguments, "--json")
        assert (outcome.code, outcome.out, outcome.err.count("\n")) == (2, "", 1)
        assert (outcome.error["code"], outcome.error["exit_code"]) == ("USAGE", 2)
        assert "bithuman" in outcome.error["cure"]

    def test_so_is_a_secret_on_the_command_line(self, run: Any) -> None:
        outcome = run("validate", CANARY, "--json")
        assert (outcome.code, outcome.error["code"]) == (2, "USAGE")

    def test_the_word_is_no_option_after_the_end_of_options(self, run: Any) -> None:
        assert run("info", "--", "--json").err.endswith("file '--json' does not exist.\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["usage", "--limit", "x"], "'x' is not a whole number."),
        (["usage", "--limit", "1.5"], "'1.5' is not a whole number."),
        (["usage", "--limit", "0"], "it takes 1 or more."),
        (["usage", "--limit", "201"], "it takes 200 at the most."),
        (["render", __file__, "-o", "x.mp4", "--patience", "soon"], "'soon' is not a number."),
        (["sessions", "list", "--window", "now"], "'now' is not one of 'live', 'recent', 'all'."),
        (["mouth", "/nowhere.wav"], "file '/nowhere.wav' does not exist."),
    ],
)
def test_a_wrong_value_is_met_in_our_words_and_with_a_next_step(run: Any, arguments: list[str], words: str) -> None:
    outcome = run(*arguments)
    assert outcome.code == 2
    assert outcome.err.endswith(f": {words}\n")
    assert f"Try 'bithuman {arguments[0]}" in outcome.err


@pytest.mark.parametrize("arguments", [["serve", "--host"], ["admin", "grant", "--email"]])
def test_an_option_without_its_value_has_a_next_step_too(run: Any, arguments: list[str]) -> None:
    outcome = run(*arguments)
    assert outcome.code == 2
    assert outcome.err.splitlines()[1].startswith("Correct it")


def test_an_error_without_a_cure_gets_one(failing: Any) -> None:
    assert "bithuman doctor" in failing(MediaError("It is broken.")).err
    assert "-h after the command" in failing(ConfigurationError("It is malformed.")).err
