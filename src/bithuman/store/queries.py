"""Every statement that the platform asks its database, by name."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    union_all,
    update,
)

from bithuman.core.accounts import DEAD, SecretRecord
from bithuman.core.billing import Entry
from bithuman.core.people import Link, Membership, Person, SignIn
from bithuman.core.sessions import Session
from bithuman.store.rows import DETAILS, MOVED, RENEWED
from bithuman.store.schema import (
    accounts,
    audit,
    ledger,
    link_is_waiting,
    links,
    members,
    people,
    secret_has_an_end,
    secret_has_no_end,
    secret_is_not_dead,
    secrets,
    session_has_ended,
    session_is_adoptable,
    session_is_open,
    sessions,
    sign_in_is_open,
    sign_ins,
)

SESSION_COLUMNS = tuple(sessions.c[name] for name in Session.__struct_fields__)
SECRET_COLUMNS = tuple(secrets.c[name] for name in SecretRecord.__struct_fields__)
PERSON_COLUMNS = tuple(people.c[name] for name in Person.__struct_fields__)
MEMBER_COLUMNS = tuple(members.c[name] for name in Membership.__struct_fields__)
LINK_COLUMNS = tuple(links.c[name] for name in Link.__struct_fields__)
SIGN_IN_COLUMNS = tuple(sign_ins.c[name] for name in SignIn.__struct_fields__)
ENTRY_COLUMNS = tuple(ledger.c[name] for name in Entry.__struct_fields__)

# Authentication: one look-up by the secret's hash.
secret_by_hash = (
    select(*SECRET_COLUMNS, secrets.c.hash, accounts.c.suspended)
    .join_from(secrets, accounts, secrets.c.user_id == accounts.c.id)
    .where(secrets.c.hash == bindparam("hash"))
)

# The unit of work: many at once, by key.
accounts_by_id = select(accounts).where(accounts.c.id.in_(bindparam("ids", expanding=True)))
secrets_by_id = select(*SECRET_COLUMNS).where(secrets.c.id.in_(bindparam("ids", expanding=True)))
sessions_by_id = select(*SESSION_COLUMNS).where(sessions.c.id.in_(bindparam("ids", expanding=True)))

insert_account = insert(accounts)
update_account = (
    update(accounts)
    .where(accounts.c.id == bindparam("row_id"))
    .values(
        {
            name: bindparam(name)
            for name in ("suspended", "plan_balance", "topup_balance", "plan_month", "revoked_through")
        }
    )
)
# Apart from the statement above, which heartbeats make: to name an indexed column costs as much as to change it.
identify_account = (
    update(accounts)
    .where(accounts.c.id == bindparam("row_id"))
    .values({name: bindparam(name) for name in ("email", "plan", "deleted_ms")})
)
insert_secret = insert(secrets)
touch_secret = update(secrets).where(secrets.c.id == bindparam("row_id")).values(last_used_ms=bindparam("last_used_ms"))
kill_secret = update(secrets).where(secrets.c.id == bindparam("row_id")).values(dies_ms=bindparam("dies_ms"))
kill_outlasting_secrets = (
    update(secrets)
    .where(
        secrets.c.user_id == bindparam("of_user"),
        secrets.c.alias == bindparam("of_alias"),
        secret_has_an_end,
    )
    .values(dies_ms=DEAD)
)
insert_session = insert(sessions)
_this_session = sessions.c.id == bindparam("row_id")
# A heartbeat changes one indexed column, `seen_ms`; naming another in the statement would cost as much as changing it.
renew_session = update(sessions).where(_this_session).values({name: bindparam(name) for name in RENEWED})
update_session = update(sessions).where(_this_session).values({name: bindparam(name) for name in RENEWED + MOVED})
insert_entry = insert(ledger)
insert_audit = insert(audit)
# The same event of the same subject within a minute is counted in one row.
count_audit = (
    update(audit)
    .where(
        audit.c.id
        == select(audit.c.id)
        .where(
            audit.c.subject == bindparam("of_subject"),
            audit.c.event == bindparam("of_event"),
            audit.c.user_id == bindparam("of_user"),
            audit.c.at_ms > bindparam("since_ms"),
        )
        .order_by(audit.c.at_ms.desc())
        .limit(1)
        .scalar_subquery()
    )
    .values(count=audit.c.count + bindparam("more"))
)

session_id_of_client = select(sessions.c.id).where(
    sessions.c.user_id == bindparam("user_id"),
    sessions.c.fingerprint == bindparam("fingerprint"),
    sessions.c.transaction_id == bindparam("transaction_id"),
)
newest_of_transaction = (
    select(sessions.c.fingerprint)
    .where(sessions.c.user_id == bindparam("user_id"), sessions.c.transaction_id == bindparam("transaction_id"))
    .order_by(sessions.c.started_ms.desc())
    .limit(1)
)

# The exchange: is this session known, may one be adopted, is there a place?
session_of_client = select(*SESSION_COLUMNS).where(sessions.c.id.in_(session_id_of_client))
provisional_session = (
    select(*SESSION_COLUMNS)
    .where(
        sessions.c.user_id == bindparam("user_id"),
        sessions.c.fingerprint == bindparam("fingerprint"),
        session_is_adoptable,
        sessions.c.seen_ms >= bindparam("seen_since_ms"),
    )
    .order_by(sessions.c.seen_ms.desc())
    .limit(1)
)
_seen_and_open = and_(session_is_open, sessions.c.seen_ms >= bindparam("seen_since_ms"))
# Those that may hold a place of the plan, or a token that is still good. `core` decides which do.
open_sessions = select(*SESSION_COLUMNS).where(sessions.c.user_id == bindparam("user_id"), _seen_and_open)
count_open_sessions = (
    select(func.count()).select_from(sessions).where(sessions.c.user_id == bindparam("user_id"), _seen_and_open)
)
# Of all accounts: those that nobody has closed and whose token is over. A session that was seen later than the clock
# can have shown was seen before the date was set back: its token is over too.
expired_sessions = select(sessions.c.id).where(
    session_is_open,
    (sessions.c.expires_ms < bindparam("now_ms")) | (sessions.c.seen_ms > bindparam("never_seen_ms")),
)
count_all_live = (
    select(func.count()).select_from(sessions).where(_seen_and_open, sessions.c.expires_ms >= bindparam("now_ms"))
)

# Secrets of an account.
_living: ColumnElement[bool] = secret_has_no_end | (secrets.c.dies_ms > bindparam("now_ms"))
living_secrets = (
    select(*SECRET_COLUMNS)
    .where(secrets.c.user_id == bindparam("user_id"), secret_is_not_dead, _living)
    .order_by(secrets.c.id)
)
secret_by_alias = select(*SECRET_COLUMNS).where(
    secrets.c.user_id == bindparam("user_id"), secrets.c.alias == bindparam("alias"), secret_has_no_end
)
newest_secret_id = select(func.coalesce(func.max(secrets.c.id), 0)).where(
    secrets.c.user_id == bindparam("user_id"), secret_is_not_dead
)

# Accounts for the operator.
account_by_email = select(accounts).where(accounts.c.email == bindparam("email"), accounts.c.deleted_ms.is_(None))
all_accounts = select(accounts).order_by(accounts.c.email)
any_account = select(accounts.c.id).limit(1)

# What an account may see of itself. Lists come newest first.
_of_user = sessions.c.user_id == bindparam("user_id")
_limit = bindparam("limit", type_=Integer)
_sessions_with_alias = select(
    *SESSION_COLUMNS, secrets.c.alias.label("key_alias"), *(sessions.c[name] for name in DETAILS)
).join_from(sessions, secrets, sessions.c.secret_id == secrets.c.id)
live_sessions = _sessions_with_alias.where(_of_user, _seen_and_open).order_by(sessions.c.started_ms.desc())
sessions_started_since = (
    _sessions_with_alias.where(_of_user, sessions.c.started_ms >= bindparam("since_ms"))
    .order_by(sessions.c.started_ms.desc())
    .limit(_limit)
)


def _lasting(which: ColumnElement[bool]) -> Select[Any]:
    """The last seen of the sessions that started before a moment and were seen after it."""
    since_ms = bindparam("since_ms", type_=BigInteger)
    found = (
        select(sessions.c.id)
        .where(_of_user, which, sessions.c.seen_ms >= since_ms, sessions.c.started_ms < since_ms)
        .order_by(sessions.c.seen_ms.desc())
        .limit(_limit)
    )
    return select(found.subquery().c.id)


sessions_lasting_since = (
    _sessions_with_alias.where(sessions.c.id.in_(union_all(_lasting(session_is_open), _lasting(session_has_ended))))
    .order_by(sessions.c.started_ms.desc())
    .limit(_limit)
)
used_since = select(func.coalesce(-func.sum(ledger.c.plan_change + ledger.c.topup_change), 0)).where(
    ledger.c.user_id == bindparam("user_id"), ledger.c.activity == "runtime", ledger.c.at_ms >= bindparam("since_ms")
)
_entry_filter = and_(
    ledger.c.user_id == bindparam("user_id"),
    ledger.c.at_ms >= bindparam("start_ms"),
    ledger.c.at_ms < bindparam("end_ms"),
)
_entry_filter_agent = and_(_entry_filter, ledger.c.agent_code == bindparam("agent_code"))
_page = (
    select(*ENTRY_COLUMNS)
    .order_by(ledger.c.at_ms.desc(), ledger.c.id.desc())
    .limit(_limit)
    .offset(bindparam("offset", type_=Integer))
)
entries = _page.where(_entry_filter)
entries_of_agent = _page.where(_entry_filter_agent)
count_entries = select(func.count()).select_from(ledger).where(_entry_filter)
count_entries_of_agent = select(func.count()).select_from(ledger).where(_entry_filter_agent)

# The invariant: the balance is the sum of the ledger.
ledger_sums = (
    select(
        accounts.c.id,
        accounts.c.plan_balance,
        accounts.c.topup_balance,
        func.coalesce(func.sum(ledger.c.plan_change), 0).label("plan_sum"),
        func.coalesce(func.sum(ledger.c.topup_change), 0).label("topup_sum"),
    )
    .join_from(accounts, ledger, accounts.c.id == ledger.c.user_id, isouter=True)
    .group_by(accounts.c.id)
)

# All that there is of an account, oldest first: its export.
all_secrets = select(*SECRET_COLUMNS).where(secrets.c.user_id == bindparam("user_id")).order_by(secrets.c.id)
all_sessions = _sessions_with_alias.where(_of_user).order_by(sessions.c.started_ms)
all_entries = (
    select(*ENTRY_COLUMNS).where(ledger.c.user_id == bindparam("user_id")).order_by(ledger.c.at_ms, ledger.c.id)
)
all_events = (
    select(audit.c.at_ms, audit.c.event, audit.c.subject, audit.c.count)
    .where(audit.c.user_id == bindparam("user_id"))
    .order_by(audit.c.id)
)

# What a deleted account leaves behind names nobody. Its alias and address are subjects of the audit.
unclosed_sessions = select(sessions.c.id).where(_of_user, session_is_open)
_of_forgotten_user: BindParameter[Any] = bindparam("of_user")
forget_secrets = (
    update(secrets)
    .where(secrets.c.user_id == _of_forgotten_user)
    .values(alias=bindparam("pseudonym"), key_display="", dies_ms=DEAD)
)
forget_sessions = (
    update(sessions).where(sessions.c.user_id == _of_forgotten_user).values(end_user=None, room_name=None, tags=None)
)
forget_subjects = (
    update(audit)
    .where(audit.c.subject.in_(bindparam("subjects", expanding=True)), audit.c.user_id == _of_forgotten_user)
    .values(subject=bindparam("pseudonym"))
)

# People, and how they come in.
any_operator = select(people.c.id).where(people.c.is_operator).limit(1)
person_by_id = select(*PERSON_COLUMNS).where(people.c.id == bindparam("person_id"))
person_by_email = select(*PERSON_COLUMNS, people.c.password).where(people.c.email == bindparam("email"))
insert_person = insert(people)
change_password = update(people).where(people.c.id == bindparam("row_id")).values(password=bindparam("new_password"))
membership = select(*MEMBER_COLUMNS).where(
    members.c.account_id == bindparam("account_id"), members.c.person_id == bindparam("person_id")
)
memberships_of_person = (
    select(*MEMBER_COLUMNS, accounts.c.email)
    .join_from(members, accounts, members.c.account_id == accounts.c.id)
    .where(members.c.person_id == bindparam("person_id"), accounts.c.deleted_ms.is_(None))
    .order_by(members.c.since_ms)
)
members_of_account = (
    select(*MEMBER_COLUMNS, people.c.email)
    .join_from(members, people, members.c.person_id == people.c.id)
    .where(members.c.account_id == bindparam("account_id"))
    .order_by(members.c.since_ms)
)
insert_member = insert(members)
_this_member = and_(members.c.account_id == bindparam("of_account"), members.c.person_id == bindparam("of_person"))
change_role = update(members).where(_this_member).values(role=bindparam("new_role"))
remove_member = delete(members).where(_this_member)
forget_person = (
    update(people).where(people.c.id == bindparam("row_id")).values(email=bindparam("pseudonym"), password="")
)
forget_links = update(links).where(links.c.account_id == bindparam("of_account")).values(email=None)
forget_sign_ins = update(sign_ins).where(sign_ins.c.person_id == bindparam("of_person")).values(agent="", network="")
link_by_hash = select(*LINK_COLUMNS).where(links.c.hash == bindparam("hash"))
waiting_links = (
    select(*LINK_COLUMNS)
    .where(links.c.account_id == bindparam("account_id"), link_is_waiting)
    .order_by(links.c.id.desc())
)
invited_addresses = (
    select(links.c.email).where(links.c.account_id == bindparam("account_id"), links.c.email.is_not(None)).distinct()
)
insert_link = insert(links)
use_link = update(links).where(links.c.id == bindparam("row_id")).values(used_ms=bindparam("at_ms"))
revoke_link = (
    update(links)
    .where(links.c.id == bindparam("row_id"), links.c.account_id == bindparam("of_account"), link_is_waiting)
    .values(revoked_ms=bindparam("at_ms"))
)
# Those that lead into no account: the links of a set-up.
revoke_setup_links = (
    update(links)
    .where(links.c.account_id.is_(None), links.c.purpose == bindparam("of_purpose"), link_is_waiting)
    .values(revoked_ms=bindparam("at_ms"))
)
sign_in_by_hash = select(*SIGN_IN_COLUMNS).where(sign_ins.c.hash == bindparam("hash"))
open_sign_ins = (
    select(*SIGN_IN_COLUMNS)
    .where(sign_ins.c.person_id == bindparam("person_id"), sign_in_is_open)
    .order_by(sign_ins.c.seen_ms.desc())
)
insert_sign_in = insert(sign_ins)
touch_sign_in = update(sign_ins).where(sign_ins.c.id == bindparam("row_id")).values(seen_ms=bindparam("at_ms"))
end_sign_in = (
    update(sign_ins)
    .where(sign_ins.c.id == bindparam("row_id"), sign_ins.c.person_id == bindparam("of_person"), sign_in_is_open)
    .values(ended_ms=bindparam("at_ms"))
)
end_sign_ins = (
    update(sign_ins)
    .where(sign_ins.c.person_id == bindparam("of_person"), sign_in_is_open)
    .values(ended_ms=bindparam("at_ms"))
)
show_account = update(sign_ins).where(sign_ins.c.id == bindparam("row_id")).values(account_id=bindparam("of_account"))
