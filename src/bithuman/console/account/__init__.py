"""`/account`: members, invitations, and the browsers in which a person is signed in."""

from fastapi import Request, Response

from bithuman.console.forms import Form
from bithuman.console.page import page_router, platform_of, public_url, see_other, show, viewer_of
from bithuman.core import refusals
from bithuman.core.people import Permission, Role
from bithuman.core.refusals import Code, Refusal
from bithuman.http.statuses import STATUS
from bithuman.service import people
from bithuman.service.people import NewLink

router = page_router()
PATH = "/account"


@router.get(PATH)
async def account(request: Request) -> Response:
    return await _page(request)


@router.post(f"{PATH}/invite")
async def invite(request: Request) -> Response:
    form, viewer = await Form.read(request), await viewer_of(request, Permission.MANAGE_MEMBERS)
    email, role = form.text("email"), _role(form.text("role"))
    try:
        link = await people.invite(platform_of(request), email, viewer.account.id, role, by=viewer)
    except Refusal as refusal:
        if refusal.code not in (Code.VALIDATION_ERROR, Code.CONFLICT):
            raise
        return await _page(request, email=email, error=refusal.message, status=STATUS[refusal.code])
    return await _page(request, link=link)


@router.post(f"{PATH}/role")
async def change_role(request: Request) -> Response:
    form, viewer = await Form.read(request), await viewer_of(request, Permission.MANAGE_MEMBERS)
    await people.change_role(platform_of(request), viewer, form.text("person"), _role(form.text("role")))
    return see_other(PATH)


@router.post(f"{PATH}/remove")
async def remove(request: Request) -> Response:
    form, viewer = await Form.read(request), await viewer_of(request)
    await people.remove_member(platform_of(request), viewer, form.text("person"))
    return see_other(PATH)


@router.post(f"{PATH}/revoke-invitation")
async def revoke_invitation(request: Request) -> Response:
    form, viewer = await Form.read(request), await viewer_of(request, Permission.MANAGE_MEMBERS)
    number = form.text("link")
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        raise refusals.not_found("invitation")
    await people.revoke_link(platform_of(request), viewer, int(number))
    return see_other(PATH)


@router.post(f"{PATH}/show")
async def show_account(request: Request) -> Response:
    form, viewer = await Form.read(request), await viewer_of(request)
    await people.show_account(platform_of(request), viewer, form.text("account"))
    return see_other(PATH)


async def _page(
    request: Request, *, email: str = "", error: str = "", status: int = 200, link: NewLink | None = None
) -> Response:
    viewer = await viewer_of(request)
    platform = platform_of(request)
    now_ms = platform.now_ms()
    with platform.database.read() as snapshot:
        members = snapshot.people.members_of(viewer.account.id)
        waiting = [one for one in snapshot.people.waiting_links(viewer.account.id) if one.is_good(now_ms)]
        sign_ins = [one for one in snapshot.people.open_sign_ins(viewer.person.id) if one.is_good(now_ms)]
    return await show(
        request,
        "account/account.html",
        viewer,
        title="Account",
        status=status,
        members=members,
        waiting=waiting,
        sign_ins=sign_ins,
        roles=list(Role),
        email=email,
        error=error,
        url="" if link is None else people.setup_url(public_url(request), link),
        invited="" if link is None else link.link.email,
    )


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        raise refusals.invalid("A role is owner, admin, developer or viewer.") from None
