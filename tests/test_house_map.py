"""The article map (app/regulation/README.md) against the code, the diagrams and the tests.

Rows are followed to where they point; whether a test shows what the article says is for its reader.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from lxml import etree

from app import ARTICLES
from app.engine import obligation, step

ROOT = Path(__file__).resolve().parent.parent
MAP = ROOT / "app/regulation/README.md"
#: what the first version of the product must carry out
WANTED = ("2.2", "3.2", "3.3", "3.4", "4.1.a", "4.1.b", "4.2", "6.1", "6.2.a", "6.2.b", "6.2.c", "6.3.a", "6.3.b",
          "7", "8.1", "8.2", "8.3", "9.1.a", "9.1.b", "9.1.c", "9.1.d", "9.2.a", "9.2.b", "9.2.c", "10.2", "10.4",
          "11.1.b", "11.2.a", "13.3")
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
FORM = "{http://camunda.org/schema/1.0/bpmn}formKey"


@dataclass(frozen=True)
class Row:
    """One row of the map."""

    article: str
    #: "number" of `number()`, else ""
    step: str
    #: "verify" of task `verify`, else ""
    task: str
    file: Path
    #: (procedure, id or pattern)
    elements: tuple[tuple[str, str], ...]
    tests: tuple[str, ...]
    said: str


def rows() -> list[Row]:
    found = []
    for line in MAP.read_text().splitlines():
        if not line.startswith("| Art. "):
            continue
        article, what, file, element, test = (cell.strip() for cell in line.strip("| ").split(" | "))
        drawn = tuple((part.split(": ")[0], name) for part in re.findall(r"`([^`]+)`", element)
                      for name in part.split(": ")[1].split(", "))
        assert drawn or element == "-", line
        place = file.strip("`")
        called, shown = re.fullmatch(r"`(\w+)\(\)`", what), re.fullmatch(r"task `(\w+)`", what)
        found.append(Row(
            article.split()[1], called[1] if called else "", shown[1] if shown else "",
            ROOT / place if place.startswith("app/") else MAP.parent / place, drawn,
            tuple(re.findall(r"`([^`]+)`", test)), line))
    return found


ROWS = rows()


@cache
def elements(procedure: str) -> dict[str, etree._Element]:
    path = next((ROOT / "processes").glob(f"{procedure}.*mn"), None)
    if path is None:
        return {}
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    return {e.get("id"): e for e in etree.parse(path, parser).iter("{*}*") if e.get("id")}


def procedures() -> list[str]:
    return sorted(path.stem for path in (ROOT / "processes").glob("*.bpmn"))


def calls() -> Iterator[tuple[str, str, str]]:
    """(procedure, element id, step) of every script task."""
    for procedure in procedures():
        for name, element in elements(procedure).items():
            if element.tag == f"{BPMN}scriptTask":
                yield procedure, name, element.findtext(f"{BPMN}script").split("(")[0]


def shown_forms() -> dict[tuple[str, str], str]:
    return {(procedure, name): element.get(FORM) for procedure in procedures()
            for name, element in elements(procedure).items() if element.get(FORM)}


@pytest.fixture(autouse=True)
def _registered() -> None:
    for article in ARTICLES:
        import_module(f"app.regulation.{article}")


@cache
def defined(path: Path) -> frozenset[str]:
    """Names of functions and classes at the top of a file; a class also by its name in snake_case."""
    names = {n.name for n in ast.parse(path.read_text()).body
             if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))}
    return frozenset(names | {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in names})


@cache
def takers(path: Path) -> frozenset[str]:
    return frozenset(re.findall(r'^@taken\("(\w+)"[,)]', path.read_text(), re.M))


def drawn(row: Row) -> list[etree._Element]:
    return [element for procedure, wanted in row.elements for name, element in elements(procedure).items()
            if fnmatch(name, wanted)]


each_row = pytest.mark.parametrize(
    "row", ROWS, ids=lambda row: f"{row.article} {row.step or row.task or row.file.stem}")


@each_row
def test_a_row_leads_to_code_that_names_its_article(row: Row):
    assert row.file.is_file(), row.said
    assert not row.step or row.step in defined(row.file), f"{row.file.name} has no step {row.step}"
    assert not row.task or row.task in takers(row.file), f"{row.file.name} takes no form {row.task}"
    if row.file.is_relative_to(MAP.parent):  # other floors know no article
        # Art. 4 is the agency's to edit: its clauses stand in the table
        table = [e for e in drawn(row) if "DMN" in e.tag]
        texts = [row.file.read_text()] + [etree.tostring(e, encoding="unicode") for e in table]
        assert re.search(rf"(?<![\d.]){re.escape(row.article)}(?!\d)", " ".join(texts)), f"nobody says {row.article}"


@each_row
def test_a_row_leads_to_the_diagram(row: Row):
    called, forms = {(p, e): s for p, e, s in calls()}, shown_forms()
    for procedure, wanted in row.elements:
        assert any(fnmatch(name, wanted) for name in elements(procedure)), f"{procedure} has no {wanted}"
        if row.step:
            assert called.get((procedure, wanted)) == row.step, f"{procedure}: {wanted} does not call {row.step}()"
        if row.task:
            assert forms.get((procedure, wanted)) == row.task, f"{procedure}: {wanted} does not show {row.task}"
    assert row.elements or not (row.step or row.task), f"{row.said}: drawn nowhere"


@each_row
def test_a_row_leads_to_a_test(row: Row):
    assert row.tests, row.said
    for test in row.tests:
        path, _, name = test.partition("::")
        assert (ROOT / path).is_file(), path
        assert name.startswith("test_") and name in defined(ROOT / path), test


def test_the_map_has_every_article_that_is_carried_out():
    assert set(WANTED) - {row.article for row in ROWS} == set()


def test_every_step_is_drawn_and_in_the_map():
    drawn = {name for _, _, name in calls()}
    assert drawn == set(step.catalogue()) == {row.step for row in ROWS} - {""}
    mapped = {(*element, row.step) for row in ROWS if row.step for element in row.elements}
    assert set(calls()) - mapped == set()  # nor is a script task of a diagram left out


def test_every_form_is_shown_taken_and_in_the_map():
    forms = set(shown_forms().values())
    assert forms == {path.stem for path in (ROOT / "forms").glob("*.json")}
    taken = {key for path in (ROOT / "app/regulation").rglob("*.py") for key in takers(path)}
    assert taken == forms == {row.task for row in ROWS} - {""}


def test_every_obligation_of_the_regulation_is_in_the_map():
    sentences = {(o.article.removeprefix("Art. "), o.step.removeprefix("task:"))
                 for o in obligation.table() if o.article.startswith("Art. ")}
    assert len(sentences) > 15
    assert sentences - {(row.article, row.step or row.task) for row in ROWS} == set()
