"""Programs that watch or own an avatar."""

import asyncio
from typing import Any

from bithuman import AsyncBithuman, VideoFrame


class Viewer:
    """Iterates `run()` in a task, from now on, and keeps the frames."""

    def __init__(self, runtime: AsyncBithuman) -> None:
        self.frames: list[VideoFrame] = []
        self.task = asyncio.create_task(self._watch(runtime))

    async def _watch(self, runtime: AsyncBithuman) -> None:
        async for frame in runtime.run():
            self.frames.append(frame)

    def take(self) -> list[VideoFrame]:
        """The frames since the last call."""
        taken, self.frames = self.frames, []
        return taken


class Agent:
    """Owns an avatar whose callbacks refer to it: together they are a cycle of references."""

    avatar: Any

    def see(self, event: object) -> None:
        """A callback of the avatar."""
