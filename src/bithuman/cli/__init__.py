"""The command line: parse, call, print. One file per group of commands.

Whatever goes wrong ends here as a sentence and an exit code: 0 fine, 1 refused or failed, 2 misuse, 130 interrupted.
`docs/cli.md` says which is which.
"""

import io
import re
import signal
import sys
import traceback
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from bithuman.cli.closed_pipe import Output
from bithuman.cli.failures import DEBUG, INTERRUPTED, MISUSE, Failure, failure_of

_JSON = "--json"
_SECRET = re.compile(r"(--?[\w-]+=)?bhs_\w+$")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and exit. `arguments` are those of the process where None."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    end_of_options = given.index("--") if "--" in given else len(given)
    options, rest = given[:end_of_options], given[end_of_options:]
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that knows no '✓' is no reason to fail
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout = Output(sys.stdout)
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)
    if any(_SECRET.match(word) for word in given):
        outcome: int | Failure = Failure(
            "An api-secret never stands on the command line: the process list and the shell's history show it.",
            "Run `bithuman init` and paste it, or use --secret-stdin. Rotate this one if others use the machine.",
            "USAGE",
            MISUSE,
        )
    else:
        outcome = _run([word for word in options if word != DEBUG] + rest, debug=DEBUG in options)
    if isinstance(outcome, Failure):
        sys.stderr.write(outcome.document if _JSON in options else outcome.text)
        outcome = outcome.exit_code
    if isinstance(sys.stdout, Output):
        sys.stdout.flush()
    sys.exit(outcome)


def _run(arguments: list[str], *, debug: bool) -> int | Failure:
    # What the commands need is loaded in here, so that an error of that is a sentence too.
    try:
        from bithuman.cli.app import app

        code = app(arguments, prog_name="bithuman", standalone_mode=False)
    except (Exception, KeyboardInterrupt) as error:
        if debug:
            traceback.print_exc()
        return failure_of(error, debug=debug)
    # The parser catches an interruption, and returns its exit code.
    return failure_of(KeyboardInterrupt()) if code == INTERRUPTED else code or 0


def _end(number: int, _: FrameType | None) -> NoReturn:
    """End as Ctrl-C does: half a file is taken away, and a session is closed."""
    raise SystemExit(128 + number)
