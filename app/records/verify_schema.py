"""The part of `verify.py` that looks at the walls themselves: who may do what to history, what runs by itself (S12).

Whoever may alter tables can give the application's role more rights, take the wall between agencies down, or let a
trigger rewrite what is written. So what PostgreSQL's catalogue says is held against what the migrations made
(`db/catalogue.txt`), line by line; of the cluster, only what opens these tables to a role is looked at.
"""

from collections.abc import Iterator

from sqlalchemy import text

from app.db import catalogue, db
from app.db.tenancy import ROLE
from app.records.verify_record import Fault

#: lines of one object that are named in its fault
_NAMED = 5
#: settings of a role or database that change what is read and what guards it
_SETTINGS = ("search_path", "session_replication_role", "row_security", "role", "session_preload_libraries",
             "local_preload_libraries")


def schema() -> Iterator[Fault]:
    """What is not as the migrations made it, by object; roles and settings that pass what they made."""
    found, expected = catalogue.listing(db.session.connection()), catalogue.expected()
    for name in sorted({name for name, _said in found ^ expected}):
        lost = [f"mất “{said}”" for about, said in sorted(expected - found) if about == name]
        more = [f"có thêm “{said}”" for about, said in sorted(found - expected) if about == name]
        told = [*lost, *more]
        rest = f"; và {len(told) - _NAMED} điểm khác" if len(told) > _NAMED else ""
        yield Fault("schema", name, f"Lược đồ của {name} khác với bản cài đặt: {'; '.join(told[:_NAMED])}{rest}.")
    yield from _role()
    yield from _members()
    yield from _settings()


def _role() -> Iterator[Fault]:
    """The role can neither do everything, nor pass the walls, nor become another."""
    row = db.session.execute(text("""
        select rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolcanlogin or exists (
            select 1 from pg_auth_members m where m.member = r.oid) or exists (
            select 1 from pg_class c where c.relowner = r.oid) as is_more
        from pg_roles r where rolname = :role"""), {"role": ROLE}).first()
    if row is None or row.is_more:
        yield Fault("schema", f"role:{ROLE}", f"Vai trò “{ROLE}” của cơ sở dữ liệu có nhiều quyền hơn mức cho phép.")


def _members() -> Iterator[Fault]:
    """Nobody but this installation's login may become the role, and nobody this login."""
    rows = db.session.execute(text("""
        select m.member::regrole::text as name, m.roleid::regrole::text as other from pg_auth_members m
        where m.roleid::regrole::text = any(:held) and m.member <> session_user::regrole and not (
            select rolsuper from pg_roles r where r.oid = m.member) order by 1, 2"""),
        {"held": [ROLE, db.session.scalar(text("select session_user"))]})
    for row in rows:
        yield Fault("schema", f"role:{row.name}", f"Vai trò “{row.name}” được nhận quyền của “{row.other}”.")


def _settings() -> Iterator[Fault]:
    """Nothing is set for a role, the database or the whole server that changes what is read, or that switches guards
    off: where it is kept, and where it is in force.
    """
    rows = db.session.execute(text("""
        select coalesce(nullif(s.setrole, 0)::regrole::text, 'mọi vai trò') as name, one as said
        from pg_db_role_setting s, unnest(s.setconfig) one
        where s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
        and s.setrole in (0, session_user::regrole, coalesce(to_regrole(:role), 0))
        and split_part(one, '=', 1) = any(:watched) order by 1, 2"""), {"role": ROLE, "watched": list(_SETTINGS)})
    for row in rows:
        yield Fault("schema", f"role:{row.name}", f"Cơ sở dữ liệu được đặt “{row.said}” cho {row.name}.")
    rows = db.session.execute(text("""
        select name, reset_val from pg_settings where name = any(:watched) and name not in ('role', 'search_path')
        and source not in ('database', 'user', 'database user') and reset_val <> boot_val order by name"""),
        {"watched": list(_SETTINGS)})
    for row in rows:
        yield Fault("schema", f"setting:{row.name}", f"Máy chủ cơ sở dữ liệu được đặt “{row.name}={row.reset_val}”.")
