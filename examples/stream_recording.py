"""Stream a recording to an avatar and take its frames, 25 a second: python stream_recording.py speech.wav"""

import asyncio
import sys
import wave

from bithuman import AsyncBithuman


async def push(avatar: AsyncBithuman, path: str) -> None:
    """Push a recording in pieces of 20 ms, as a microphone or a voice service would."""
    with wave.open(path) as recording:  # 16-bit mono PCM
        rate = recording.getframerate()
        while piece := recording.readframes(rate // 50):
            await avatar.push_audio(piece, rate, last_chunk=False)
    await avatar.flush()  # The utterance ends here.


async def main(path: str) -> None:
    async with await AsyncBithuman.create() as avatar:
        pushing = asyncio.create_task(push(avatar, path))
        spoken = 0
        async for frame in avatar.run():
            if frame.bgr_image is not None and frame.audio_chunk is not None:
                spoken += 1  # Your window, or your video call: frame.bgr_image is (height, width, 3) uint8.
            if frame.end_of_speech:
                break
        await pushing
    print(f"{spoken} frames with sound")


asyncio.run(main(sys.argv[1]))
