"""`make demo`: one authorised avatar session, from the operator's first command to the receipt.

A real server on a fresh database, a real secret, speech made on the spot, a video with live heartbeats, a rotation that
stops the next heartbeat, and a ledger that adds up.
"""

import argparse
import asyncio
import shutil
import signal
import sys
import time
from contextlib import aclosing
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from bithuman import AsyncBithuman, AudioChunk, BithumanError
from bithuman.client.status import SessionStatus
from bithuman.engine.audio import read_audio
from bithuman.engine.frames import FRAMES_PER_SECOND, SAMPLE_RATE_HZ
from bithuman.engine.speech import synthesize
from bithuman.engine.video import VideoWriter
from bithuman.errors import MediaError
from tools.local_server import Credentials, LocalServer

FOLDER = Path("out/demo")
HEARTBEAT_S, GRACE_S = 2, 10
TEXT = (
    "Hello! I am an avatar, and I run on your own machine. One secret opened this session, and it never came near me. "
    "All that I hold is a permit, which every heartbeat renews. Rotate the secret, and I fall silent."
)
TAIL_S = 0.4

console = Console()


def main() -> int:
    """Run it; 0 if everything was as it should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wav", type=Path, help="a recording to speak, in place of the built-in text")
    options = parser.parse_args()
    # As Ctrl-C does, so that the server of the demo ends with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        asyncio.run(demo(options.wav))
    except KeyboardInterrupt:
        return 130
    except BithumanError as error:
        console.print(f"[red]✗[/] {error}")
        return 1
    return 0


async def demo(recording: Path | None) -> None:
    """The whole story."""
    started_s = time.monotonic()
    speech = read_speech(recording) if recording else synthesize(TEXT)
    done(f"speech      {speech.duration:.1f} s {'from ' + str(recording) if recording else 'made from text, offline'}")
    shutil.rmtree(FOLDER, ignore_errors=True)
    with LocalServer(FOLDER / "server", heartbeat_seconds=HEARTBEAT_S, grace_seconds=GRACE_S) as server:
        done(f"server      {server.url}, a fresh database, heartbeats every {HEARTBEAT_S} s, a grace of {GRACE_S} s")
        account = server.create_account("demo@example.com")
        done(f"account     plan free, api-secret {account.secret[:8]}… (shown once, kept as a hash)")
        async with httpx.AsyncClient(base_url=server.url, headers={"api-secret": account.secret}) as api:
            valid = (await api.post("/v1/validate")).json()["valid"]
            check(valid, f"validate    {{'valid': {valid}}}")
            changes: list[SessionStatus] = []
            runtime = await AsyncBithuman.create(
                api_secret=account.secret, api_url=server.url, on_status=changes.append
            )
            try:
                frames = await film(runtime, speech, FOLDER / "demo.mp4")
                more_frames, new_secret = await rotate_and_pause(runtime, api, account)
            finally:
                await runtime.shutdown()
        rendered_s = (frames + more_frames) / FRAMES_PER_SECOND
        receipt(await bill(server, account.user_id, new_secret), changes, rendered_s)
    done(f"server      stopped; {time.monotonic() - started_s:.0f} s in all; watch {FOLDER / 'demo.mp4'}")


def read_speech(recording: Path) -> AudioChunk:
    """What is said in a recording."""
    samples = np.concatenate([np.zeros(0, np.int16), *read_audio(recording)])
    if not samples.size:
        raise MediaError(f"{recording} holds no sound to speak.", cure="Give a recording with speech in it.")
    return AudioChunk(samples, SAMPLE_RATE_HZ)


async def film(runtime: AsyncBithuman, speech: AudioChunk, path: Path) -> int:
    """Let the avatar say `speech` in real time, and write what a viewer would see. Returns the number of frames."""
    await runtime.start()
    await runtime.push_audio(speech.bytes, speech.sample_rate)
    height, width, _ = runtime.get_first_frame().shape
    total = round((speech.duration + TAIL_S) * FRAMES_PER_SECOND)
    columns = (
        TextColumn("  rendering   {task.completed:.0f}/{task.total:.0f} frames"),
        BarColumn(),
        TimeRemainingColumn(),
    )
    frames, last = 0, None
    with (
        VideoWriter(path, width, height) as video,
        Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress,
    ):
        task = progress.add_task("", total=total)
        async with aclosing(runtime.run()) as running:
            async for frame in running:
                video.write(frame)
                frames += 1
                progress.advance(task)
                if frame.end_of_speech:
                    last = frames + round(TAIL_S * FRAMES_PER_SECOND)
                if frames == last:
                    break
    done(f"video       {path}, {width}×{height}, {frames} frames, {runtime.status.state} throughout")
    return frames


async def rotate_and_pause(runtime: AsyncBithuman, api: httpx.AsyncClient, account: Credentials) -> tuple[int, str]:
    """Rotate the secret, see the session pause at its next heartbeat, and resume it with the new one.

    Returns the number of frames until the pause, and the new secret.
    """
    answer = await api.post(f"/v2/{account.user_id}/api-secrets/{account.alias}/rotate")
    new_secret: str = answer.raise_for_status().json()["secret"]
    rotated_s = time.monotonic()
    refused = (await api.post("/v1/validate")).json()
    check(not refused["valid"], f"rotate      the old secret is refused at once: {refused}")
    frames = 0
    async with aclosing(runtime.run()) as running:
        async for frame in running:
            if not frame.has_image or time.monotonic() - rotated_s > HEARTBEAT_S + GRACE_S:
                break
            frames += 1
    paused_s = time.monotonic() - rotated_s
    late = ", for this machine is busy" if paused_s > HEARTBEAT_S + 1 else ""
    check(
        runtime.status.state == "paused",
        f"pause       no more frames {paused_s:.1f} s later{late}: {runtime.status.detail.split('. ')[0]}",
    )
    await runtime.reauthenticate(new_secret)
    async with aclosing(runtime.run()) as running:
        async for frame in running:
            if frame.has_image:
                break
    check(runtime.status.state == "live", "resume      the same session goes on with the new secret")
    return frames + 1, new_secret


async def bill(server: LocalServer, user_id: str, secret: str) -> dict[str, Any]:
    """What the account sees of its use."""
    async with httpx.AsyncClient(base_url=server.url, headers={"api-secret": secret}) as api:
        return {
            "usage": (await api.get("/v1/usage", params={"limit": 200})).raise_for_status().json()["data"],
            "me": (await api.get("/v1/me")).raise_for_status().json()["data"],
            "heartbeats": accepted_heartbeats((await api.get("/metrics")).raise_for_status().text),
            "sessions": (await api.get(f"/v2/{user_id}/runtime-sessions", params={"window": "all"})).json()["data"],
        }


def accepted_heartbeats(metrics: str) -> int:
    """How many heartbeats the server counted as granted, from its own exposition."""
    series = 'bithuman_http_requests_total{route="/v1/runtime-tokens/heartbeat",status="200"} '
    return sum(int(float(line.removeprefix(series))) for line in metrics.splitlines() if line.startswith(series))


def receipt(facts: dict[str, Any], changes: list[SessionStatus], rendered_s: float) -> None:
    """Print what was rendered and what it cost."""
    (session,) = facts["sessions"]["sessions"]
    entries = [row for row in facts["usage"] if row["activity_type"] == "runtime"]
    used = sum(row["credits_change"] for row in entries)
    balance = facts["me"]["credit_balance"]
    ledger = -sum(row["credits_change"] for row in facts["usage"])
    for name, value in (
        ("session", f"{session['id']}, {session['status']} ({session['ended_reason']})"),
        ("states", " → ".join(change.state for change in changes)),
        ("heartbeats", f"{facts['heartbeats']} accepted by the server"),
        ("rendered", f"{rendered_s:.2f} s of frames"),
        ("billed", f"{session['minutes'] * 60:.3f} s between accepted heartbeats, {len(entries)} entries"),
        ("credits", f"{used:.6f} used, {balance:.6f} left"),
    ):
        console.print(f"  {name:<11} {value}", highlight=False, soft_wrap=True)
    check(abs(balance - ledger) < 1e-6, f"balance     {balance:.6f} is the sum of the ledger, {ledger:.6f}")


def done(message: str) -> None:
    """Say that a step is done."""
    console.print(f"[green]✓[/] {message}", highlight=False, soft_wrap=True)


def check(good: bool, message: str) -> None:
    """Say that a step is done, or stop."""
    if not good:
        console.print(f"[red]✗[/] {message}", highlight=False)
        raise SystemExit(1)
    done(message)


if __name__ == "__main__":
    sys.exit(main())
