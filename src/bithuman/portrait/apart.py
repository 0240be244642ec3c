"""Run a program in a process of its own: a photo may make its libraries print warnings, crash, or do harm."""

import subprocess
import sys
from pathlib import Path

from bithuman.engine.child import environment

PROGRAMS = Path(__file__).with_name("programs")


def run_apart(program: Path, data: bytes, timeout_s: float) -> bytes:
    """The standard output of a Python program that reads `data` from its standard input.

    Raises:
        subprocess.SubprocessError: it failed, or took longer.
        OSError: it could not be started.
    """
    # -P: the files beside it are not the libraries of their names.
    command = [sys.executable, "-P", str(program)]
    done = subprocess.run(command, input=data, capture_output=True, check=True, timeout=timeout_s, env=environment())
    return done.stdout
