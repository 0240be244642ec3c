"""The device as the service sees it."""

import os
import secrets
from functools import cache


def fingerprint() -> str:
    """32 hexadecimal digits, random for each process and constant within it. They say nothing about the machine."""
    return _fingerprint_of(os.getpid())


@cache
def _fingerprint_of(process: int) -> str:  # noqa: ARG001 - a fork is a device of its own
    return secrets.token_hex(16)
