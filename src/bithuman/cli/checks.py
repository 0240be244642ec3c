"""What `bithuman doctor` looks at, each as one line: a mark, what was found, and a cure."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from bithuman.errors import BithumanError, TokenAnswerError

if TYPE_CHECKING:
    from bithuman.engine.avatar import Avatar

MAX_SKEW_S = 5.0
"""What the verification of a token allows."""
MIN_FPS, AMPLE_FPS = 25, 50
MIN_MEMORY, AMPLE_MEMORY = 256 << 20, 512 << 20
MIN_DISK = 512 << 20

_PROBE_S = 0.5
BRAIN = "BITHUMAN_BRAIN"


class Mark(StrEnum):
    """How a check came out. Only a failed one keeps an avatar from running."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """One line."""

    name: str
    mark: Mark
    detail: str
    cure: str = ""


def all_checks(api_url: str | None, avatar_file: Path | None) -> Iterator[Check]:
    """Every check, in order, as each is done."""
    yield from _guarded("Credential", lambda: credential_and_credits(api_url))
    yield from _guarded("API", lambda: api_and_clock(api_url))
    yield from _guarded("Brain", lambda: [brain(os.environ)])
    yield from _guarded("Caches", lambda: [caches()])
    opened: list[Avatar] = []
    yield from _guarded("Model", lambda: [model(avatar_file, opened)])
    yield from _guarded("Voice", lambda: [voice()])
    yield from _guarded("Photos", lambda: [photos()])
    yield from _guarded("Codecs", lambda: [codecs()])
    if opened:
        yield from _guarded("CPU", lambda: [cpu(opened[0])])
    yield from _guarded("Memory", lambda: [memory()])


def credential_and_credits(api_url: str | None) -> Iterator[Check]:
    """Is there one, is it well formed, does the service take it, and has its account credits?"""
    from bithuman.cli.caller import Caller
    from bithuman.client.credentials import resolve

    credentials = resolve(api_url=api_url)
    origin = f"from the {'credentials file' if credentials.source == 'file' else credentials.source}"
    if credentials.secret is None:
        yield Check("Credential", Mark.OK, f"A runtime token {origin}; it is tried when a session starts.")
        return
    caller = Caller(credentials)
    try:
        valid = caller.is_valid()
    except TokenAnswerError:
        yield Check("Credential", Mark.WARNING, f"An API secret {origin}, well formed; nobody could be asked.")
        return
    if not valid:
        yield Check(
            "Credential",
            Mark.FAILED,
            f"The API secret {origin} is not accepted by {credentials.api_url}, or its account is not active.",
            "Save a good one with 'bithuman init'.",
        )
        return
    yield Check("Credential", Mark.OK, f"An API secret {origin}, accepted by {credentials.api_url}.")
    try:
        yield credits_left(caller.me()["credit_balance"])
    except TokenAnswerError:
        yield Check("Credits", Mark.WARNING, "The server could not be asked.")


def credits_left(balance: float) -> Check:
    """Can the account pay for a session?"""
    from bithuman.cli.output import credits_text
    from bithuman.client.answers import NO_CREDITS_CURE

    if balance <= 0:
        return Check("Credits", Mark.FAILED, "None left.", NO_CREDITS_CURE)
    return Check("Credits", Mark.OK, f"{credits_text(balance)} left.")


def api_and_clock(api_url: str | None) -> Iterator[Check]:
    """Does the service answer, is it ready, and how far is this machine's clock from its own?"""
    import asyncio

    from bithuman.cli.caller import configured_url
    from bithuman.client.api import Api
    from bithuman.client.clock import elapsed_s

    base = configured_url(api_url)

    async def ask() -> tuple[Check, Check | None]:
        api, time = Api(base), None
        try:
            sent_s = elapsed_s()
            answer = await api.call("GET", "/healthz")
            took_s = elapsed_s() - sent_s
            time = clock(answer.get("time"), datetime.now(UTC), took_s)
            await api.call("GET", "/readyz")
        except TokenAnswerError as error:
            return no_service(base, error), time
        finally:
            await api.aclose()
        return Check("API", Mark.OK, f"{base} answers in {took_s * 1_000:.0f} ms."), time

    yield from filter(None, asyncio.run(ask()))


def no_service(base: str, error: TokenAnswerError) -> Check:
    """Why can the service not be used?"""
    status = error.http_status
    if status is None:
        return Check("API", Mark.FAILED, error.message, error.cure)
    cure = "The server's log says why." if status >= 500 else "Set BITHUMAN_API_URL to the base of a bithuman server."
    return Check("API", Mark.FAILED, f"{base} answers {status} ({error.message})", cure)


def clock(reported: object, now: datetime, took_s: float) -> Check:
    """How far are the two clocks apart?

    Args:
        reported: the service's time, RFC 3339.
        now: this machine's time when the answer came.
        took_s: how long the answer took; the service's time is taken to be from the middle of that.
    """
    try:
        theirs = datetime.fromisoformat(str(reported))
        skew_s = (now - theirs).total_seconds() - took_s / 2
    except (ValueError, TypeError):
        return Check("Clock", Mark.WARNING, "The service reports no time to compare with.")
    if abs(skew_s) <= MAX_SKEW_S:
        return Check("Clock", Mark.OK, f"{abs(skew_s):.1f} s from the service's.")
    direction = "ahead of" if skew_s > 0 else "behind"
    return Check(
        "Clock",
        Mark.WARNING,
        f"{abs(skew_s):.0f} s {direction} the service's.",
        "Set one of the two by NTP; sessions run on durations and go on meanwhile.",
    )


def brain(environ: Mapping[str, str]) -> Check:
    """Is a brain selected? This version has none: the avatar speaks what it is given, whatever is selected."""
    chosen = environ.get(BRAIN, "").strip().lower() or "none"
    if chosen == "none":
        return Check("Brain", Mark.OK, "none: the avatar speaks what it is given.")
    return Check(
        "Brain",
        Mark.WARNING,
        f"This version has no brain of the name in {BRAIN}: the avatar speaks what it is given.",
        f"Set {BRAIN}=none, or leave it out.",
    )


def caches() -> Check:
    """Is there a place for what can be made again, and room in it?"""
    from bithuman.folders import Kind, user_folder

    folder = user_folder(Kind.CACHE)
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    held = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    free = shutil.disk_usage(there).free
    detail = f"{folder} holds {_size(held)}; {_size(free)} are free."
    if not os.access(there, os.W_OK):
        return Check(
            "Caches", Mark.WARNING, f"{folder} cannot be written to.", "Set XDG_CACHE_HOME to a folder of yours."
        )
    if free < MIN_DISK:
        return Check("Caches", Mark.WARNING, detail, "Make room.")
    return Check("Caches", Mark.OK, detail)


def model(file: Path | None, opened: "list[Avatar]") -> Check:
    """Does the avatar open? It is put into `opened` then."""
    from bithuman.engine.avatar import open_avatar

    avatar = open_avatar(file)
    opened.append(avatar)
    whose = "the built-in avatar" if file is None else str(file)
    return Check("Model", Mark.OK, f"{avatar.name}, {whose}: {avatar.width}×{avatar.height} at {avatar.fps} frames/s.")


def voice() -> Check:
    """Can text be turned into speech here? A recording needs no voice."""
    from bithuman.engine.speech import espeak_is_installed, find_voice

    espeak = espeak_is_installed()
    try:
        others = "; espeak-ng for other languages" if espeak else ""
        return Check("Voice", Mark.OK, f"Piper, with {find_voice().stem}{others}.")
    except BithumanError as error:
        left = "espeak-ng speaks instead, like a machine." if espeak else "Recordings can be spoken."
        return Check("Voice", Mark.WARNING, f"{error.message} {left}", error.cure)


def photos() -> Check:
    """Can a photo be made into an avatar here? Avatars play without."""
    from bithuman.portrait.face.detection import how_to_install, is_installed

    if is_installed():
        return Check("Photos", Mark.OK, "They become avatars here: MediaPipe is installed.")
    return Check("Photos", Mark.WARNING, "MediaPipe, which finds faces, is not installed.", how_to_install())


def codecs(names: tuple[str, ...] = ("libx264", "aac")) -> Check:
    """Can a video be written?"""
    from av.codec import Codec

    missing = []
    for name in names:
        try:
            Codec(name, "w")
        except ValueError:
            missing.append(name)
    if missing:
        return Check(
            "Codecs",
            Mark.FAILED,
            f"No encoder for {', '.join(missing)}.",
            "Install PyAV from its wheel, which has them: pip install --force-reinstall --only-binary av av",
        )
    return Check("Codecs", Mark.OK, f"{', '.join(names)}.")


def cpu(avatar: "Avatar") -> Check:
    """How many frames a second does one core draw?"""
    import numpy as np

    from bithuman.client.clock import elapsed_s
    from bithuman.core.permit import Permit
    from bithuman.engine.engine import Engine
    from bithuman.engine.frames import SAMPLE_RATE_HZ

    permit = Permit(elapsed_s)
    permit.grant(elapsed_s() + 60)
    engine = Engine(avatar, permit)
    hum = 8_000 * np.sin(np.arange(60 * SAMPLE_RATE_HZ) * (2 * np.pi * 150 / SAMPLE_RATE_HZ))
    engine.push(hum.astype("<i2").tobytes(), SAMPLE_RATE_HZ)
    return cpu_verdict(frames_per_second(engine.next_frame, elapsed_s), os.cpu_count() or 1)


def frames_per_second(next_frame: Callable[[], object], clock: Callable[[], float]) -> float:
    """Measure for half a second; the first frame, which warms up, does not count."""
    next_frame()
    start_s, count = clock(), 0
    while (spent_s := clock() - start_s) < _PROBE_S:
        next_frame()
        count += 1
    return count / spent_s


def cpu_verdict(fps: float, cores: int) -> Check:
    """Is that enough for a live avatar?"""
    detail = f"{cores} core{'s' if cores != 1 else ''}; {fps:.0f} frames/s of this avatar, {MIN_FPS} are live."
    if fps < MIN_FPS:
        return Check("CPU", Mark.FAILED, detail, "Take a smaller avatar, a faster machine, or end other work.")
    if fps < AMPLE_FPS:
        return Check("CPU", Mark.WARNING, detail, "There is little to spare: end other work.")
    return Check("CPU", Mark.OK, detail)


def memory() -> Check:
    """Is there enough?"""
    import psutil

    return memory_verdict(psutil.virtual_memory().available)


def memory_verdict(available: int) -> Check:
    """Is that many bytes enough for an avatar?"""
    detail = f"{_size(available)} are available."
    if available < MIN_MEMORY:
        return Check("Memory", Mark.FAILED, detail, f"An avatar needs {_size(MIN_MEMORY)}: end other programs.")
    if available < AMPLE_MEMORY:
        return Check("Memory", Mark.WARNING, detail, "End other programs before a long render.")
    return Check("Memory", Mark.OK, detail)


def _guarded(name: str, look: Callable[[], "Iterator[Check] | list[Check]"]) -> Iterator[Check]:
    """What the check finds; whatever stops it is what was found."""
    try:
        yield from look()
    except BithumanError as error:
        yield Check(name, Mark.FAILED, error.message, error.cure)
    except (ImportError, OSError) as error:
        yield Check(name, Mark.FAILED, f"{error}.", "Install bithuman again, and what the message names.")


def _size(count: int) -> str:
    return f"{count / (1 << 30):.1f} GiB" if count >= 1 << 30 else f"{count / (1 << 20):.0f} MiB"
