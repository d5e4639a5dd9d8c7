"""The part of `verify.py` that looks at the walls themselves: who may do what to history, what runs by itself (S12).

Whoever may alter tables can give the application's role more rights, take the wall between agencies down, or let a
trigger rewrite what is written; this reads the catalogue of PostgreSQL. What migrations did is tests' to know.
"""

from collections.abc import Iterator

from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint, text

from app.db import AgencyOwned, Base, db
from app.db.tenancy import ROLE
from app.records.verify_record import Fault

#: what the role may do to history; to other tables: anything but these three
MAY = {"act": {"SELECT", "INSERT"}, "act_content": {"SELECT", "INSERT", "DELETE"}, "seal": {"SELECT", "INSERT"},
       "seal_leaf": {"SELECT", "INSERT"}, "diagram": {"SELECT", "INSERT", "UPDATE"},
       "register_entry": {"SELECT", "INSERT", "UPDATE"}, "agency": {"SELECT", "UPDATE"}, "agency_alias": {"SELECT"}}
#: functions that pass the walls (SECURITY DEFINER): schema.name(arguments) -> sha256 of the body the migrations give
DEFINERS = {
    "public.found_documents(asked text)": "4dcfb960c33f13a69f6177a7478c0447910a7c980de29a2c9ede034021b64876",
    "public.province_figures()": "9a0e883826aed49d66b5c01022b71829faf14a08519a6e8cfcd8013499b1167d",
    "public.province_grants()": "95548fd4b4a8899555ed7247f3d60627dc1df168b5848682e497d527d61b15cf",
}
#: their settings: nothing of the caller's search path counts
_DEFINER_SETTINGS = ["search_path=pg_catalog, public"]
#: objects that PostgreSQL itself brings have lower numbers
_FIRST_OWN_OID = 16384
_NEVER = ("TRUNCATE", "REFERENCES", "TRIGGER")
_WALL = "(agency_id = (current_setting('app.agency_id'::text))::bigint)"


def schema() -> Iterator[Fault]:
    """Rights, walls, triggers, rules, functions that the migrations did not make, and constraints that they did."""
    walled = sorted({mapper.class_.__tablename__ for mapper in Base.registry.mappers
                     if issubclass(mapper.class_, AgencyOwned)})
    yield from _role()
    for table in sorted({*walled, *MAY}):
        yield from _rights(table)
    yield from _walls(walled)
    yield from _helpers(sorted({*walled, *MAY}))
    yield from _uniqueness(sorted({*walled, *MAY}))
    yield from _definers()
    yield from _events()


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


def _uniqueness(tables: list[str]) -> Iterator[Fault]:
    """What is there once only can be there once only: primary keys and unique constraints, as the models say."""
    rows = db.session.execute(text("""
        select c.relname, array(select attname::text from pg_attribute a where a.attrelid = c.oid
                                and a.attnum = any(i.indkey::int[]) order by attname) as names
        from pg_index i join pg_class c on c.oid = i.indrelid
        where c.relnamespace = 'public'::regnamespace and c.relname = any(:tables) and i.indisunique
            and i.indisvalid and i.indisready and i.indpred is null and i.indexprs is null"""), {"tables": tables})
    kept = {(row.relname, *row.names) for row in rows}
    for table in tables:
        for constraint in Base.metadata.tables[table].constraints:
            names = sorted(column.name for column in constraint.columns) \
                if isinstance(constraint, (PrimaryKeyConstraint, UniqueConstraint)) else []
            if names and (table, *names) not in kept:
                yield _fault(table, f"Bảng {table} không còn ràng buộc duy nhất trên {', '.join(names)}.")


def _definers() -> Iterator[Fault]:
    """Functions that pass the walls are those of the migrations, word for word."""
    rows = db.session.execute(text("""
        select n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' as name,
               encode(sha256(convert_to(p.prosrc, 'UTF8')), 'hex') as body, p.prosecdef as is_definer,
               coalesce(p.proconfig, '{}') as settings
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where p.oid >= :own and (p.prosecdef or n.nspname || '.' || p.proname || '('
            || pg_get_function_identity_arguments(p.oid) || ')' = any(:known))
        order by 1"""), {"own": _FIRST_OWN_OID, "known": list(DEFINERS)}).all()
    for row in rows:
        if row.name not in DEFINERS:
            yield Fault("schema", f"function:{row.name}",
                        f"Hàm {row.name} vượt bức tường giữa các cơ quan mà không do hệ thống đặt.")
        elif (row.body, row.is_definer, row.settings) != (DEFINERS[row.name], True, _DEFINER_SETTINGS):
            yield Fault("schema", f"function:{row.name}", f"Hàm {row.name} đã bị sửa.")
    for name in sorted(set(DEFINERS) - {row.name for row in rows}):
        yield Fault("schema", f"function:{name}", f"Hàm {name} không còn.")


def _events() -> Iterator[Fault]:
    """Nothing runs by itself when the schema is changed."""
    for name in db.session.scalars(text("select evtname from pg_event_trigger order by 1")):
        yield Fault("schema", f"trigger:{name}", f"Cơ sở dữ liệu có bộ kích hoạt “{name}” không do hệ thống đặt.")
