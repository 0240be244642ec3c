"""Keep one session when its secret is rotated: python keep_session.py secret.txt 60

The secret is in a file of mode 0600 that something else replaces, such as an agent of your secret store. When the
server refuses the old secret, the session pauses. This program reads the file again, and the same session goes on.
"""

import asyncio
import sys
import time
from pathlib import Path

from bithuman import AsyncBithuman, PauseReason, TokenError


def read(path: Path) -> str:
    return path.read_text().strip()


async def main(path: Path, seconds: float) -> None:
    secret = read(path)
    end_s = time.monotonic() + seconds
    async with await AsyncBithuman.create(api_secret=secret) as avatar:
        print("session", avatar.transaction_id, flush=True)
        paused = False
        async for frame in avatar.run():
            if avatar.status.reason is PauseReason.UNAUTHORIZED:
                if not paused:
                    print("paused: the secret is not good any more", flush=True)
                paused = True
                if (newer := read(path)) != secret:
                    secret = newer
                    try:
                        await avatar.reauthenticate(secret)
                    except TokenError as error:
                        print(error, file=sys.stderr)
            elif paused and frame.has_image:
                paused = False
                print("resumed", avatar.transaction_id, flush=True)
            if time.monotonic() > end_s:
                break


asyncio.run(main(Path(sys.argv[1]), float(sys.argv[2])))
