"""The environment of a process that runs somebody else's code."""

import os


def environment() -> dict[str, str]:
    """Its environment: no credential of ours, and no report about this machine to a library's maker."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("BITHUMAN_")}
    return inherited | {"ORT_DISABLE_TELEMETRY": "1"}
