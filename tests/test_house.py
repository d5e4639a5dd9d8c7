"""What docs/architecture.md promises of the code itself: floors, sizes, names, safety, walls.

The article map is test_house_map.py's, words and translations are test_house_words.py's. Nothing here runs a
procedure; only the wall asks a database.
"""

import ast
import gc
import re
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from importlib import import_module
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from app.db import db, embedded, migrate, queue, tenancy

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs/architecture.md").read_text()
#: generated once from the models and read by nobody: every table in one file
GENERATED = ("app/db/migrations/versions/20261125_1616_b5a1174a1770_tables.py",)
#: goes to strangers as one file, which is its reason
STANDS_ALONE = ("app/records/bundle_verifier.py",)
MOST_LINES, MOST_FUNCTION_LINES, MOST_ALONE_LINES = 400, 60, 500
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def trees(folder: str) -> list[tuple[str, list[ast.AST]]]:
    """(name, all nodes, the module first) of every file."""
    gc.disable()  # to look for garbage among so many nodes, all of them kept, takes twice as long as to make them
    try:
        return [(name_of(path), list(ast.walk(ast.parse(path.read_text())))) for path in sources(folder)]
    finally:
        gc.freeze()  # nor is it looked for there by the tests that follow
        gc.enable()


def called(node: ast.expr) -> str:
    """Dotted name of what a call calls: "os.system", ".format" on a value that has no name."""
    if isinstance(node, ast.Attribute):
        return f"{called(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def test_every_package_stands_on_its_floor():
    done = subprocess.run([Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=ROOT,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]


def test_the_list_of_commands_is_said_without_loading_the_house():
    loaded = subprocess.run([sys.executable, "-c", "import app.cli, sys; print(*sys.modules)"], cwd=ROOT, check=True,
                            capture_output=True, text=True).stdout.split()
    assert not {"sqlalchemy", "flask", "pyhanko", "lxml", "numpy"} & set(loaded)


def test_no_file_is_over_400_lines_and_no_function_over_60():
    long = []
    for name, nodes in trees("app") + trees("tests"):
        if name in GENERATED:
            continue
        lines = len((ROOT / name).read_text().splitlines())
        long += [f"{name}: {lines} lines"] * (lines > (MOST_ALONE_LINES if name in STANDS_ALONE else MOST_LINES))
        for node in nodes:
            if isinstance(node, FUNCTIONS) and node.end_lineno - node.lineno + 1 > MOST_FUNCTION_LINES:
                long.append(f"{name}: {node.name} has {node.end_lineno - node.lineno + 1} lines")
    assert not long, "\n".join(long)
    assert all((ROOT / name).exists() for name in GENERATED + STANDS_ALONE)


def test_every_module_says_what_it_is():
    silent = [name for name, nodes in trees("app") if not (ast.get_docstring(nodes[0]) or "").strip()]
    assert not silent, "\n".join(silent)


def test_no_name_that_says_nothing():
    empty = {"utils", "util", "helpers", "helper", "common", "manager", "service", "base", "misc"}
    assert [name_of(path) for path in sources("app") if path.stem in empty] == []


def test_every_setting_is_explained():
    text = (ROOT / "config.py").read_text().splitlines()
    config = next(n for n in ast.parse("\n".join(text)).body if isinstance(n, ast.ClassDef) and n.name == "Config")
    settings = [node for node in config.body if isinstance(node, ast.AnnAssign)]
    assert len(settings) > 10
    assert [s.target.id for s in settings if not text[s.lineno - 2].strip().startswith("#: ")] == []


def test_every_kind_of_act_is_on_the_page():
    from app.records.history import KINDS

    found = re.search(r"\*\*Kinds\*\* are a closed list.*?`([^`]+)`", PAGE)
    assert sorted(found[1].split(", ")) == sorted(KINDS)


def test_every_job_is_on_the_page():
    jobs = set(re.findall(r'@queue\.job\("\w+", "(\w+)"', (ROOT / "app/worker.py").read_text()))
    line = next(line for line in PAGE.splitlines() if line.startswith("- Jobs:"))
    built = re.sub(r"\(`[^)]*\)", "", line.split("`worker.py`")[0])
    assert jobs == set(re.findall(r"`(\w+)`", built))


def drawn() -> Iterator[tuple[str, bool]]:
    """(path or pattern, is built) of every name in the tree of section 1."""
    block = PAGE.split("## 1. Folders")[1].split("```")[1]
    folders: list[str] = []
    for line in block.strip("\n").splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        names = re.split(r"\s{2,}", line.strip())[0].split(", ")
        del folders[depth:]
        for name in names:
            is_built = not name.startswith("(")
            path = "".join(folders) + name.strip("()")
            yield path, is_built
            if path.endswith("/"):
                folders.append(path.removeprefix("".join(folders)))


def test_the_folders_on_the_page_are_those_that_exist():
    wrong = []
    for path, is_built in drawn():
        exists = any(ROOT.glob(path.rstrip("/")))
        if exists != is_built:
            wrong.append(f"{path} is {'not there' if is_built else 'built: take it out of its brackets'}")
    assert not wrong, "\n".join(wrong)


def test_every_python_file_is_on_the_page():
    patterns = [path for path, _ in drawn()]
    missing = [name for name in map(name_of, sources("app"))
               if not name.endswith("__init__.py") and "/migrations/" not in name
               and not any(fnmatch(name, pattern) for pattern in patterns)]
    assert not missing, "\n".join(missing)


FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__", "os.system", "os.popen"}
FORBIDDEN_MODULES = {"pickle", "marshal", "shelve", "dill", "code", "codeop", "xml"}


def _is_ours(node: ast.expr, nodes: list[ast.AST]) -> bool:
    """Whether a format text is written in our code: a literal, a CONSTANT, or one of a CONSTANT's."""
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, (ast.Subscript, ast.Attribute)):
        return _is_ours(node.value, nodes)
    if isinstance(node, ast.BoolOp):
        return all(_is_ours(value, nodes) for value in node.values)
    if isinstance(node, ast.Call):  # CONSTANT.get(...)
        return isinstance(node.func, ast.Attribute) and node.func.attr == "get" and _is_ours(node.func.value, nodes)
    if not isinstance(node, ast.Name):
        return False
    loops = [c for c in nodes if isinstance(c, ast.comprehension)
             and isinstance(c.target, ast.Name) and c.target.id == node.id]
    return node.id.strip("_").isupper() or (bool(loops) and all(_is_ours(c.iter, nodes) for c in loops))


def _unsafe(name: str, nodes: list[ast.AST]) -> Iterator[str]:
    for node in nodes:
        where = f"{name}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Import) and {a.name.split(".")[0] for a in node.names} & FORBIDDEN_MODULES:
            yield f"{where} imports {node.names[0].name}"
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in FORBIDDEN_MODULES:
            yield f"{where} imports {node.module}"
        if not isinstance(node, ast.Call):
            continue
        if called(node.func) in FORBIDDEN_CALLS:
            yield f"{where} calls {called(node.func)}"
        if any(k.arg == "shell" and not (isinstance(k.value, ast.Constant) and k.value.value is False)
               for k in node.keywords):
            yield f"{where} goes through a shell"
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("format", "format_map") \
                and not _is_ours(node.func.value, nodes):
            yield f"{where} formats a text that is not ours"


def test_nothing_runs_or_formats_a_text_that_came_from_outside():
    assert [fault for name, nodes in trees("app") for fault in _unsafe(name, nodes)] == []


SAFE_XML = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}
#: reads again what `edxml_tree.parse` has counted; one attachment may be longer than a text of a tree may be
LARGE_XML = {("app/tools/edxml_signature.py", "huge_tree")}


def test_xml_is_read_without_entities_network_or_dtd():
    wrong, parsers = [], 0
    for name, nodes in trees("app"):
        for node in nodes:
            if not isinstance(node, ast.Call) or not called(node.func).startswith("etree."):
                continue
            said = {k.arg: k.value.value for k in node.keywords if isinstance(k.value, ast.Constant)}
            if called(node.func) in ("etree.XMLParser", "etree.XMLPullParser", "etree.HTMLParser"):
                parsers += 1
                wrong += [f"{name}:{node.lineno} {rule}" for rule in SAFE_XML
                          if said.get(rule) is not SAFE_XML[rule] and (str(name), rule) not in LARGE_XML]
            if called(node.func) in ("etree.fromstring", "etree.parse", "etree.XML", "etree.iterparse") \
                    and len(node.args) < 2 and not any(k.arg == "parser" for k in node.keywords):
                wrong.append(f"{name}:{node.lineno} reads with the library's own parser")
    assert not wrong and parsers, "\n".join(wrong)


#: the doors, that of the verifier among them, and the job that must turn any failure into an incident
MAY_CATCH_ALL = ("app/web/*", "app/worker.py", "app/clock.py", "app/cli.py", "app/axis/*", "app/engine/perform.py",
                 *STANDS_ALONE)


def test_only_doors_and_perform_catch_everything():
    wrong = []
    for name, nodes in trees("app"):
        for node in nodes:
            if not isinstance(node, ast.ExceptHandler):
                continue
            kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            if not any(kind is None or called(kind) in ("Exception", "BaseException") for kind in kinds):
                continue
            cleans_up = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
            if not cleans_up and not any(fnmatch(name, pattern) for pattern in MAY_CATCH_ALL):
                wrong.append(f"{name}:{node.lineno}")
    assert not wrong, "\n".join(wrong)


@pytest.fixture(scope="module")
def house(cluster: embedded.Cluster) -> str:
    """The address of a migrated database with nothing in it."""
    with psycopg.connect(queue.libpq(cluster.url("postgres")), autocommit=True) as admin:
        admin.execute("drop database if exists house with (force)")
        admin.execute("create database house")
    migrate.upgrade(cluster.url("house"))
    return cluster.url("house")


@pytest.fixture
def ground(house: str) -> Iterator[psycopg.Connection]:
    """The same, opened as its owner."""
    with psycopg.connect(queue.libpq(house)) as connection:
        yield connection


def test_every_table_of_an_agency_stands_behind_the_wall(ground: psycopg.Connection):
    owned = {row[0] for row in ground.execute("""select table_name from information_schema.columns
        where table_schema = 'public' and column_name = 'agency_id'""")}
    assert len(owned) > 15
    rule = "(agency_id = (current_setting('app.agency_id'::text))::bigint)"
    walled = {row[0] for row in ground.execute(
        """select c.relname from pg_class c join pg_policies p on p.tablename = c.relname
           where c.relrowsecurity and p.cmd = 'ALL' and p.qual = %s and p.with_check = %s""", (rule, rule))}
    assert owned - walled == set()
    many = ground.execute("select tablename from pg_policies group by tablename having count(*) > 1").fetchall()
    assert many == []  # a second policy would open the wall: policies are joined by "or"


def test_the_role_of_the_doors_can_neither_pass_the_wall_nor_change_history(ground: psycopg.Connection):
    assert ground.execute("select rolsuper, rolbypassrls, rolcreaterole from pg_roles where rolname = %s",
                          (tenancy.ROLE,)).fetchone() == (False, False, False)
    assert ground.execute("select count(*) from pg_tables where schemaname = 'public' and tableowner = %s",
                          (tenancy.ROLE,)).fetchone() == (0,)
    held = ground.execute("""select has_table_privilege(%(role)s, 'act', 'insert'),
        has_table_privilege(%(role)s, 'act', 'select'), has_any_column_privilege(%(role)s, 'act', 'update'),
        has_table_privilege(%(role)s, 'act', 'delete'), has_table_privilege(%(role)s, 'act', 'truncate')""",
                          {"role": tenancy.ROLE}).fetchone()
    assert held == (True, True, False, False, False)


def test_the_migrations_make_what_the_models_say(house: str):
    for folder in ("records", "engine"):
        for path in sources(f"app/{folder}"):
            import_module(name_of(path).removesuffix(".py").replace("/", ".").removesuffix(".__init__"))
    engine = create_engine(house, poolclass=NullPool)
    with engine.connect() as connection:
        known = MigrationContext.configure(connection, opts={
            "compare_type": True,
            "include_name": lambda name, kind, _: kind != "table" or not name.startswith("procrastinate")})
        assert compare_metadata(known, db.metadata) == []
    assert len(db.metadata.tables) > 20


def test_the_migrations_go_back_and_forth(house: str):
    migrate.downgrade(house)
    with psycopg.connect(queue.libpq(house)) as connection:
        left = connection.execute("""select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = 'public' and c.relkind in ('r', 'S', 'v') union
            select proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace where nspname = 'public'""")
        assert [row[0] for row in left] == ["alembic_version"]
    assert migrate.upgrade(house) and migrate.current(house) == migrate.newest()


def test_no_source_sends_its_reader_to_a_page_that_is_not_here():
    told = set(re.findall(r'cites as "(\w+\.md) ', PAGE))  # the safety rules stand on the page itself
    pages = {path.name for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("app/**/*.md"))} | told
    lost = [f"{name_of(path)}: {page}" for path in [*sources("app"), *sources("tests"), ROOT / "config.py"]
            for page in re.findall(r"(\w+\.md)\b", path.read_text()) if page not in pages]
    assert told and not lost, "\n".join(lost)
