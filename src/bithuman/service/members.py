"""Who acts: a member of an account, as the membership is when the act is decided."""

from bithuman.core import refusals
from bithuman.core.people import Membership, Permission
from bithuman.store.unit import Unit


def acting_member(unit: Unit, account_id: str, person_id: str, permission: Permission) -> Membership:
    """The person's membership, which may have changed since the page was asked for.

    Raises:
        Refusal: NOT_FOUND: the person is no longer a member; or ACCESS_DENIED.
    """
    membership = unit.people.membership(account_id, person_id)
    if membership is None:
        raise refusals.not_found("account")
    membership.check(permission)
    return membership
