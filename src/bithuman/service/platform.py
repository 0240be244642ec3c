"""What every use-case works with: the facts, the keys, the schedule, the time and chance."""

import importlib.resources
import secrets
import time
import tomllib
import uuid
from functools import partial
from pathlib import Path

import structlog

from bithuman.core.clock import Clock
from bithuman.core.plans import Plan, Schedule, parse_schedule
from bithuman.core.tokens import CLOCK_SKEW_MS, MIN_KEY_BYTES, Keyring
from bithuman.errors import ConfigurationError
from bithuman.service.settings import DATABASE, Settings
from bithuman.store.database import Database, database_path
from bithuman.store.files import private_folder, write_whole
from bithuman.store.keys import KeyFile, decode_key, parse_signing_keys
from bithuman.store.readiness import Readiness

# A clock that never steps. On Linux it goes on while the host sleeps (clock_gettime(2), CLOCK_BOOTTIME).
_steady_ns = partial(time.clock_gettime_ns, getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))

_log = structlog.get_logger(__name__)


class Platform:
    """One server's state, opened from its settings.

    Args:
        clock: replaces the machine's.

    Raises:
        ConfigurationError: the data folder, the keys, the schedule or the database cannot be used.
    """

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock = clock or Clock(time.time_ns, _steady_ns, _log_step)
        self.timing = settings.timing
        self.pepper = b""
        data_dir = make_data_dir(settings)
        self.schedule = _schedule(settings.plans_file or _default_plans_file(data_dir))
        self._key_file = KeyFile(settings.keys_path, secrets.token_bytes)
        # The keys are made after the database. So where there are keys there was one, and an empty one in its place
        # would refuse every secret for good.
        self.database = Database(database_file(settings), make=not self._key_file.exists())
        self.readiness = Readiness(self.database.can_write)
        try:
            # A database whose keys are lost must not get new ones in silence, for the same reason.
            with self.database.read() as snapshot:
                is_new = not snapshot.has_accounts()
            if is_new:
                self._key_file.create()
            self._load_keys()
        except BaseException:
            self.close()
            raise

    def refresh(self) -> None:
        """Once a second: notice what an operator did to the files. Cheap where nothing changed.

        Raises:
            ConfigurationError, OSError: as `reload_keys`.
        """
        self.database.look()
        self.reload_keys()

    def reload_keys(self) -> None:
        """Take over signing keys that were rotated since the last look.

        Raises:
            ConfigurationError: they are no good; those of before stay. Said once for each content of the file.
            OSError: the file cannot be looked at.
        """
        if self._key_file.version() != self._key_version:
            self._load_keys()

    def rotate_signing_key(self) -> str:
        """Make a new signing key; tokens of the old one live out their time. Returns the new key's id."""
        if self.settings.signing_keys:
            raise ConfigurationError(
                "The signing keys are given by BITHUMAN_SIGNING_KEYS.", cure="Put a new key first there, and restart."
            )
        key = self._key_file.rotate(self.now_ms(), keep_ms=self.timing.grace_ms + 2 * CLOCK_SKEW_MS)
        self.reload_keys()
        return key.kid

    def now_ms(self) -> int:
        """The date: tokens and the ledger carry it. It never steps (see `core.clock`)."""
        return self.clock.now_ms()

    def new_id(self) -> str:
        """A random UUID."""
        return str(uuid.uuid4())

    def random_below(self, bound: int) -> int:
        """A uniform draw from range(bound), fit for secrets."""
        return secrets.randbelow(bound)

    def plan(self, name: str) -> Plan:
        """A plan of the schedule, or the smallest where the operator has removed an account's plan."""
        plan = self.schedule.plans.get(name)
        return plan or min(self.schedule.plans.values(), key=lambda candidate: (candidate.credits, candidate.sessions))

    def close(self) -> None:
        """Let go of the files. No request may be under way."""
        self.database.close()

    def _load_keys(self) -> None:
        # First the version: a rotation in between is then noticed at the next look.
        version = self._key_file.version()
        try:
            keys = self._key_file.load()
        except ConfigurationError:
            self._key_version = version
            raise
        self._key_version = version
        pinned = self.settings.signing_keys
        signing = parse_signing_keys(pinned.get_secret_value()) if pinned else keys.signing
        pepper = self._given_pepper() or keys.pepper
        if self.pepper not in (b"", pepper):
            raise ConfigurationError(
                "keys.json has another pepper, under which every secret would be void.",
                cure="Put the file back that the server started with, or stop the server first.",
            )
        self.keyring, self.pepper = Keyring(signing, self.timing.grace_ms), pepper

    def _given_pepper(self) -> bytes | None:
        given = self.settings.secret_pepper
        if given is None:
            return None
        try:
            return decode_key(given.get_secret_value())
        except ValueError:
            raise ConfigurationError(
                "BITHUMAN_SECRET_PEPPER is malformed.", cure=f"Give {MIN_KEY_BYTES} random bytes or more in base64url."
            ) from None


def _log_step(step_ms: int) -> None:
    _log.warning("system_clock_stepped", step_ms=step_ms, followed="gradually; restart the server to follow at once")


def make_data_dir(settings: Settings) -> Path:
    """The data folder, which is made where there is none.

    Raises:
        ConfigurationError: it cannot be made.
    """
    try:
        private_folder(settings.data_dir)
    except OSError as error:
        raise ConfigurationError(
            f"The data folder {settings.data_dir} cannot be made: {error.strerror}.", cure="Set BITHUMAN_DATA_DIR."
        ) from error
    return settings.data_dir


def database_file(settings: Settings) -> Path:
    """Where the database is, or will be.

    Raises:
        ConfigurationError: the database's URL names no file.
    """
    return database_path(settings.database_url) if settings.database_url else settings.data_dir / DATABASE


def _default_plans_file(data_dir: Path) -> Path:
    """The operator's copy of the schedule, laid down at the first start."""
    path = data_dir / "plans.toml"
    if not path.exists():
        try:
            write_whole(path, importlib.resources.files("bithuman.service").joinpath("plans.toml").read_bytes())
        except FileExistsError:
            pass  # Another process was faster.
        except OSError as error:
            raise ConfigurationError(
                f"{path} cannot be written: {error.strerror}.",
                cure="Check the folder's owner and the room on its disk.",
            ) from error
    return path


def _schedule(path: Path) -> Schedule:
    try:
        return parse_schedule(tomllib.loads(path.read_text()))
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error.strerror}.", cure="Check BITHUMAN_PLANS_FILE."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not TOML: {error}.", cure="Correct it, and start again.") from error
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error.message}", cure=error.cure) from None
