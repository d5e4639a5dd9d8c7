"""The part of `verify.py` that looks at the walls themselves: who may do what to history, what runs by itself (S12).

Whoever may alter tables can give the application's role more rights, take the wall between agencies down, or let a
trigger rewrite what is written; this reads the catalogue of PostgreSQL. What migrations did is tests' to know.
"""

from collections.abc import Iterator

from sqlalchemy import text

from app.db import AgencyOwned, Base, db
from app.db.tenancy import ROLE
from app.records.verify_record import Fault

#: what the role may do to history; to other tables: anything but these three
MAY = {"act": {"SELECT", "INSERT"}, "act_content": {"SELECT", "INSERT", "DELETE"}, "seal": {"SELECT", "INSERT"},
       "seal_leaf": {"SELECT", "INSERT"}, "diagram": {"SELECT", "INSERT", "UPDATE"},
       "register_entry": {"SELECT", "INSERT", "UPDATE"}, "agency": {"SELECT", "UPDATE"}}
_NEVER = ("TRUNCATE", "REFERENCES", "TRIGGER")
_WALL = "(agency_id = (current_setting('app.agency_id'::text))::bigint)"


def schema() -> Iterator[Fault]:
    """Rights, walls, triggers and rules that the migrations did not make."""
    walled = sorted({mapper.class_.__tablename__ for mapper in Base.registry.mappers
                     if issubclass(mapper.class_, AgencyOwned)})
    yield from _role()
    for table in sorted({*walled, *MAY}):
        yield from _rights(table)
    yield from _walls(walled)
    yield from _helpers(sorted({*walled, *MAY}))


def _fault(table: str, message: str) -> Fault:
    return Fault("schema", f"table:{table}", message)


def _role() -> Iterator[Fault]:
    """The role can neither do everything, nor pass the walls, nor become another."""
    row = db.session.execute(text("""
        select rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolcanlogin or exists (
            select 1 from pg_auth_members m where m.member = r.oid) or exists (
            select 1 from pg_class c where c.relowner = r.oid) as is_more
        from pg_roles r where rolname = :role"""), {"role": ROLE}).first()
    if row is None or row.is_more:
        yield Fault("schema", f"role:{ROLE}", f"Vai trò “{ROLE}” của cơ sở dữ liệu có nhiều quyền hơn mức cho phép.")


def _rights(table: str) -> Iterator[Fault]:
    names = sorted({"SELECT", "INSERT", "UPDATE", "DELETE"} - MAY[table]) if table in MAY else []
    has = db.session.execute(text("""
        select name from unnest(cast(:names as text[])) name where has_table_privilege(:role, :table, name)
        or (name in ('INSERT', 'UPDATE', 'REFERENCES') and has_any_column_privilege(:role, :table, name))"""),
        {"names": [*names, *_NEVER], "role": ROLE, "table": table}).scalars().all()
    if has:
        yield _fault(table, f"Vai trò “{ROLE}” được cấp quyền {', '.join(has)} trên bảng {table}.")


def _walls(walled: list[str]) -> Iterator[Fault]:
    """Each table has its wall up, and that one only."""
    rows = db.session.execute(text("""
        select c.relname, c.relrowsecurity as is_up, p.count, p.is_wall
        from pg_class c left join lateral (
            select count(*) as count, bool_and(polpermissive and polcmd = '*' and polroles = '{0}'
                and pg_get_expr(polqual, polrelid) = :wall and pg_get_expr(polwithcheck, polrelid) = :wall) as is_wall
            from pg_policy where polrelid = c.oid) p on true
        where c.relnamespace = 'public'::regnamespace and c.relname = any(:tables) order by 1"""),
        {"tables": walled, "wall": _WALL})
    for row in rows:
        if not row.is_up or row.count != 1 or not row.is_wall:
            yield _fault(row.relname, f"Bức tường giữa các cơ quan trên bảng {row.relname} bị tắt hoặc bị sửa.")


def _helpers(tables: list[str]) -> Iterator[Fault]:
    """Nothing runs by itself when a row is written, and nothing that guards references is switched off."""
    rows = db.session.execute(text("""
        select c.relname, t.tgname as name, t.tgisinternal as is_guard from pg_trigger t join pg_class c on
            c.oid = t.tgrelid where c.relname = any(:tables) and (not t.tgisinternal or t.tgenabled <> 'O')
        union all select c.relname, w.rulename, false from pg_rewrite w join pg_class c on c.oid = w.ev_class
            where c.relname = any(:tables) order by 1, 2"""), {"tables": tables})
    for row in rows:
        said = "bị tắt" if row.is_guard else "không do hệ thống đặt"
        yield _fault(row.relname, f"Trên bảng {row.relname} có “{row.name}” {said}.")
