"""How fast one core draws an avatar that talks, and what it costs: frames a second, split by stage, beside the copy of
a frame, which is the least that a fresh picture can cost; latency, memory, and the evenness of the clock.

Everything is included but encoding: resampling, listening, the face with its head's motion. Rates are of the median
frame's processor time in the best round, which other work on the machine disturbs least.
"""

import argparse
import asyncio
import gc
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import wraps
from typing import Any
from unittest.mock import patch

import cv2
import numpy as np
import numpy.typing as npt
import psutil

from benchmarks.avatars import RATE_HZ, speech, widescreen
from bithuman.core.permit import Permit
from bithuman.engine.avatar import Avatar, open_avatar
from bithuman.engine.backlog import Backlog
from bithuman.engine.clock import AHEAD_S, FrameClock
from bithuman.engine.engine import Engine
from bithuman.engine.face import Face
from bithuman.engine.frames import FRAMES_PER_SECOND, SAMPLE_RATE_HZ, SAMPLES_PER_FRAME
from bithuman.engine.manner import Manner
from bithuman.engine.mouth import LOOK_AHEAD_SAMPLES, Mouth
from bithuman.engine.renderer import Renderer
from bithuman.engine.sheet import Sheet

CORE = 1
STAGES: dict[str, tuple[type, str]] = {
    "resample": (Backlog, "take"),
    "listen": (Mouth, "speak"),
    "stress": (Manner, "speak"),
    "mouth and eyes": (Face, "_paint"),
    "warp": (Sheet, "move"),
}
ROUND_S = 2.0
STREAMS = 10
CROWD = 40
LOOK_AHEAD_FRAMES = 4


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40, help="of two seconds of speech; the best one counts")
    parser.add_argument("--seconds", type=float, default=20.0, help="of the clock's test")
    parser.add_argument("--part", choices=["speed", "latency", "opening", "memory", "clock"], help="of the whole")
    options = parser.parse_args()
    if options.part is None:
        for part in ("speed", "latency", "opening", "memory", "clock"):  # each in a fresh process
            subprocess.run([sys.executable, "-m", "benchmarks.engine", "--part", part, *sys.argv[1:]], check=True)
        return
    if options.part != "clock":
        os.sched_setaffinity(0, {CORE})
        cv2.setNumThreads(1)
    match options.part:
        case "speed":
            small = open_avatar()
            for avatar in (small, widescreen(small)):
                show_speed(avatar, options.rounds)
            show_crowd(small, options.rounds)
        case "latency":
            show_latency(open_avatar())
        case "opening":
            show_opening()
        case "memory":
            show_memory()
        case "clock":
            asyncio.run(show_clock(open_avatar(), options.seconds))


def permitted(avatar: Avatar, seed: int = 0, renderer: Renderer | None = None) -> Engine:
    """An engine that may run for ever."""
    permit = Permit(clock=lambda: 0.0)
    permit.grant(until_s=1.0)
    return Engine(avatar, permit, seed=seed, renderer=renderer)


def show_speed(avatar: Avatar, rounds: int) -> None:
    """Frames a second while it talks, where the time goes, and the ceiling."""
    pcm = speech(ROUND_S).tobytes()
    frames_s = min((talk(avatar, pcm) for _ in range(rounds)), key=np.median)
    median_s, mean_s = float(np.median(frames_s)), float(frames_s.mean())
    spent = min((stages_s(avatar, pcm) for _ in range(rounds)), key=lambda stages: sum(stages.values()))
    ceiling_s = copying_s(avatar)
    print(f"\n{avatar.width}x{avatar.height}, talking: {1 / median_s:,.0f} frames/s ({1 / mean_s:,.0f} by the mean)")
    print(f"  = {1 / median_s / FRAMES_PER_SECOND:.0f} live streams on this core")
    for stage, stage_s in spent.items():
        print(f"  {stage:<15}{1e3 * stage_s:7.3f} ms {stage_s / sum(spent.values()):5.0%}")
    print(f"  {'a frame':<15}{1e3 * median_s:7.3f} ms")
    print(f"  {'its copy':<15}{1e3 * ceiling_s:7.3f} ms: {1 / ceiling_s:,.0f} frames/s, the ceiling")


def talk(avatar: Avatar, pcm: bytes) -> npt.NDArray[np.float64]:
    """Processor time of each frame, in seconds. The sound comes as it would live, a frame's worth at a time."""
    engine = permitted(avatar)
    piece, frames_s = 2 * RATE_HZ // FRAMES_PER_SECOND, []
    for at in range(0, len(pcm), piece):
        started_s = time.thread_time()
        engine.push(pcm[at : at + piece], RATE_HZ)
        while engine.has_speech():
            engine.next_frame()
            frames_s.append(time.thread_time() - started_s)
            started_s = time.thread_time()
    return np.array(frames_s)


def show_crowd(avatar: Avatar, rounds: int) -> None:
    """Frames a second where as many streams as a core should carry take turns, and none finds its pictures cached."""
    pcm, frames_s = speech(ROUND_S).tobytes(), []
    engines = [permitted(avatar, seed) for seed in range(CROWD)]
    for engine in engines:
        engine.push(pcm, RATE_HZ)
    for _ in range(min(rounds, int(ROUND_S * FRAMES_PER_SECOND) - LOOK_AHEAD_FRAMES)):
        for engine in engines:
            started_s = time.thread_time()
            engine.next_frame()
            frames_s.append(time.thread_time() - started_s)
    median_s = statistics.median(frames_s)
    print(f"\n{CROWD} streams of it in turn: {1 / median_s:,.0f} frames/s, {1e3 * median_s:.3f} ms each")


def stages_s(avatar: Avatar, pcm: bytes) -> dict[str, float]:
    """Processor time of each stage of a talking frame, in seconds: the median. Looking at it is part of the rest."""
    spent: dict[str, list[float]] = {stage: [] for stage in STAGES}
    with ExitStack() as stack:
        for stage, (owner, name) in STAGES.items():
            stack.enter_context(patch.object(owner, name, _timed(getattr(owner, name), spent[stage])))
        frame_s = float(np.median(talk(avatar, pcm)))
    stages = {stage: statistics.median(times) for stage, times in spent.items()}
    return stages | {"the rest": frame_s - sum(stages.values())}


def _timed(function: Callable[..., Any], times: list[float]) -> Callable[..., Any]:
    @wraps(function)
    def timed(*arguments: object) -> Any:
        started_s = time.thread_time()
        result = function(*arguments)
        times.append(time.thread_time() - started_s)
        return result

    return timed


def copying_s(avatar: Avatar) -> float:
    """Processor time of a frame's copy, in seconds: the median."""
    frame, copies_s = np.zeros((avatar.height, avatar.width, 3), np.uint8), []
    for _ in range(1000):
        started_s = time.thread_time()
        frame.copy()
        copies_s.append(time.thread_time() - started_s)
    return statistics.median(copies_s)


def show_latency(avatar: Avatar) -> None:
    """How long after the 40 ms that a frame says and its look-ahead were said it is there: what the resampler keeps
    back, and the computing. Live, it is shown at the clock's next tick but for those that it is too late for."""
    needed_s = (SAMPLES_PER_FRAME + LOOK_AHEAD_SAMPLES) / SAMPLE_RATE_HZ
    print(f"\nfirst talking frame after the {1e3 * needed_s:.0f} ms of sound that it needs")
    for rate_hz in (16_000, 24_000, 48_000):
        pcm = bytes(rate_hz)  # 0.5 s
        engine, pushed_s, step = permitted(avatar), 0.0, rate_hz // 500
        engine.next_frame()
        while not engine.has_speech():
            at = round(pushed_s * rate_hz) * 2
            engine.push(pcm[at : at + 2 * step], rate_hz)
            pushed_s += step / rate_hz
        started_s = time.perf_counter()
        engine.next_frame()
        computed_s, kept_s = time.perf_counter() - started_s, pushed_s - needed_s
        soonest, latest = (1e3 * (kept_s + tick_s) for tick_s in (AHEAD_S, AHEAD_S + 1.0 / FRAMES_PER_SECOND))
        print(
            f"  {rate_hz / 1000:.0f} kHz: {1e3 * (kept_s + computed_s):5.1f} ms (kept back {1e3 * kept_s:.1f}, computed"
            f" {1e3 * computed_s:.1f}); live, shown after {soonest:.0f} to {latest:.0f} ms"
        )


def show_opening() -> None:
    """From a fresh process's model to its first frame."""
    started_s = time.perf_counter()
    avatar = open_avatar()
    opened_s = time.perf_counter()
    engine = permitted(avatar)
    engine.next_frame()
    framed_s = time.perf_counter()
    print(
        f"\nmodel open to first frame: {1e3 * (framed_s - started_s):.0f} ms"
        f" ({1e3 * (opened_s - started_s):.0f} ms of it opening)"
    )


def show_memory() -> None:
    """Resident memory of a process: with the first stream, and with each further one."""
    process, pcm = psutil.Process(), speech(4.0).tobytes()
    imported = process.memory_info().rss
    avatar = open_avatar()
    engines: list[Engine] = []

    def grown() -> int:
        engines.append(permitted(avatar, seed=len(engines)))
        engines[-1].push(pcm, RATE_HZ)
        for _ in range(75):
            for engine in engines:
                engine.next_frame()
        gc.collect()
        return process.memory_info().rss

    first = grown()
    more = [grown() for _ in range(STREAMS - 1)]
    each = (more[-1] - first) / len(more)
    print(
        f"\nmemory: {imported / 1e6:.0f} MB imported, {first / 1e6:.0f} MB with the first stream,"
        f" {each / 1e6:.1f} MB more with each further one"
    )


async def show_clock(avatar: Avatar, seconds: float) -> None:
    """The evenness of streams on the real clock, each computing in a thread of its own as a live runtime does. The
    first second, in which every stream does for the first time what it does, is not counted."""
    off_s: list[float] = []
    speeches = [speech(seconds + 1.0, seed).tobytes() for seed in range(STREAMS)]

    async def stream(seed: int) -> None:
        clock, engine = FrameClock(FRAMES_PER_SECOND, time.perf_counter, asyncio.sleep), permitted(avatar, seed)
        engine.push(speeches[seed], RATE_HZ)
        await asyncio.sleep(seed * 0.37 / FRAMES_PER_SECOND)
        with ThreadPoolExecutor(1) as worker:
            last_s = 0.0
            for number in range(int(seconds * FRAMES_PER_SECOND)):
                await clock.tick()
                await asyncio.get_running_loop().run_in_executor(worker, engine.next_frame)
                await clock.show()
                now_s = time.perf_counter()
                if number >= FRAMES_PER_SECOND:
                    off_s.append(abs(now_s - last_s - 1.0 / FRAMES_PER_SECOND))
                last_s = now_s

    load = psutil.cpu_percent(0.5)
    await asyncio.gather(*map(stream, range(STREAMS)))
    p50, p99 = np.percentile(off_s, [50, 99]) * 1e3
    print(
        f"\n{STREAMS} live streams, all talking: a frame comes 40 ms after the last, off by {p50:.2f} ms at p50,"
        f" {p99:.2f} at p99, {1e3 * max(off_s):.2f} at most (the machine was {load:.0f}% busy with other things)"
    )


if __name__ == "__main__":
    main()
