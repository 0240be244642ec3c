"""Run a program in a process of its own: what it loads may chatter, crash, or be built to do harm by a photo."""

import subprocess
import sys
from pathlib import Path

from bithuman.engine.child import environment

PROGRAMS = Path(__file__).with_name("programs")


def run_apart(program: Path, data: bytes, timeout_s: float) -> bytes:
    """What a Python program writes to standard output when it reads `data` from standard input.

    Raises:
        subprocess.SubprocessError: it failed, or took longer.
        OSError: it could not be started.
    """
    # -P: the files beside it are not the libraries of their names.
    command = [sys.executable, "-P", str(program)]
    done = subprocess.run(command, input=data, capture_output=True, check=True, timeout=timeout_s, env=environment())
    return done.stdout
