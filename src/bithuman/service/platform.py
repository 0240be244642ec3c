"""What every use-case works with: the facts, the keys, the schedule, the time and chance."""

import base64
import importlib.resources
import secrets
import time
import tomllib
import uuid
from pathlib import Path

import structlog

from bithuman.core.clock import Clock
from bithuman.core.plans import Plan, Schedule, parse_schedule
from bithuman.core.tokens import CLOCK_SKEW_MS, MIN_KEY_BYTES, Keyring
from bithuman.errors import ConfigurationError
from bithuman.service.settings import Settings
from bithuman.store import queries
from bithuman.store.database import Database, sqlite_url
from bithuman.store.keys import KeyFile, parse_signing_keys

_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

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
        data_dir = _data_dir(settings)
        self.schedule = _schedule(settings.plans_file or _default_plans_file(data_dir))
        self._key_file = KeyFile(data_dir / "keys.json", secrets.token_bytes)
        self.database = Database(settings.database_url or sqlite_url(data_dir / "bithuman.db"))
        # A database whose keys are lost must not get new ones in silence: every secret would be refused for good.
        if self.database.first(queries.any_account) is None:
            self._key_file.create()
        self._load_keys()

    def reload_keys(self) -> None:
        """Take over signing keys that were rotated since the last look. Cheap where nothing changed."""
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
        """Finish what is under way."""
        self.database.close()

    def _load_keys(self) -> None:
        # First the version: a rotation in between is then noticed at the next look.
        self._key_version = self._key_file.version()
        keys = self._key_file.load()
        pinned = self.settings.signing_keys
        signing = parse_signing_keys(pinned.get_secret_value()) if pinned else keys.signing
        self.keyring = Keyring(signing, self.timing.grace_ms)
        self.pepper = self._pepper() or keys.pepper

    def _pepper(self) -> bytes | None:
        given = self.settings.secret_pepper
        if given is None:
            return None
        text = given.get_secret_value()
        try:
            pepper = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except ValueError:
            pepper = b""
        if len(pepper) < MIN_KEY_BYTES:
            raise ConfigurationError(
                "BITHUMAN_SECRET_PEPPER is malformed.", cure=f"Give {MIN_KEY_BYTES} random bytes or more in base64url."
            )
        return pepper


def _steady_ns() -> int:
    """A clock that never steps. On Linux it goes on while the host sleeps (clock_gettime(2), CLOCK_BOOTTIME)."""
    return time.clock_gettime_ns(_STEADY)


def _log_step(step_ms: int) -> None:
    _log.warning("system_clock_stepped", step_ms=step_ms, followed="gradually; restart the server to follow at once")


def _data_dir(settings: Settings) -> Path:
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"The data folder {settings.data_dir} cannot be made: {error.strerror}.", cure="Set BITHUMAN_DATA_DIR."
        ) from error
    return settings.data_dir


def _default_plans_file(data_dir: Path) -> Path:
    """The operator's copy of the schedule, laid down at the first start."""
    path = data_dir / "plans.toml"
    if not path.exists():
        path.write_text(importlib.resources.files("bithuman.service").joinpath("plans.toml").read_text())
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
