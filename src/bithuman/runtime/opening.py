"""What stands before a session: a credential that is good, and an avatar."""

import asyncio
import os
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from bithuman.client.answers import NoGrant
from bithuman.client.api import Api
from bithuman.client.clock import elapsed_s
from bithuman.client.credentials import Credentials
from bithuman.client.session_files import session_folder
from bithuman.engine.avatar import Avatar, open_avatar
from bithuman.engine.speech import SpeechSynthesizer
from bithuman.errors import ConfigurationError


class OptionsWithoutEffect(TypedDict, total=False):
    """Options of the published interface that tune an engine of another kind. They are accepted and mean nothing."""

    batch_workers: object
    fingerprint: object
    identity: object
    input_buffer_size: object
    load_model: object
    num_threads: object
    output_buffer_size: object
    output_size: object
    quality: object
    verbose: object


class Options(OptionsWithoutEffect, total=False):
    """What `Bithuman.load` and `open` take beside a model, a credential and `on_status`: see `AsyncBithuman.create`."""

    api_url: str | None
    agent_code: str | None
    tags: str | None
    billing_type: str | None
    transaction_id: str | None
    wait_for_place_s: float
    voice: SpeechSynthesizer | None
    insecure: bool


def _any_seed() -> int:
    """So that two avatars side by side do not blink together."""
    return secrets.randbits(31)


def _one_thread() -> Executor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="bithuman-engine")


@dataclass(frozen=True, slots=True)
class World:
    """What is outside of a runtime: the server, time, chance, a folder, and a thread to compute in."""

    connect: Callable[[str], Api] = Api
    worker: Callable[[], Executor] = _one_thread
    clock: Callable[[], float] = elapsed_s
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    date: Callable[[], float] = time.time
    seed: Callable[[], int] = _any_seed
    session_folder: Callable[[], Path | None] = session_folder


@dataclass(frozen=True, slots=True)
class Labels:
    """What the service learns of a runtime's sessions."""

    tags: str | None = None
    agent_code: str | None = None
    billing_type: str | None = None


def check_options(insecure: bool, others: Iterable[str]) -> None:
    """Let pass the options of the published interface that mean nothing here.

    Raises:
        ConfigurationError: certificates were asked not to be checked.
        TypeError: an option has a name that nobody knows.
    """
    if insecure:
        raise ConfigurationError(
            "insecure=True would hand the api-secret to whoever answers in the server's place.",
            cure="Leave it out. For a certificate of your own, name its authority in SSL_CERT_FILE.",
        )
    unknown = sorted(set(others) - OptionsWithoutEffect.__annotations__.keys())
    if unknown:
        raise TypeError(f"There is no option named {', '.join(unknown)}.")


async def open_checked(model_path: str | os.PathLike[str] | None, credentials: Credentials, world: World) -> Avatar:
    """Ask the service whether the secret is good, in one round trip, and only then open the avatar.

    That opens no session, so nothing is billed and no place of the plan is taken. A ready token cannot be asked about
    without being used up; it is tried at the start.

    Raises:
        TokenRequestError: the secret is not good, or there was no answer (`retryable`).
        ModelError: the avatar cannot be opened.
    """
    if credentials.secret is not None:
        api = world.connect(credentials.api_url)
        try:
            good = await api.validate(credentials.secret)
        finally:
            await api.aclose()
        if not good:
            message = "the service does not accept this api-secret, or its account is not active."
            raise NoGrant(message, 401, "UNAUTHORIZED").error()
    return await asyncio.to_thread(open_avatar, model_path)
