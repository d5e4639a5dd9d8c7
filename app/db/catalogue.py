"""What PostgreSQL's catalogue says of this database, as lines of text; and as the migrations make it (S12).

`catalogue.txt` is written from a database that the migrations made (`bin/qlvb db catalogue`), never by hand; a test
holds them together. Columns, defaults, constraints, indexes, walls, rights, owners, persistence, triggers, rules,
functions with their bodies, types, sequences, extensions: whatever lets rows be other than they were meant to be. It
judges nothing (`records/verify_schema.py`) and reads no row of ours.
"""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, create_engine, text

PLACE = Path(__file__).with_name("catalogue.txt")

#: of objects that no extension brought; the login of this session stands as "owner", as whom migrations run
_LISTING = """
with own as (select oid from pg_namespace where nspname = 'public'),
brought as (select classid, objid from pg_depend where deptype = 'e'),
rel as (
    select c.*, 'table:' || c.relname as name from pg_class c where relnamespace in (select oid from own)
    and relkind in ('r', 'p', 'v', 'm', 'f', 'S') and (1259, oid) not in (select classid::int, objid from brought)),
routine as (
    select p.*, n.nspname, 'function:' || n.nspname || '.' || proname || '('
        || pg_get_function_identity_arguments(p.oid) || ')' as name
    from pg_proc p join pg_namespace n on n.oid = pronamespace
    where p.oid >= 16384 and n.nspname not like 'pg\\_temp%' and (1255, p.oid) not in (
        select classid::int, objid from brought)),
granted as (
    select name, relowner as owner, a.grantee, a.privilege_type, a.is_grantable from rel, aclexplode(relacl) a
    union all select name || '.' || attname, relowner, a.grantee, a.privilege_type, a.is_grantable
    from rel join pg_attribute on attrelid = rel.oid, aclexplode(attacl) a
    union all select name, proowner, a.grantee, a.privilege_type, a.is_grantable
    from routine, aclexplode(coalesce(proacl, acldefault('f', proowner))) a)
select name, concat_ws(' ', 'is', relkind, relpersistence, case when relrowsecurity then 'walled' end,
    case when relforcerowsecurity then 'for its owner too' end, 'of', case pg_get_userbyid(relowner)
    when session_user then 'owner' else pg_get_userbyid(relowner) end, array_to_string(reloptions, ',')) from rel
union all select name, concat_ws(' ', 'column', attname, format_type(atttypid, atttypmod),
    case when attnotnull then 'not null' end, case when attidentity <> '' then concat('identity ', attidentity) end,
    case when attgenerated <> '' then 'generated' when atthasdef then 'default' end, pg_get_expr(adbin, adrelid))
    from rel join pg_attribute on attrelid = rel.oid and attnum > 0 and not attisdropped and relkind <> 'S'
    left join pg_attrdef on adrelid = attrelid and adnum = attnum
union all select name, concat_ws(' ', 'constraint', conname, pg_get_constraintdef(c.oid))
    from rel join pg_constraint c on conrelid = rel.oid and contype not in ('n', 't')
union all select name, concat_ws(' ', 'index', pg_get_indexdef(indexrelid),
    case when not (indisvalid and indisready and indislive) then 'not in use' end)
    from rel join pg_index on indrelid = rel.oid
union all select name, concat_ws(' ', 'policy', polname, polcmd, polpermissive, polroles,
    pg_get_expr(polqual, polrelid), 'check', pg_get_expr(polwithcheck, polrelid))
    from rel join pg_policy on polrelid = rel.oid
union all select name, concat_ws(' ', 'trigger', case when tgisinternal then 'of a reference' else
    pg_get_triggerdef(t.oid) end, tgenabled)
    from rel join pg_trigger t on tgrelid = rel.oid and (not tgisinternal or tgenabled <> 'O')
union all select name, concat_ws(' ', 'rule', pg_get_ruledef(r.oid)) from rel join pg_rewrite r on ev_class = rel.oid
union all select name, concat_ws(' ', 'inherits', inhparent::regclass) from rel join pg_inherits on inhrelid = rel.oid
union all select name, concat_ws(' ', 'counts by', seqincrement, 'from', seqstart, case when seqcycle then 'again' end)
    from rel join pg_sequence on seqrelid = rel.oid
union all select name, concat_ws(' ', 'granted', string_agg(concat(privilege_type, case when is_grantable then '*' end),
    ',' order by privilege_type), 'to', case grantee when 0 then 'everybody' else pg_get_userbyid(grantee) end)
    from granted where grantee <> owner group by name, grantee
union all select name, concat_ws(' ', 'is', prokind, provolatile, proparallel, case when prosecdef then 'passing walls'
    end, case when proisstrict then 'strict' end, lanname, 'of', case pg_get_userbyid(proowner)
    when session_user then 'owner' else pg_get_userbyid(proowner) end, array_to_string(proconfig, ','), 'returns',
    pg_get_function_result(routine.oid), encode(sha256(convert_to(concat(prosrc, probin,
    pg_get_function_sqlbody(routine.oid)), 'UTF8')), 'hex'))
    from routine join pg_language l on l.oid = prolang
union all select concat('type:', typname), concat_ws(' ', 'is', typtype, (
    select string_agg(enumlabel, ',' order by enumsortorder) from pg_enum where enumtypid = t.oid))
    from pg_type t where typnamespace in (select oid from own) and typtype in ('e', 'd', 'r', 'm')
    and (1247, t.oid) not in (select classid::int, objid from brought)
union all select concat('operator:', oprname), o.oid::regoperator::text from pg_operator o where o.oid >= 16384
    and (2617, o.oid) not in (select classid::int, objid from brought)
union all select concat('cast:', castsource::regtype), concat('to ', casttarget::regtype) from pg_cast c
    where c.oid >= 16384 and (2605, c.oid) not in (select classid::int, objid from brought)
union all select concat('schema:', nspname), 'is there' from pg_namespace n where n.oid >= 16384
    and nspname not like 'pg\\_%' and nspname <> 'public'
union all select concat('extension:', extname), 'is there' from pg_extension where extname <> 'plpgsql'
union all select concat('trigger:', evtname), concat('on ', evtevent) from pg_event_trigger
"""


def listing(connection: Connection) -> set[tuple[str, str]]:
    """(what it is about: "table:act", what is so of it) of the connection's database, in this search path only."""
    connection.execute(text("select set_config('search_path', 'public', true)"))
    return {(row[0], " ".join(row[1].split())) for row in connection.execute(text(_LISTING))}


def expected() -> set[tuple[str, str]]:
    """The same of a database that the migrations made."""
    lines = PLACE.read_text(encoding="utf-8").splitlines()
    return {(name, said) for name, _, said in (line.partition("\t") for line in lines)}


def tell(url: str, say: Callable[[str], object]) -> None:
    """The lines of a database in their order."""
    engine = create_engine(url)
    with engine.connect() as connection:
        for name, said in sorted(listing(connection)):
            say(f"{name}\t{said}")
    engine.dispose()
