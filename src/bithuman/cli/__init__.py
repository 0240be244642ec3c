"""The command line: parse, call, print. One file per group of commands.

Whatever goes wrong ends here as a sentence and an exit code: 0 fine, 1 refused or failed, 2 misuse, 130 interrupted.
`docs/cli.md` says which is which.
"""

import io
import re
import signal
import sqlite3
import sys
import traceback
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from bithuman.errors import BithumanError, ConfigurationError, TokenValidationError

DEBUG = "--debug"

_SECRET = re.compile(r"(--?[\w-]+=)?bhs_\w+$")

_REFUSED = 1
_MISUSE = 2
# What the service answers to a value that it cannot take: the person at the keyboard can correct it.
_MISUSE_CODES = frozenset({"VALIDATION_ERROR", "MISSING_PARAM"})
# What was set may be right, and the machine says no: the port is taken, a file is not there, a library is missing.
_SAID_NO = (OSError, ImportError, sqlite3.Error)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and exit. `arguments` are those of the process where None."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    end_of_options = given.index("--") if "--" in given else len(given)
    debug = DEBUG in given[:end_of_options]
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that knows no '✓' is no reason to fail
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)
    if any(_SECRET.match(word) for word in given):
        _tell(
            "An api-secret never stands on the command line: the process list and the shell's history show it.",
            "Run `bithuman init` and paste it, or use --secret-stdin. Rotate this one if others use the machine.",
        )
        sys.exit(_MISUSE)
    sys.exit(_run([word for word in given[:end_of_options] if word != DEBUG] + given[end_of_options:], debug))


def _run(arguments: list[str], debug: bool) -> int:
    # What the commands need is loaded in here, so that trouble with that is told in a sentence too.
    try:
        from bithuman.cli.app import app

        app(arguments, prog_name="bithuman")
    except BithumanError as error:
        if debug:
            traceback.print_exc()
        _tell(error.message, error.cure)
        return _MISUSE if _is_misuse(error) else _REFUSED
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        if debug:
            traceback.print_exc()
        about = f"{error.filename}: " if error.filename else ""
        _tell(f"{about}{error.strerror or type(error).__name__}.", "Check that it is there, and that you may use it.")
        return _REFUSED
    except Exception as error:
        if debug:
            traceback.print_exc()
        # Only its name: the text of an exception that nobody foresaw may hold anything.
        _tell(
            f"This should not have happened ({type(error).__name__}). It is a fault in bithuman, not yours.",
            "" if debug else f"Run the command again with {DEBUG} to see where it comes from, and report that.",
        )
        return _REFUSED
    return 0


def _end(number: int, _: FrameType | None) -> NoReturn:
    """End as Ctrl-C does: half a file is taken away, and a session is closed."""
    raise SystemExit(128 + number)


def _is_misuse(error: BithumanError) -> bool:
    """Whether the person at the keyboard gave something wrong, or else something that was right is refused."""
    if not isinstance(error, ConfigurationError | TokenValidationError):
        return getattr(error, "code", None) in _MISUSE_CODES
    reason: BaseException | None = error
    while reason is not None and not isinstance(reason, _SAID_NO):
        reason = reason.__cause__ or reason.__context__
    return reason is None


def _tell(message: str, cure: str) -> None:
    sys.stderr.write(f"Error: {message}\n{cure}\n" if cure else f"Error: {message}\n")
