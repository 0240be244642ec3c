"""The plugin's `AvatarSession` in local mode, in a room that is only acted."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from livekit import rtc
from livekit.agents import AgentSession
from livekit.agents.voice.avatar import QueueAudioOutput
from livekit.agents.voice.io import PlaybackFinishedEvent
from livekit.plugins.bithuman import AvatarSession

from bithuman import AccountStatusError, AsyncBithuman, ConfigurationError, TokenRequestError
from bithuman.core.secrets import new_secret
from ecosystem.account import Account
from ecosystem.sound import SAMPLE_RATE_HZ, speech


class Participant:
    """Notes all that a participant would tell the room."""

    def __init__(self) -> None:
        self.identity = "agent"
        self.kind = rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
        self.track_publications: dict[str, Any] = {}
        self.told: list[tuple[Any, ...]] = []

    async def publish_track(self, track: rtc.LocalTrack, options: rtc.TrackPublishOptions) -> Any:
        self.told.append((track.name, options))
        publication = SimpleNamespace(kind=track.kind, track=track, wait_for_subscription=_at_once)
        self.track_publications[track.name] = publication
        return publication

    def __getattr__(self, name: str) -> Any:
        async def note(*args: object, **named: object) -> None:
            self.told.append((name, args, named))

        return note


async def _at_once() -> None:
    pass


class Room(rtc.Room):
    """Connected to nobody."""

    def __init__(self) -> None:
        super().__init__()
        self.participant = Participant()

    def isconnected(self) -> bool:
        return True

    @property
    def local_participant(self) -> Any:
        return self.participant


class Stage:
    """An agent's session and its room, and what the agent hears about its own voice."""

    def __init__(self) -> None:
        self.room = Room()
        self.session: AgentSession[None] = AgentSession()
        self.finished: asyncio.Queue[PlaybackFinishedEvent] = asyncio.Queue()

    async def enter(self, avatar: AvatarSession) -> None:
        await avatar.start(self.session, self.room)
        self.voice.on("playback_finished", self.finished.put_nowait)

    @property
    def voice(self) -> QueueAudioOutput:
        voice = self.session.output.audio
        assert isinstance(voice, QueueAudioOutput)
        return voice

    async def say(self, pcm: bytes) -> None:
        await self.voice.capture_frame(rtc.AudioFrame(pcm, SAMPLE_RATE_HZ, 1, len(pcm) // 2))


@pytest.fixture
async def stage() -> Stage:
    return Stage()


@pytest.fixture
async def avatar(account: Account, model_path: str, stage: Stage) -> AsyncIterator[AvatarSession]:
    avatar = AvatarSession(model_path=model_path, api_secret=account.secret)
    await stage.enter(avatar)
    yield avatar
    await leave(avatar)


async def leave(avatar: AvatarSession) -> None:
    runner = avatar._avatar_runner
    await avatar.aclose()
    if runner is not None:
        await runner.aclose()


async def test_it_publishes_a_voice_and_a_face_and_tells_when_it_has_spoken(
    avatar: AvatarSession, stage: Stage
) -> None:
    await stage.say(speech(0.8))
    stage.voice.flush()
    spoken = await stage.finished.get()
    assert spoken.playback_position == pytest.approx(0.8)
    assert not spoken.interrupted
    assert [name for name, *_ in stage.room.participant.told] == ["avatar_audio", "avatar_video"]
    assert stage.voice.sample_rate == SAMPLE_RATE_HZ


async def test_an_interruption_is_told_with_what_was_heard_and_the_next_reply_is_whole(
    avatar: AvatarSession, stage: Stage
) -> None:
    started = asyncio.Event()
    stage.voice.on("playback_started", lambda _: started.set())
    await stage.say(speech(20.0))
    await started.wait()
    stage.voice.flush()
    stage.voice.clear_buffer()
    cut = await stage.finished.get()
    assert cut.interrupted
    assert cut.playback_position < 20.0
    await stage.say(speech(0.4))
    stage.voice.flush()
    spoken = await stage.finished.get()
    assert spoken.playback_position == pytest.approx(0.4)
    assert not spoken.interrupted


async def test_the_secret_is_told_to_nobody_in_the_room(avatar: AvatarSession, account: Account, stage: Stage) -> None:
    await stage.say(speech(0.2))
    stage.voice.flush()
    await stage.finished.get()
    assert account.secret not in repr(stage.room.participant.told)
    assert account.secret not in repr(avatar.runtime) + repr(vars(avatar.runtime))


async def test_closing_it_closes_the_session(avatar: AvatarSession, account: Account, stage: Stage) -> None:
    await stage.say(speech(0.2))
    stage.voice.flush()
    await stage.finished.get()
    await avatar.aclose()
    assert await account.ended() == ["closed"]


async def test_a_runtime_that_was_used_before_enters_with_a_session_of_its_own(
    account: Account, model_path: str, stage: Stage
) -> None:
    runtime = await AsyncBithuman.create(model_path=model_path, api_secret=account.secret)
    await runtime.start()
    earlier = runtime.transaction_id
    avatar = AvatarSession(model_path=model_path, api_secret=account.secret, runtime=runtime)
    await stage.enter(avatar)
    assert runtime.transaction_id != earlier
    assert sorted(one["status"] for one in account.sessions()) == ["ended", "live"]
    await stage.say(speech(0.2))
    stage.voice.flush()
    assert (await stage.finished.get()).playback_position == pytest.approx(0.2)
    await leave(avatar)
    assert await account.ended() == ["closed", "closed"]
    await runtime.shutdown()


async def test_the_environment_names_the_secret_and_the_model(
    account: Account, model_path: str, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BITHUMAN_API_SECRET", account.secret)
    monkeypatch.setenv("BITHUMAN_MODEL_PATH", model_path)
    avatar = AvatarSession()
    await stage.enter(avatar)
    assert avatar.runtime.status.state == "not_started"
    await leave(avatar)


async def test_a_runtime_token_will_do(account: Account, model_path: str, stage: Stage) -> None:
    avatar = AvatarSession(model_path=model_path, api_token=account.token())
    await stage.enter(avatar)
    await stage.say(speech(0.2))
    stage.voice.flush()
    assert not (await stage.finished.get()).interrupted
    await leave(avatar)
    assert await account.ended() == ["closed"]


async def test_a_secret_that_the_server_does_not_know_ends_in_an_error_that_says_so(
    account: Account, model_path: str, stage: Stage
) -> None:
    avatar = AvatarSession(model_path=model_path, api_secret=new_secret(secrets.randbelow))
    with pytest.raises(TokenRequestError, match="does not accept this api-secret") as caught:
        await avatar.start(stage.session, stage.room)
    assert caught.value.http_status == 401
    await avatar.aclose()


async def test_a_full_plan_is_told_at_the_start_where_the_runtime_was_handed_over(
    full: Account, model_path: str, stage: Stage
) -> None:
    runtime = await AsyncBithuman.create(model_path, api_secret=full.secret)
    avatar = AvatarSession(model_path=model_path, api_secret=full.secret, runtime=runtime)
    with pytest.raises(AccountStatusError, match="session") as caught:
        await avatar.start(stage.session, stage.room)
    assert caught.value.http_status == 403
    await avatar.aclose()
    await runtime.shutdown()


async def test_where_nobody_names_a_server_the_secret_goes_to_no_other(
    account: Account, model_path: str, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BITHUMAN_API_URL")
    avatar = AvatarSession(model_path=model_path, api_secret=account.secret)
    with pytest.raises(ConfigurationError, match="BITHUMAN_API_URL"):
        await avatar.start(stage.session, stage.room)
    await avatar.aclose()
