"""The live avatar, with the real engine, on the fake service in fake time."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

import bithuman
from bithuman import (
    AccountStatusError,
    AsyncBithuman,
    ConfigurationError,
    ModelNotFoundError,
    PauseReason,
    RuntimeNotReadyError,
    SessionStatus,
    TokenRequestError,
    TokenValidationError,
    VideoControl,
    VideoFrame,
)
from bithuman.client.credential_file import write_credentials
from bithuman.client.secret import Secret
from tests.doubles.clocks import FakeTime
from tests.doubles.programs import Agent, Viewer
from tests.doubles.service import FakeService, refuse
from tests.doubles.sounds import tone

pytestmark = pytest.mark.usefixtures("world")


async def create(service: FakeService, on_status: Callable[[SessionStatus], object] | None = None) -> AsyncBithuman:
    return await AsyncBithuman.create(api_secret=service.secret, on_status=on_status)


class TestCreate:
    async def test_it_asks_once_and_opens_no_session(self, service: FakeService) -> None:
        runtime = await create(service)
        assert [path for path, _, _ in service.requests] == ["/v1/validate"]
        assert runtime.status.state == "not_started"

    async def test_a_stream_of_short_utterances_warns_at_the_line_that_pushes(self, service: FakeService) -> None:
        runtime = await create(service)

        async def stream() -> None:
            for _ in range(100):
                await runtime.push_audio(tone(0.02).tobytes(), 16_000)

        with pytest.warns(UserWarning, match="last_chunk=False") as caught:
            await stream()
        assert [warning.filename for warning in caught] == [__file__]

    async def test_a_malformed_secret_asks_nobody(self, service: FakeService) -> None:
        with pytest.raises(TokenValidationError):
            await AsyncBithuman.create(api_secret=service.secret[:-3])
        assert service.requests == []

    async def test_a_bad_secret_takes_one_round_trip_and_no_model(self, service: FakeService) -> None:
        old = service.secret
        service.rotate()
        with pytest.raises(TokenRequestError, match=r"^Authentication failed: ") as caught:
            await AsyncBithuman.create("/no/such/model.imx", api_secret=old)
        assert caught.value.http_status == 401
        assert caught.value.cure
        assert not caught.value.retryable
        assert len(service.requests) == 1

    async def test_an_outage_is_retryable(self, service: FakeService) -> None:
        service.standing_refusal = lambda: httpx.ConnectError("no route")
        with pytest.raises(TokenRequestError) as caught:
            await create(service)
        assert caught.value.retryable

    async def test_a_missing_model_is_told_after_the_secret_was_checked(self, service: FakeService) -> None:
        with pytest.raises(ModelNotFoundError):
            await AsyncBithuman.create("/no/such/model.imx", api_secret=service.secret)

    async def test_without_a_credential_it_says_where_to_put_one(self) -> None:
        with pytest.raises(ConfigurationError, match="No API secret"):
            await AsyncBithuman.create()

    async def test_published_options_pass_and_others_do_not(self, service: FakeService) -> None:
        await AsyncBithuman.create(api_secret=service.secret, num_threads=2, verbose=True, output_size=(1280, 720))
        with pytest.raises(TypeError, match="modle_path"):
            await AsyncBithuman.create(api_secret=service.secret, modle_path="x")  # type: ignore[call-arg]

    async def test_unverified_tls_is_refused(self, service: FakeService) -> None:
        with pytest.raises(ConfigurationError, match="insecure"):
            await AsyncBithuman.create(api_secret=service.secret, insecure=True)

    async def test_the_full_token_url_is_a_base_too(self, service: FakeService) -> None:
        url = "http://127.0.0.1:8787/v1/runtime-tokens/request"
        await AsyncBithuman.create(api_secret=service.secret, api_url=url)
        assert service.requests[0][0] == "/v1/validate"


class TestSession:
    async def test_speech_becomes_frames_with_its_sound(self, service: FakeService, time: FakeTime) -> None:
        runtime = await create(service)
        await runtime.push_audio(tone(1.0).tobytes(), 16_000)
        viewer = Viewer(runtime)
        await time.spend(1.4)
        frames = viewer.take()
        spoken = [frame for frame in frames if frame.audio_chunk is not None]
        assert all(frame.bgr_image is not None and frame.bgr_image.shape == (512, 512, 3) for frame in frames)
        assert len(spoken) == 25
        assert b"".join(frame.audio_chunk.bytes for frame in spoken if frame.audio_chunk) == tone(1.0).tobytes()
        assert [frame.end_of_speech for frame in spoken] == [False] * 24 + [True]
        await runtime.stop()
        await time.spend(0.1)
        assert viewer.task.done()

    async def test_frames_come_at_25_a_second(self, service: FakeService, time: FakeTime) -> None:
        runtime = await create(service)
        viewer = Viewer(runtime)
        await time.spend(10.01)
        assert [frame.frame_index for frame in viewer.take()] == list(range(251))
        await runtime.stop()

    async def test_the_request_carries_what_the_contract_names(self, service: FakeService) -> None:
        runtime = await AsyncBithuman.create(api_secret=service.secret, tags="demo", agent_code="A78WKV4515")
        await runtime.start()
        (body,) = service.bodies("/request")
        assert body["transaction_id"] == runtime.transaction_id
        assert len(body["fingerprint"]) == len(body["runtime_model_hash"]) == 32
        assert (body["tags"], body["agent_code"], body["runtime_version"]) == (
            "demo",
            "A78WKV4515",
            bithuman.__version__,
        )
        await runtime.stop()

    async def test_the_heartbeat_counts_the_frames(self, service: FakeService, time: FakeTime) -> None:
        service.grace_s, service.interval_s = 10.0, 2.0
        runtime = await create(service)
        Viewer(runtime)
        await time.spend(2.5)
        (beat,) = service.bodies("/heartbeat")
        assert 49 <= beat["frames"] <= 52
        assert beat["state"] == "live"
        await runtime.stop()

    async def test_starting_twice_opens_one_session(self, service: FakeService) -> None:
        runtime = await create(service)
        await asyncio.gather(runtime.start(), runtime.start())
        assert service.paths("/request") == 1
        await runtime.stop()

    async def test_a_refused_start_raises_and_may_be_tried_again(self, service: FakeService) -> None:
        runtime = await create(service)
        before = runtime.transaction_id
        service.refusals = [refuse(403, "CONCURRENCY_LIMIT_REACHED", "The plan is full.")]
        with pytest.raises(AccountStatusError, match="sessions list"):
            await runtime.start()
        assert runtime.status.state == "not_started"
        await runtime.start()
        assert runtime.transaction_id == before
        assert runtime.status.state == "live"
        await runtime.stop()

    async def test_a_prewarmed_runtime_starts_an_hour_later(self, service: FakeService, time: FakeTime) -> None:
        runtime = await create(service)
        await time.spend(3600)
        assert len(service.requests) == 1
        viewer = Viewer(runtime)
        await time.spend(1)
        assert all(frame.has_image for frame in viewer.take())
        await runtime.stop()

    async def test_a_secret_rotated_in_its_file_meanwhile_is_taken_up(self, service: FakeService) -> None:
        write_credentials(Secret(service.secret), "http://127.0.0.1:1")
        runtime = await AsyncBithuman.create()
        write_credentials(Secret(service.rotate()), "http://127.0.0.1:1")
        await runtime.start()
        assert runtime.status.state == "live"
        await runtime.stop()

    async def test_a_second_session_is_as_good_as_the_first(self, service: FakeService, time: FakeTime) -> None:
        service.grace_s, service.interval_s = 10.0, 1.0
        runtime = await create(service)
        ids = set()
        for _ in range(2):
            await runtime.push_audio(tone(0.4).tobytes(), 16_000)
            viewer = Viewer(runtime)
            await time.spend(5)
            ids.add(runtime.transaction_id)
            frames = viewer.take()
            assert sum(frame.end_of_speech for frame in frames) == 1
            assert frames[0].frame_index == 0
            assert runtime.status.state == "live"
            await runtime.stop()
            await time.spend(0.1)
            assert viewer.task.done()
            assert runtime.status.state == "stopped"
        assert ids == set(service.sessions)
        assert all(session.ended for session in service.sessions.values())

    async def test_stopping_drops_the_speech_of_the_session(self, service: FakeService, time: FakeTime) -> None:
        runtime = await create(service)
        await runtime.start()
        await runtime.push_audio(tone(5.0).tobytes(), 16_000)
        await runtime.stop()
        viewer = Viewer(runtime)
        await time.spend(1)
        assert all(frame.audio_chunk is None for frame in viewer.take())
        await runtime.stop()

    async def test_async_with_starts_and_shuts_down(self, service: FakeService) -> None:
        async with await create(service) as runtime:
            assert runtime.status.state == "live"
        assert service.paths("/end") == 1
        with pytest.raises(RuntimeNotReadyError, match="shut down"):
            await runtime.start()

    async def test_interrupt_takes_effect_on_the_next_frame(self, service: FakeService, time: FakeTime) -> None:
        runtime = await create(service)
        await runtime.push_audio(tone(10.0).tobytes(), 16_000)
        viewer = Viewer(runtime)
        await time.spend(1)
        assert viewer.take()[-1].audio_chunk is not None
        runtime.interrupt()
        await time.spend(1)
        assert all(frame.audio_chunk is None and not frame.end_of_speech for frame in viewer.take())
        await runtime.push_audio(tone(0.2).tobytes(), 16_000)
        await time.spend(1)
        assert sum(frame.end_of_speech for frame in viewer.take()) == 1
        await runtime.stop()

    async def test_words_that_follow_an_interruption_at_once_are_whole(
        self, service: FakeService, time: FakeTime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        runtime = await create(service)
        submit = runtime._worker.submit
        words = tone(0.4).tobytes()

        def interrupt_and_go_on(*work: Any) -> Any:
            monkeypatch.setattr(runtime._worker, "submit", submit)
            runtime.interrupt()
            runtime._session.push(words, 16_000, last=True)
            return submit(*work)

        monkeypatch.setattr(runtime._worker, "submit", interrupt_and_go_on)
        viewer = Viewer(runtime)
        await time.spend(1)
        assert b"".join(frame.audio_chunk.bytes for frame in viewer.take() if frame.audio_chunk) == words
        await runtime.stop()

    async def test_interrupt_reaches_the_frame_that_is_being_drawn(
        self, service: FakeService, time: FakeTime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        runtime = await create(service)
        await runtime.push(VideoControl.from_audio(tone(0.04).tobytes(), 16_000))
        submit = runtime._worker.submit

        def draw_and_interrupt(*work: Any) -> Any:
            drawn = submit(*work)
            runtime.interrupt()
            return drawn

        monkeypatch.setattr(runtime._worker, "submit", draw_and_interrupt)
        frame = await anext(aiter(runtime.run()))
        assert frame.has_image
        assert (frame.audio_chunk, frame.source_message_id, frame.end_of_speech) == (None, None, False)
        await runtime.stop()

    async def test_a_flush_long_after_the_last_sound_still_ends_the_utterance_once(
        self, service: FakeService, time: FakeTime
    ) -> None:
        """A synthesiser that is slower than the avatar ends its reply when all of it was spoken."""
        runtime = await create(service)
        viewer = Viewer(runtime)
        await runtime.push_audio(tone(0.4).tobytes(), 16_000, last_chunk=False)
        await time.spend(2)
        assert not any(frame.end_of_speech for frame in viewer.take())
        await runtime.flush()
        await time.spend(2)
        assert sum(frame.end_of_speech for frame in viewer.take()) == 1
        await runtime.stop()

    async def test_a_control_is_pushed_like_its_audio(self, service: FakeService, time: FakeTime) -> None:
        runtime = await create(service)
        await runtime.push(VideoControl.from_audio(tone(0.2).tobytes(), 16_000, last_chunk=False))
        await runtime.push(VideoControl(end_of_speech=True))
        viewer = Viewer(runtime)
        await time.spend(1)
        assert sum(frame.end_of_speech for frame in viewer.take()) == 1
        await runtime.stop()

    async def test_frames_name_the_control_that_began_their_utterance(
        self, service: FakeService, time: FakeTime
    ) -> None:
        runtime = await create(service)
        begun = VideoControl.from_audio(tone(0.2).tobytes(), 16_000, last_chunk=False)
        await runtime.push(begun)
        await runtime.push(VideoControl.from_audio(tone(0.2).tobytes(), 16_000))
        await runtime.push_audio(tone(0.2).tobytes(), 16_000)
        viewer = Viewer(runtime)
        await time.spend(1)
        frames = viewer.take()
        spoken = [frame.source_message_id for frame in frames if frame.audio_chunk is not None]
        assert spoken == [begun.message_id] * 10 + [None] * 5
        assert all(frame.source_message_id is None for frame in frames if frame.audio_chunk is None)
        await runtime.stop()

    async def test_cues_are_accepted_and_ignored(self, service: FakeService, time: FakeTime) -> None:
        runtime = await create(service)
        await runtime.push(VideoControl(text="Hello", target_video="wave", action=["nod"], force_action=True))
        viewer = Viewer(runtime)
        await time.spend(0.5)
        assert all(frame.has_image and frame.audio_chunk is None for frame in viewer.take())
        await runtime.stop()

    async def test_the_still_picture_needs_no_session(self, service: FakeService) -> None:
        runtime = await create(service)
        picture = runtime.get_first_frame()
        assert picture.shape == (512, 512, 3)
        assert picture.dtype == np.uint8
        assert (runtime.settings.INPUT_SAMPLE_RATE, runtime.settings.FPS) == (16_000, 25)


class TestWrongSound:
    async def test_it_leaves_nothing_behind(self, service: FakeService, time: FakeTime) -> None:
        runtime = await create(service)
        pcm = tone(0.4).tobytes()
        await runtime.push_audio(pcm[:1001], 16_000, last_chunk=False)
        with pytest.raises(TypeError):
            await runtime.push_audio("speech", 16_000)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="sample rate"):
            await runtime.push_audio(pcm, 1)
        await runtime.push_audio(pcm[1001:], 16_000)
        viewer = Viewer(runtime)
        await time.spend(1)
        assert b"".join(frame.audio_chunk.bytes for frame in viewer.take() if frame.audio_chunk) == pcm
        await runtime.stop()


class TestReaders:
    async def test_a_new_run_takes_over_from_one_that_was_left(self, service: FakeService, time: FakeTime) -> None:
        runtime = await create(service)
        left = runtime.run()
        assert (await anext(aiter(left))).frame_index == 0
        viewer = Viewer(runtime)
        await time.spend(0.41)
        assert [frame.frame_index for frame in viewer.take()] == list(range(1, 12))
        with pytest.raises(StopAsyncIteration):
            await anext(aiter(left))
        await runtime.stop()

    async def test_a_reader_that_gives_up_loses_no_speech(self, service: FakeService, time: FakeTime) -> None:
        runtime = await create(service)
        await runtime.push_audio(tone(0.4).tobytes(), 16_000)
        heard: list[VideoFrame] = []
        for _ in range(15):
            viewer = Viewer(runtime)
            await time.spend(0.036)  # the second frame is computed, and not due
            viewer.task.cancel()
            await asyncio.gather(viewer.task, return_exceptions=True)
            heard += viewer.frames
        spoken = b"".join(frame.audio_chunk.bytes for frame in heard if frame.audio_chunk)
        assert spoken == tone(0.4).tobytes()
        assert sum(frame.end_of_speech for frame in heard) == 1
        await runtime.shutdown()

    async def test_two_at_once_are_refused(self, service: FakeService, time: FakeTime) -> None:
        runtime = await create(service)
        Viewer(runtime)
        await time.spend(0.1)
        with pytest.raises(RuntimeNotReadyError, match="already"):
            await anext(aiter(runtime.run()))
        await runtime.stop()


class TestSlowReaders:
    async def read_slowly(self, runtime: AsyncBithuman, time: FakeTime, **options: bool) -> list[VideoFrame]:
        """Take 100 ms for each frame, until the end of speech."""
        frames: list[VideoFrame] = []
        stream = aiter(runtime.run(**options))
        while not frames or not frames[-1].end_of_speech:
            coming = asyncio.ensure_future(anext(stream))
            while not coming.done():
                await time.spend(0.01)
            frames.append(await coming)
            time.now_s += 0.1
        return frames

    async def test_sound_stays_in_time_and_whole(self, service: FakeService, time: FakeTime) -> None:
        runtime = await create(service)
        await runtime.push_audio(tone(4.0).tobytes(), 16_000)
        started_s = time.now_s
        frames = await self.read_slowly(runtime, time)
        assert time.now_s - started_s == pytest.approx(4.0, abs=0.3)
        assert b"".join(frame.audio_chunk.bytes for frame in frames if frame.audio_chunk) == tone(4.0).tobytes()
        assert all(frame.has_image for frame in frames)
        assert len(frames) + runtime.status.skipped_frames == 100
        assert runtime.status.skipped_frames > 50
        await runtime.stop()

    async def test_every_frame_comes_where_that_is_asked_for(self, service: FakeService, time: FakeTime) -> None:
        runtime = await create(service)
        await runtime.push_audio(tone(1.0).tobytes(), 16_000)
        frames = await self.read_slowly(runtime, time, skip_late=False)
        assert (len(frames), runtime.status.skipped_frames) == (25, 0)
        await runtime.stop()


class TestSpeakingEvents:
    async def events_of(self, service: FakeService, events: list[str]) -> AsyncBithuman:
        return await AsyncBithuman.create(api_secret=service.secret, on_speaking=events.append)

    async def test_each_utterance_has_a_beginning_and_an_end(self, service: FakeService, time: FakeTime) -> None:
        events: list[str] = []
        runtime = await self.events_of(service, events)
        for _ in range(2):
            await runtime.push_audio(tone(0.4).tobytes(), 16_000)
        viewer = Viewer(runtime)
        await time.spend(0.2)
        assert events == ["speaking_started"]
        await time.spend(0.3)
        assert events == ["speaking_started", "speaking_stopped", "speaking_started"]
        await time.spend(1)
        assert events == ["speaking_started", "speaking_stopped"] * 2
        assert viewer.frames
        await runtime.stop()
        assert len(events) == 4

    async def test_an_interruption_is_an_end(self, service: FakeService, time: FakeTime) -> None:
        events: list[str] = []
        runtime = await self.events_of(service, events)
        await runtime.push_audio(tone(2.0).tobytes(), 16_000)
        Viewer(runtime)
        await time.spend(0.2)
        runtime.interrupt()
        assert events == ["speaking_started", "speaking_stopped"]
        await runtime.push_audio(tone(0.2).tobytes(), 16_000)
        await time.spend(1)
        assert events == ["speaking_started", "speaking_stopped"] * 2
        await runtime.stop()

    async def test_a_stop_is_an_end(self, service: FakeService, time: FakeTime) -> None:
        events: list[str] = []
        runtime = await self.events_of(service, events)
        await runtime.push_audio(tone(2.0).tobytes(), 16_000)
        Viewer(runtime)
        await time.spend(0.2)
        await runtime.stop()
        assert events == ["speaking_started", "speaking_stopped"]

    async def test_a_callback_that_fails_harms_nothing(
        self, service: FakeService, time: FakeTime, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def fail(_: object) -> None:
            raise RuntimeError("not today")

        runtime = await AsyncBithuman.create(api_secret=service.secret, on_speaking=fail)
        await runtime.push_audio(tone(0.4).tobytes(), 16_000)
        viewer = Viewer(runtime)
        await time.spend(1)
        assert sum(frame.end_of_speech for frame in viewer.frames) == 1
        assert caplog.text.count("A callback of the program failed.") == 2
        await runtime.stop()


class TestForgotten:
    async def test_a_runtime_that_nobody_has_any_more_ends_its_session(
        self, service: FakeService, time: FakeTime
    ) -> None:
        runtime = await create(service)
        await runtime.start()
        with pytest.warns(ResourceWarning, match="AsyncBithuman was not stopped"):
            del runtime
        await time.settle()
        assert service.paths("/end") == 1
        await time.spend(3600)
        assert service.paths("/heartbeat") == 0

    async def test_its_callbacks_may_refer_to_it(self, service: FakeService, time: FakeTime) -> None:
        agent = Agent()
        agent.avatar = await AsyncBithuman.create(api_secret=service.secret, on_status=agent.see, on_speaking=agent.see)
        await agent.avatar.start()
        del agent
        with pytest.warns(ResourceWarning, match="AsyncBithuman was not stopped"):
            gc.collect()
        await time.settle()
        assert service.paths("/end") == 1

    async def test_one_that_was_stopped_or_never_started_gives_no_warning(self, service: FakeService) -> None:
        never_started, stopped = await create(service), await create(service)
        await stopped.start()
        await stopped.stop()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            del never_started, stopped

    def test_where_its_loop_has_ended_it_is_only_said(self, service: FakeService) -> None:
        async def start() -> AsyncBithuman:
            runtime = await create(service)
            await runtime.start()
            return runtime

        runtime = asyncio.run(start())
        with pytest.warns(ResourceWarning):
            del runtime


class TestSecondLoop:
    @pytest.mark.parametrize("end", ["stop", "shutdown"])
    def test_a_session_of_a_loop_that_has_ended_is_ended_on_another(self, service: FakeService, end: str) -> None:
        runtime = asyncio.run(create(service))
        asyncio.run(runtime.start())
        asyncio.run(getattr(runtime, end)())
        assert (service.paths("/request"), service.paths("/end")) == (1, 1)
        assert runtime.status.state == "stopped"

    def test_a_start_on_another_loop_is_another_session(self, service: FakeService) -> None:
        async def stop() -> None:
            await runtime.start()
            assert runtime.status.state == "live"
            await runtime.stop()

        runtime = asyncio.run(create(service))
        asyncio.run(runtime.start())
        asyncio.run(stop())
        assert (service.paths("/request"), service.paths("/end")) == (2, 2)

    def test_a_session_of_a_loop_that_runs_in_another_thread_is_ended_there(self, service: FakeService) -> None:
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        runtime = asyncio.run_coroutine_threadsafe(create(service), loop).result()
        asyncio.run_coroutine_threadsafe(runtime.start(), loop).result()
        asyncio.run(runtime.stop())
        assert service.paths("/end") == 1
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class TestPause:
    async def test_rotation_pauses_and_the_new_secret_resumes_where_it_was(
        self, service: FakeService, time: FakeTime
    ) -> None:
        service.grace_s, service.interval_s = 10.0, 2.0
        told: list[SessionStatus] = []
        runtime = await create(service, told.append)
        await runtime.push_audio(tone(5.0).tobytes(), 16_000)
        viewer = Viewer(runtime)
        await time.spend(1)
        new = service.rotate()
        await time.spend(1.1)
        spoken = len([frame for frame in viewer.take() if frame.audio_chunk is not None])
        await time.spend(2)
        paused = viewer.take()
        assert len(paused) == 50
        assert not any(frame.has_image or frame.audio_chunk for frame in paused)
        assert told[-1].reason is PauseReason.UNAUTHORIZED
        assert runtime.status.state == "paused"
        await runtime.reauthenticate(new)
        await time.spend(5)
        spoken += len([frame for frame in viewer.take() if frame.audio_chunk is not None])
        assert spoken == 125, "no speech is lost to a pause"
        assert [status.state for status in told] == ["live", "paused", "live"]
        await runtime.stop()

    async def test_a_malformed_new_secret_changes_nothing(self, service: FakeService) -> None:
        runtime = await create(service)
        await runtime.start()
        with pytest.raises(TokenValidationError):
            await runtime.reauthenticate("bhs_short")
        assert runtime.status.state == "live"
        await runtime.stop()

    async def test_an_outage_shorter_than_the_grace_loses_no_frame(self, service: FakeService, time: FakeTime) -> None:
        service.grace_s, service.interval_s = 10.0, 2.0
        runtime = await create(service)
        viewer = Viewer(runtime)
        await time.spend(3)
        service.standing_refusal = lambda: httpx.ConnectError("down")
        await time.spend(8)
        service.standing_refusal = None
        await time.spend(5)
        assert all(frame.has_image for frame in viewer.take())
        await runtime.stop()

    async def test_a_longer_one_pauses_at_the_grace_and_resumes_by_itself(
        self, service: FakeService, time: FakeTime
    ) -> None:
        service.grace_s, service.interval_s = 10.0, 2.0
        runtime = await create(service)
        viewer = Viewer(runtime)
        await time.spend(0.5)
        service.standing_refusal = lambda: httpx.ConnectError("down")
        await time.spend(9)
        assert all(frame.has_image for frame in viewer.take())
        await time.spend(1)
        viewer.take()
        await time.spend(20)
        assert not any(frame.has_image for frame in viewer.take())
        assert runtime.status.reason is PauseReason.OUTAGE
        service.standing_refusal = None
        await time.spend(2.1)
        viewer.take()
        await time.spend(1)
        assert all(frame.has_image for frame in viewer.take())
        assert len(service.sessions) == 1
        await runtime.stop()


class TestPublishedPlugins:
    """What `livekit-plugins-bithuman` and `pipecat-bithuman` do with a runtime."""

    async def test_a_given_runtime_gets_a_session_of_its_own(self, service: FakeService) -> None:
        runtime = await create(service)
        await runtime.start()
        first = runtime.transaction_id
        runtime._regenerate_transaction_id()
        second = runtime.transaction_id
        await runtime._initialize_token()
        await runtime._initialize_token()
        assert list(service.sessions) == [first, second]
        assert [session.ended for session in service.sessions.values()] == [True, False]
        runtime.cleanup()
        await asyncio.sleep(0)

    async def test_cleanup_without_awaiting_ends_the_reader_and_the_session(
        self, service: FakeService, time: FakeTime
    ) -> None:
        runtime = await create(service)
        viewer = Viewer(runtime)
        await time.spend(1)
        runtime.cleanup()
        viewer.take()
        await time.spend(1)
        assert viewer.take() == []
        assert viewer.task.done()
        assert next(iter(service.sessions.values())).ended

    async def test_cleanup_as_the_last_thing_that_a_program_does_ends_the_session_too(
        self, service: FakeService, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        at_once = service.answer

        async def after_a_while(request: httpx.Request) -> httpx.Response:
            await asyncio.sleep(0)
            return await at_once(request)

        monkeypatch.setattr(service, "answer", after_a_while)
        runtime = await create(service)
        await runtime.start()
        runtime.cleanup()
        await asyncio.sleep(0)
        # The loop ends here, as asyncio.run and a LiveKit job end it.
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        assert next(iter(service.sessions.values())).ended


async def test_a_token_alone_opens_a_session_without_a_secret(service: FakeService, time: FakeTime) -> None:
    opener = await create(service)
    await opener.start()
    token = next(iter(service.sessions.values())).tokens[-1][0]
    runtime = await AsyncBithuman.create(token=token)
    viewer = Viewer(runtime)
    await time.spend(1)
    assert all(frame.has_image for frame in viewer.take())
    assert not any("api-secret" in headers for path, _, headers in service.requests if path.endswith("/heartbeat"))
    await runtime.stop()
    await opener.stop()


@pytest.mark.parametrize(
    ("statement", "loaded"),
    [("import bithuman", []), ("from bithuman import AudioChunk, VideoControl, VideoFrame", ["numpy"])],
)
def test_importing_loads_nothing_heavy(statement: str, loaded: list[str]) -> None:
    check = f"import sys; {statement}; print(sorted({{'numpy', 'httpx', 'cv2', 'av', 'soxr'}} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == str(loaded)


def test_every_public_name_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "sdk.md").read_text()
    assert [name for name in [*bithuman.__all__, "open"] if f"`{name}`" not in page] == []


def test_every_public_name_is_there() -> None:
    assert {name for name in bithuman.__all__ if getattr(bithuman, name, None) is None} == set()
    assert set(bithuman.__all__) <= set(dir(bithuman))
    with pytest.raises(AttributeError):
        bithuman.nothing_of_the_kind  # noqa: B018
