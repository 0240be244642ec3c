"""What the operator may set, by environment. This class is the list: the help and the documentation print it."""

import ipaddress
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bithuman.core.sessions import Timing
from bithuman.errors import ConfigurationError
from bithuman.folders import Kind, user_folder

ENV_PREFIX = "BITHUMAN_"
# What they are called in the data folder and in a backup.
DATABASE = "bithuman.db"
KEYS = "keys.json"

Seconds = Annotated[float, Field(gt=0, le=86_400)]


def _data_folder() -> Path:
    try:
        return user_folder(Kind.DATA)
    except ConfigurationError as error:
        cure = f"Set {ENV_PREFIX}DATA_DIR to a folder that this user may write to."
        raise ConfigurationError(error.message, cure=cure) from None


class Settings(BaseSettings):
    """The server's settings. Each is an environment variable: `BITHUMAN_` and the field's name in capitals."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True)

    data_dir: Path = Field(
        default_factory=_data_folder,
        description="Folder of the database, the keys and the schedule; one server at a time.",
    )
    database_url: str | None = Field(
        default=None, description="SQLAlchemy URL; default: bithuman.db in the data folder."
    )
    plans_file: Path | None = Field(
        default=None, description="Plans and prices; default: plans.toml in the data folder."
    )
    host: str = Field(default="127.0.0.1", min_length=1, description="Address to listen on.")
    port: int = Field(default=8787, ge=0, le=65_535, description="Port to listen on; 0 takes a free one.")
    public_url: str = Field(
        default="",
        pattern=r"^(https?://[^/?#\s]+/?)?$",
        description="URL by which browsers reach the server, such as https://avatars.example.org.",
    )
    heartbeat_seconds: Seconds = Field(
        default=60.0, description="Time between a session's heartbeats; fractions allowed."
    )
    grace_seconds: Seconds = Field(
        default=300.0, description="How long an engine renders without a heartbeat; also the runtime token's life."
    )
    signing_keys: SecretStr | None = Field(
        default=None, description="kid:base64url[,…], the first signs; default: keys.json in the data folder."
    )
    secret_pepper: SecretStr | None = Field(
        default=None,
        description="base64url key that hashes secrets, 32 bytes or more; default: keys.json in the data folder.",
    )
    trusted_proxies: str = Field(
        default="", description="Addresses of proxies whose X-Forwarded-For is believed, separated by commas."
    )
    log_level: str = Field(
        default="info", pattern="^(debug|info|warning|error)$", description="debug, info, warning or error."
    )

    @field_validator("port", mode="before")
    @classmethod
    def _port(cls, value: object) -> object:
        """Ignore `BITHUMAN_PORT=tcp://…`, which Kubernetes sets for a service with the name `bithuman`."""
        is_a_link = isinstance(value, str) and value.startswith(("tcp://", "udp://", "sctp://"))
        return cls.model_fields["port"].default if is_a_link else value

    @field_validator("trusted_proxies")
    @classmethod
    def _addresses(cls, value: str) -> str:
        for part in filter(None, map(str.strip, value.split(","))):
            try:
                ipaddress.ip_network(part, strict=False)
            except ValueError:
                raise ValueError("BITHUMAN_TRUSTED_PROXIES holds something that is no IP address or network") from None
        return value

    @model_validator(mode="after")
    def _grace_holds_a_heartbeat(self) -> Self:
        if self.grace_seconds < self.heartbeat_seconds:
            raise ValueError("BITHUMAN_GRACE_SECONDS must not be less than BITHUMAN_HEARTBEAT_SECONDS")
        return self

    def is_trusted_proxy(self, address: str) -> bool:
        """Whether a connection from `address` comes from one of the trusted proxies."""
        try:
            client: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(address)
        except ValueError:
            return False
        # A socket that listens to both families writes IPv4 addresses as IPv6 ones.
        client = getattr(client, "ipv4_mapped", None) or client
        parts = filter(None, map(str.strip, self.trusted_proxies.split(",")))
        return any(client in ipaddress.ip_network(part, strict=False) for part in parts)

    @property
    def keys_path(self) -> Path:
        """The file of the server's own keys."""
        return self.data_dir / KEYS

    @property
    def timing(self) -> Timing:
        """The session's times."""
        return Timing(round(self.heartbeat_seconds * 1_000), round(self.grace_seconds * 1_000))


def load_settings(**overrides: object) -> Settings:
    """Read the settings from the environment; `overrides` that are not None win.

    Raises:
        ConfigurationError: a value is wrong; the message names the variable and never repeats the value.
    """
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        limits = first.get("ctx", {})
        if first["type"] == "value_error":
            raise ConfigurationError(f"{limits['error']}.", cure=_HELP) from None
        name = str(first["loc"][0]).lower().removeprefix(ENV_PREFIX.lower())
        bounds = [f"{words} {limits[bound]}" for bound, words in _BOUNDS.items() if bound in limits]
        raise ConfigurationError(
            f"{(ENV_PREFIX + name).upper()} has a value that it does not take{': give ' if bounds else ''}"
            f"{' and '.join(bounds)}.",
            cure=f"It is: {Settings.model_fields[name].description} {_HELP}",
        ) from None


_HELP = "See 'bithuman serve --help'."
_BOUNDS = {"gt": "more than", "ge": "at least", "le": "at most"}
