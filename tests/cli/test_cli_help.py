"""Every command explains itself, quickly, and with nothing installed but the base."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from bithuman.cli.app import app
from bithuman.service.settings import Settings

COMMANDS = [
    "serve",
    "init",
    "doctor",
    "validate",
    "keys list",
    "keys create",
    "keys rotate",
    "keys delete",
    "sessions list",
    "sessions terminate",
    "usage",
    "render",
    "speak",
    "info",
    "mouth",
    "sample",
    "avatar build",
    "avatar preview",
    "admin create-account",
    "admin create-secret",
    "admin grant",
    "admin suspend",
    "admin rotate-signing-key",
    "admin list",
    "admin show",
    "admin set-plan",
    "admin export",
    "admin delete-account",
    "admin invite",
    "admin check",
    "admin backup",
    "admin restore",
]
PRINT_NO_DATA = {"serve"}


def _tree(typed: typer.Typer, prefix: str = "") -> list[str]:
    """The commands below `typed`, as they are typed."""
    names = [
        f"{prefix}{command.name or command.callback.__name__}"
        for command in typed.registered_commands
        if command.callback
    ]
    for group in typed.registered_groups:
        assert group.typer_instance is not None
        names += _tree(group.typer_instance, f"{prefix}{group.name} ")
    return names


def test_the_list_above_is_every_command() -> None:
    assert sorted(_tree(app)) == sorted(COMMANDS)


@pytest.mark.parametrize("command", ["", *COMMANDS, "keys", "sessions", "avatar", "admin"])
def test_help(run: Any, command: Any) -> None:
    outcome = run(*command.split(), "--help")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith(f"Usage: bithuman {command}".rstrip())
    assert run(*command.split(), "-h").out == outcome.out


def test_the_list_of_admin_commands_says_in_a_line_what_backup_and_restore_do(run: Any) -> None:
    text = run("admin", "--help").out
    for line in (
        "backup              Copy the database, checked.",
        "restore             Put a backup back (server stopped).",
    ):
        assert line in text


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - PRINT_NO_DATA))
def test_every_command_that_prints_data_prints_it_for_programs_too(run: Any, command: Any) -> None:
    assert "--json" in run(*command.split(), "--help").out


@pytest.mark.parametrize("command", COMMANDS)
def test_no_option_takes_a_secret_that_a_process_list_would_show(run: Any, command: Any) -> None:
    text = run(*command.split(), "--help").out
    assert "--api-secret" not in text
    assert "--secret " not in text
    assert "--token" not in text


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unknown_option_is_misuse(run: Any, command: Any) -> None:
    outcome = run(*command.split(), "--no-such-option")
    assert (outcome.code, outcome.out) == (2, "")
    assert "--no-such-option" in outcome.err


@pytest.mark.parametrize("words", [[], ["keys"], ["avatar"], ["admin"]])
def test_no_command_is_misuse_and_shows_which_there_are(run: Any, words: list[str]) -> None:
    outcome = run(*words)
    assert (outcome.code, outcome.out) == (2, "")
    assert "Commands:" in outcome.err


def test_a_mistyped_command_is_met_with_the_one_that_was_meant(run: Any) -> None:
    outcome = run("valdate")
    assert outcome.code == 2
    assert "'validate'" in outcome.err


def test_serve_help_lists_every_setting(run: Any) -> None:
    text = run("serve", "--help").out
    for name in Settings.model_fields:
        assert f"BITHUMAN_{name.upper()} " in text


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_version(run: Any, option: str) -> None:
    outcome = run(option)
    assert outcome.code == 0
    assert outcome.out.startswith("bithuman 0.")


@pytest.mark.parametrize(
    ("words", "completed"),
    [("bithuman ke", ["keys"]), ("bithuman sessions list --window r", ["recent"]), ("bithuman keys rot", ["rotate"])],
)
def test_bash_completes_what_is_typed(clean: Path, words: str, completed: list[str]) -> None:
    script = f"""
        PATH={Path(sys.executable).parent}:$PATH
        eval "$(bithuman --show-completion)"
        COMP_WORDS=({words})
        COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
        _bithuman_completion bithuman
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == completed


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys\n"
        "from bithuman.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted(set(sys.modules) & {'numpy', 'av', 'cv2', 'httpx', 'fastapi', 'sqlalchemy', 'pydantic'}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [("--help", 0), ("serve --help", 0), ("render --help", 0), ("serve", 1), ("admin check", 1)],
)
def test_without_the_server_extra(arguments: Any, code: int) -> None:
    script = (
        "import sys\n"
        "for name in ('sqlalchemy', 'fastapi', 'pydantic_settings', 'uvicorn', 'filelock'): sys.modules[name] = None\n"
        "from bithuman.cli import main\n"
        "main(sys.argv[1:])"
    )
    done = subprocess.run([sys.executable, "-c", script, *arguments.split()], capture_output=True, text=True)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert ("pip install '.[server]'" in done.stdout + done.stderr) == (
        arguments in {"serve --help", "serve", "admin check"}
    )
