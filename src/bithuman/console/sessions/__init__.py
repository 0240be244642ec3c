"""`/sessions`: who renders what, and stopping it."""

from fastapi import Request, Response

from bithuman.console.forms import Form
from bithuman.console.page import page_router, platform_of, read, see_other, show, viewer_of
from bithuman.core import refusals
from bithuman.core.people import Permission
from bithuman.core.sessions import State
from bithuman.service.people import Viewer
from bithuman.service.secrets import revoke_all
from bithuman.service.sessions import SessionOverview, SessionView, Window, list_sessions, terminate_session

router = page_router()
PATH = "/sessions"
_SHOWN = 100
_MOST_LIVE = 1_000


@router.get(PATH)
async def sessions(request: Request) -> Response:
    viewer = await viewer_of(request)
    platform = platform_of(request)
    overview, recent = await _overview(request, viewer)
    silent = [view for view in recent if view.state is State.SILENT]
    return await show(
        request,
        "sessions/sessions.html",
        viewer,
        title="Sessions",
        overview=overview,
        live=overview.sessions + silent,
        over=[view for view in recent if view.state is State.ENDED],
        now_ms=platform.now_ms(),
    )


@router.get(f"{PATH}/{{session_id}}/terminate")
async def ask_to_terminate(request: Request, session_id: str) -> Response:
    viewer = await viewer_of(request, Permission.END_SESSIONS)
    platform = platform_of(request)
    overview, recent = await _overview(request, viewer)
    view = next((view for view in overview.sessions + recent if view.session.id == session_id), None)
    if view is None:
        raise refusals.not_found("session")
    within_s = platform.timing.heartbeat_ms // 1_000
    return await show(
        request, "sessions/terminate.html", viewer, title="Terminate a session", view=view, within_s=within_s
    )


@router.post(f"{PATH}/{{session_id}}/terminate")
async def terminate(request: Request, session_id: str) -> Response:
    await Form.read(request)
    viewer = await viewer_of(request, Permission.END_SESSIONS)
    await terminate_session(platform_of(request), viewer.account.id, session_id)
    return see_other(PATH)


@router.get(f"{PATH}/revoke-all")
async def ask_to_revoke_all(request: Request) -> Response:
    viewer = await viewer_of(request, Permission.REVOKE_ALL)
    platform = platform_of(request)
    overview, _ = await _overview(request, viewer)
    live = overview.active_count
    within_s = platform.timing.heartbeat_ms // 1_000
    return await show(request, "sessions/revoke_all.html", viewer, title="Revoke all", live=live, within_s=within_s)


@router.post(f"{PATH}/revoke-all")
async def revoke(request: Request) -> Response:
    await Form.read(request)
    viewer = await viewer_of(request, Permission.REVOKE_ALL)
    await revoke_all(platform_of(request), viewer.account.id)
    return see_other(PATH)


async def _overview(request: Request, viewer: Viewer) -> tuple[SessionOverview, list[SessionView]]:
    """All live sessions, and the newest of the last day, live or not."""
    platform, account_id = platform_of(request), viewer.account.id
    overview = await read(request, viewer, lambda: list_sessions(platform, account_id, Window.LIVE, _MOST_LIVE))
    recent = await read(request, viewer, lambda: list_sessions(platform, account_id, Window.RECENT, _SHOWN))
    return overview, recent.sessions
