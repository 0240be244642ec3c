"""An account's api-secrets."""

from functools import partial
from typing import Annotated

from fastapi import Body
from pydantic import BaseModel, BeforeValidator, Field

from bithuman.core.refusals import Code
from bithuman.http.bodies import router as bounded_router
from bithuman.http.caller import AskingSecret, CurrentPlatform, Owner
from bithuman.http.documents import Alias, Document, Time, UserId
from bithuman.http.errors import JSON, SECRET, responses
from bithuman.http.readers import CurrentReaders
from bithuman.http.wire import whole_number
from bithuman.service.secrets import MAX_OVERLAP_S, create_secret, delete_secret, list_secrets, rotate_secret

router = bounded_router("Api-secrets", prefix="/v2/{user_id}/api-secrets")


class SecretToCreate(BaseModel):
    """How to call a new secret."""

    alias: str | None = Field(
        None,
        description="Made up where absent.",
        examples=["prod-server"],
        json_schema_extra={"pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$"},
    )


class Rotation(BaseModel):
    """How to rotate."""

    overlap_seconds: Annotated[int, BeforeValidator(whole_number)] = Field(
        0,
        strict=True,
        ge=0,
        le=MAX_OVERLAP_S,
        description="How long the old secret goes on working. None at all, unless you ask for it.",
    )


class ShownSecret(Document):
    """A secret that was just made. It is never shown again."""

    alias: Alias
    secret: str = Field(examples=["bhs_…"])


class SecretSummary(Document):
    """A secret, masked."""

    alias: Alias
    key_display: str = Field(description="The first 8 and the last 4 characters.", examples=["bhs_hdpt…vVzJ"])
    created_at: Time
    last_used_at: Time | None = Field(description="To the minute.")


class SecretList(Document):
    """The account's living secrets, oldest first."""

    user_id: UserId
    data: list[SecretSummary]
    total_count: int


class SecretDeleted(Document):
    """A secret that is refused from now on."""

    alias: Alias
    message: str


@router.post("", summary="Create a secret", responses=responses(*SECRET, *JSON, Code.NOT_FOUND, Code.CONFLICT))
async def create(
    account: Owner, by: AskingSecret, platform: CurrentPlatform, body: Annotated[SecretToCreate | None, Body()] = None
) -> ShownSecret:
    """Make a secret. This answer is the only time that it is shown."""
    made = await create_secret(platform, account.id, body.alias if body else None, by=by)
    return ShownSecret(alias=made.alias, secret=made.secret)


@router.get("", summary="List the secrets", responses=responses(*SECRET, Code.NOT_FOUND))
async def list_all(account: Owner, platform: CurrentPlatform, readers: CurrentReaders) -> SecretList:
    """The secrets that live, masked."""
    found = await readers.run(account.id, partial(list_secrets, platform, account.id))
    return SecretList(
        user_id=account.id,
        data=[
            SecretSummary(
                alias=secret.alias,
                key_display=secret.key_display,
                created_at=secret.created_ms,
                last_used_at=secret.last_used_ms,
            )
            for secret in found
        ],
        total_count=len(found),
    )


@router.delete("/{alias}", summary="Delete a secret", responses=responses(*SECRET, Code.NOT_FOUND))
async def delete(alias: str, account: Owner, by: AskingSecret, platform: CurrentPlatform) -> SecretDeleted:
    """End a secret at once. A session that it opened is refused at its next heartbeat."""
    await delete_secret(platform, account.id, alias, by=by)
    return SecretDeleted(alias=alias, message="The api-secret was deleted and is refused from now on.")


@router.post("/{alias}/rotate", summary="Rotate a secret", responses=responses(*SECRET, *JSON, Code.NOT_FOUND))
async def rotate(
    alias: str,
    account: Owner,
    by: AskingSecret,
    platform: CurrentPlatform,
    body: Annotated[Rotation | None, Body()] = None,
) -> ShownSecret:
    """Replace a secret. The old one is refused from now on; the new one is shown this once."""
    made = await rotate_secret(platform, account.id, alias, body.overlap_seconds if body else 0, by=by)
    return ShownSecret(alias=made.alias, secret=made.secret)
