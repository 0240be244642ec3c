"""`/developer/api-keys`: make, rotate and delete keys."""

from collections import Counter

from fastapi import Request, Response

from bithuman.console.forms import Form
from bithuman.console.page import page_router, platform_of, public_url, read, see_other, show, viewer_of
from bithuman.core import refusals
from bithuman.core.accounts import SecretRecord
from bithuman.core.people import Permission
from bithuman.core.refusals import Code, Refusal
from bithuman.http.statuses import STATUS
from bithuman.service import secrets
from bithuman.service.authenticate import is_valid
from bithuman.service.people import Viewer
from bithuman.service.secrets import NewSecret, list_secrets
from bithuman.service.sessions import Window, list_sessions

router = page_router()
PATH = "/developer/api-keys"
OVERLAPS_S = {0: "At once", 3_600: "In an hour", 86_400: "In a day", 604_800: "In a week"}
_MOST_SESSIONS = 1_000


@router.get(PATH)
async def keys(request: Request) -> Response:
    viewer = await viewer_of(request)
    platform = platform_of(request)
    with platform.database.read() as snapshot:
        makers = {one.membership.person_id: one.email for one in snapshot.people.members_of(viewer.account.id)}
    return await show(
        request,
        "api_keys/keys.html",
        viewer,
        title="API Keys",
        keys=await read(request, viewer, lambda: list_secrets(platform, viewer.account.id)),
        live=await _live_sessions(request, viewer),
        makers=makers,
    )


@router.get(f"{PATH}/new")
async def new(request: Request) -> Response:
    viewer = await viewer_of(request, Permission.MANAGE_KEYS)
    return await show(request, "api_keys/new.html", viewer, title="Create new key", name="", error="")


@router.post(f"{PATH}/new")
async def create(request: Request) -> Response:
    form, viewer = await Form.read(request), await viewer_of(request, Permission.MANAGE_KEYS)
    name = form.text("name")
    try:
        made = await secrets.create_secret(
            platform_of(request), viewer.account.id, name or None, person_id=viewer.person.id
        )
    except Refusal as refusal:
        if refusal.code not in (Code.VALIDATION_ERROR, Code.CONFLICT):
            raise
        error = refusal.message.replace("alias takes", "A name takes").replace("alias", "name")
        return await show(
            request,
            "api_keys/new.html",
            viewer,
            title="Create new key",
            status=STATUS[refusal.code],
            name=name,
            error=error,
        )
    return await _shown_once(request, viewer, made)


@router.get(f"{PATH}/{{name}}/rotate")
async def ask_to_rotate(request: Request, name: str) -> Response:
    return await _consequence(request, name, "api_keys/rotate.html", "Rotate")


@router.post(f"{PATH}/{{name}}/rotate")
async def rotate(request: Request, name: str) -> Response:
    form, viewer = await Form.read(request), await viewer_of(request, Permission.MANAGE_KEYS)
    overlap = form.text("overlap") or "0"
    if not overlap.isdecimal() or int(overlap) not in OVERLAPS_S:
        raise refusals.invalid("The old key ends at once, in an hour, in a day or in a week.")
    made = await secrets.rotate_secret(
        platform_of(request), viewer.account.id, name, int(overlap), person_id=viewer.person.id
    )
    return await _shown_once(request, viewer, made)


@router.get(f"{PATH}/{{name}}/delete")
async def ask_to_delete(request: Request, name: str) -> Response:
    return await _consequence(request, name, "api_keys/delete.html", "Delete")


@router.post(f"{PATH}/{{name}}/delete")
async def delete(request: Request, name: str) -> Response:
    await Form.read(request)
    viewer = await viewer_of(request, Permission.MANAGE_KEYS)
    await secrets.delete_secret(platform_of(request), viewer.account.id, name, person_id=viewer.person.id)
    return see_other(PATH)


@router.post(f"{PATH}/check")
async def check(request: Request) -> Response:
    """Whether a key that is pasted is good: what `POST /v1/validate` answers."""
    form, viewer = await Form.read(request), await viewer_of(request)
    good = is_valid(platform_of(request), form.text("key"))
    return await show(request, "api_keys/checked.html", viewer, title="Verify it works", good=good)


async def _consequence(request: Request, name: str, template: str, verb: str) -> Response:
    viewer = await viewer_of(request, Permission.MANAGE_KEYS)
    key = await _find(request, viewer, name)
    timing = platform_of(request).timing
    return await show(
        request,
        template,
        viewer,
        title=f"{verb} {name}",
        key=key,
        live=(await _live_sessions(request, viewer))[name],
        within_s=timing.heartbeat_ms // 1_000,
        overlaps=OVERLAPS_S,
    )


async def _shown_once(request: Request, viewer: Viewer, made: NewSecret) -> Response:
    return await show(
        request, "api_keys/made.html", viewer, title=f"Key {made.alias}", made=made, url=public_url(request)
    )


async def _find(request: Request, viewer: Viewer, name: str) -> SecretRecord:
    for key in await read(request, viewer, lambda: list_secrets(platform_of(request), viewer.account.id)):
        if key.alias == name:
            return key
    raise refusals.not_found("key")


async def _live_sessions(request: Request, viewer: Viewer) -> Counter[str]:
    overview = await read(
        request, viewer, lambda: list_sessions(platform_of(request), viewer.account.id, Window.LIVE, _MOST_SESSIONS)
    )
    return Counter(view.key_alias for view in overview.sessions)
