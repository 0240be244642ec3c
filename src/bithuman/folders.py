"""The user's folders, for configuration, data, state and caches."""

from enum import StrEnum
from pathlib import Path

import platformdirs

from bithuman.errors import ConfigurationError


class Kind(StrEnum):
    """What a folder is for."""

    CONFIG = "config"
    DATA = "data"
    STATE = "state"
    CACHE = "cache"


def user_folder(kind: Kind) -> Path:
    """This user's folder for bithuman.

    Raises:
        ConfigurationError: this user has no home folder, as in many containers.
    """
    path: Path | None
    try:
        path = getattr(platformdirs, f"user_{kind}_path")("bithuman")
    except RuntimeError:
        path = None
    # Older versions of platformdirs then give a path in a folder with the name `~`.
    if path is None or not path.is_absolute():
        raise ConfigurationError(
            f"This user has no home folder, so there is no {kind} folder.",
            cure=f"Set XDG_{kind.upper()}_HOME, or HOME, to a folder that this user may write to.",
        )
    return path
