"""Reads a DMN 1.3 file as dmn-js writes it: one decision, one decision table, cells in our language.

Bytes are looked at before the parser (size, encoding, DOCTYPE), elements and attributes against an allow-list
(S2, S3); a cell that is not in the language is refused with the id of its element. Shapes are skipped.

It decides nothing (`decision.py`), and finds no overlaps (`decision_check.py`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

from app.engine.language import Expression, ExpressionRefused, UnaryTests, parse, parse_unary
from app.refusal import Refusal

DMN = "{https://www.omg.org/spec/DMN/20191111/MODEL/}"
MAX_BYTES = 1024 * 1024
MAX_ELEMENTS = 30_000
MAX_RULES = 500
MAX_COLUMNS = 30
HIT_POLICIES = ("UNIQUE", "FIRST", "ANY", "RULE ORDER", "COLLECT")
AGGREGATIONS = ("SUM", "MIN", "MAX", "COUNT")
#: how a typeRef of the editor is read
TYPES = {
    "string": "text", "boolean": "boolean", "number": "number", "integer": "integer", "long": "integer",
    "double": "number", "date": "date", "dateTime": "date and time", "Any": "", "": "",
}  # fmt: skip
_SHAPES = ("http://www.omg.org/spec/DMN/20180521/DC/", "http://www.omg.org/spec/DMN/20180521/DI/",
           "https://www.omg.org/spec/DMN/20191111/DMNDI/")  # fmt: skip
_EDITORS = ("{http://bpmn.io/schema/dmn/biodi/2.0}", "{http://bpmn.io/schema/dmn/biodi/1.0}",
            "{http://camunda.org/schema/modeler/1.0}")  # fmt: skip
_CHILDREN = {
    "definitions": {"decision", "description"},
    "decision": {"decisionTable", "variable", "description", "question", "allowedAnswers"},
    "decisionTable": {"input", "output", "annotation", "rule", "description"},
    "input": {"inputExpression", "inputValues", "description"},
    "inputExpression": {"text", "description"},
    "inputValues": {"text", "description"},
    "output": {"outputValues", "description"},
    "outputValues": {"text", "description"},
    "annotation": {"description"},
    "rule": {"inputEntry", "outputEntry", "annotationEntry", "description"},
    "inputEntry": {"text", "description"},
    "outputEntry": {"text", "description"},
    "annotationEntry": {"text", "description"},
}
_ATTRIBUTES = {"id", "name", "label", "namespace", "exporter", "exporterVersion", "hitPolicy", "aggregation",
               "preferredOrientation", "outputLabel", "typeRef", "expressionLanguage"}  # fmt: skip
_LANGUAGES = {"", "feel", "https://www.omg.org/spec/DMN/20191111/FEEL/"}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,47}")
_DECLARED = re.compile(r"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ENCODING = re.compile(r"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([^"']*)["']""")


class TableRefused(Refusal):
    """The decision table cannot be published.

    `facts["message"]` is the Vietnamese sentence, `facts["element"]` the id of the element.
    """

    code = "table_refused"

    def __init__(self, sentence: str, element: str = "") -> None:
        super().__init__(f"{sentence} ({element})", element=element)
        self.facts["message"] = sentence


@dataclass(frozen=True, slots=True)
class Input:
    """A column that is asked; `type` is a value of TYPES, `allowed` the texts it may have (empty: any)."""

    id: str
    label: str
    expression: Expression
    type: str
    allowed: UnaryTests | None


@dataclass(frozen=True, slots=True)
class Output:
    """A column that is answered, under `name`."""

    id: str
    name: str
    allowed: UnaryTests | None
    label: str = ""
    type: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One tested cell with the id of its element."""

    id: str
    tests: UnaryTests


@dataclass(frozen=True, slots=True)
class Rule:
    """A row: its cells by column, its answers (None: null), its annotation."""

    id: str
    cells: tuple[Cell, ...]
    answers: tuple[Expression | None, ...]
    annotation: str


@dataclass(frozen=True, slots=True)
class Rows:
    """Everything that is read from a file; `aggregation` is "" where there is none."""

    key: str
    name: str
    hit_policy: str
    aggregation: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]


def rows_of(text: bytes) -> Rows:
    """The one decision table of a file. Raises TableRefused."""
    decision, table = _parts(text)
    policy, aggregation = table.get("hitPolicy", "UNIQUE"), table.get("aggregation", "")
    if policy not in HIT_POLICIES:
        raise TableRefused(f"Cách chọn dòng “{policy[:40]}” không được hỗ trợ.", _id(table))
    if aggregation and (policy != "COLLECT" or aggregation not in AGGREGATIONS):
        raise TableRefused(f"Phép gộp “{aggregation[:40]}” không dùng được ở đây.", _id(table))
    inputs = tuple(_input(column) for column in table.iterchildren(f"{DMN}input"))
    outputs = tuple(_output(column) for column in table.iterchildren(f"{DMN}output"))
    _check_columns(inputs, outputs, aggregation, table)
    found = [_rule(row, inputs, outputs) for row in table.iterchildren(f"{DMN}rule")]
    if len(found) > MAX_RULES:
        raise TableRefused(f"Bảng có quá {MAX_RULES} dòng.", _id(table))
    key = _id(decision)
    return Rows(key, decision.get("name", key), policy, aggregation, inputs, outputs, tuple(found))


def head_of(text: bytes) -> tuple[str, str]:
    """(key, name) of a file whose parts are all known and harmless; what stands in them may be unfinished.

    What a draft may hold. Raises TableRefused.
    """
    decision, _ = _parts(text)
    return _id(decision), decision.get("name", _id(decision))


def _parts(text: bytes) -> tuple[etree._Element, etree._Element]:
    root = tree_of(text)
    _check_known(root)
    decision = _only(root, "decision")
    return decision, _only(decision, "decisionTable")


def tree_of(text: bytes) -> etree._Element:
    """The elements of a file, parsed only when its bytes are harmless (S3). Raises TableRefused."""
    if len(text) > MAX_BYTES:
        raise TableRefused(f"Bảng quyết định lớn quá {MAX_BYTES // 1024} KB.")
    try:
        written = text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TableRefused("Bảng quyết định phải là tệp UTF-8.") from error
    encoding = _ENCODING.match(written[:200])
    if _DECLARED.search(written) or encoding and encoding[1].lower() not in ("utf-8", "utf8"):
        raise TableRefused("Bảng quyết định không được có DOCTYPE, ENTITY hay bảng mã khác UTF-8.")
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(written.encode("utf-8"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise TableRefused("Tệp không phải là XML đúng.") from error
    if root.getroottree().docinfo.doctype or root.tag != f"{DMN}definitions":
        raise TableRefused("Tệp không phải là bảng quyết định DMN 1.3.")
    return root


def _check_known(root: etree._Element) -> None:
    ids: set[str] = set()
    waiting, count = [root], 0
    while waiting:
        element = waiting.pop()
        count += 1
        if count > MAX_ELEMENTS:
            raise TableRefused(f"Bảng quyết định có quá {MAX_ELEMENTS} phần tử.")
        _check_element(element, ids)
        parent = etree.QName(element).localname
        for child in element.iterchildren():
            if not isinstance(child.tag, str):
                raise TableRefused("Bảng quyết định có thành phần lạ.", _id(element))
            name = etree.QName(child)
            if element is root and name.namespace in _SHAPES:
                continue
            if name.namespace != DMN[1:-1] or name.localname not in _CHILDREN.get(parent, ()):
                raise TableRefused(f"Phần tử “{name.localname[:40]}” không được dùng trong “{parent}”.", _id(element))
            waiting.append(child)


def _check_element(element: etree._Element, ids: set[str]) -> None:
    own = element.get("id")
    if own is not None and own in ids:
        raise TableRefused("Mã (id) dùng hai lần.", own)
    if own is not None:
        ids.add(own)
    for attribute in element.keys():
        if attribute not in _ATTRIBUTES and not attribute.startswith(_EDITORS):
            raise TableRefused(f"Thuộc tính “{attribute[-40:]}” không được dùng.", _id(element))
    if element.get("expressionLanguage", "") not in _LANGUAGES:
        raise TableRefused("Chỉ dùng ngôn ngữ biểu thức FEEL.", _id(element))


def _id(element: etree._Element) -> str:
    return (element.get("id") or etree.QName(element).localname)[:100]


def _only(parent: etree._Element, name: str) -> etree._Element:
    found = parent.findall(f"{DMN}{name}")
    if len(found) != 1:
        raise TableRefused("Mỗi tệp có đúng một bảng quyết định.", _id(parent))
    if not found[0].get("id"):
        raise TableRefused("Bảng quyết định thiếu mã (id).", _id(found[0]))
    return found[0]


def _text(element: etree._Element | None) -> str:
    found = None if element is None else element.find(f"{DMN}text")
    return "" if found is None or found.text is None else found.text.strip()


def _input(column: etree._Element) -> Input:
    asked = column.find(f"{DMN}inputExpression")
    kind = "" if asked is None else asked.get("typeRef", "")
    if kind not in TYPES:
        raise TableRefused(f"Kiểu “{kind[:40]}” không được hỗ trợ.", _id(column))
    try:
        expression = parse(_text(asked))
    except ExpressionRefused as refused:
        raise TableRefused(f"Cột hỏi: {refused.facts['message']}", _id(column)) from refused
    return Input(_id(column), column.get("label", ""), expression, TYPES[kind], _allowed(column, "inputValues"))


def _output(column: etree._Element) -> Output:
    name = column.get("name", "")
    if not _NAME.fullmatch(name):
        raise TableRefused(f"Tên cột trả lời “{name[:40]}” không dùng được.", _id(column))
    kind = TYPES.get(column.get("typeRef", ""), "")
    return Output(_id(column), name, _allowed(column, "outputValues"), column.get("label", ""), kind)


def _allowed(column: etree._Element, name: str) -> UnaryTests | None:
    found = column.find(f"{DMN}{name}")
    return _cell(found).tests if found is not None and _text(found) else None


def _cell(entry: etree._Element) -> Cell:
    try:
        return Cell(_id(entry), parse_unary(_text(entry)))
    except ExpressionRefused as refused:
        raise TableRefused(refused.facts["message"], _id(entry)) from refused


def _answer(entry: etree._Element) -> Expression | None:
    written = _text(entry)
    try:
        return parse(written) if written not in ("", "-") else None
    except ExpressionRefused as refused:
        raise TableRefused(refused.facts["message"], _id(entry)) from refused


def _check_columns(
    inputs: tuple[Input, ...], outputs: tuple[Output, ...], aggregation: str, table: etree._Element
) -> None:
    names = [output.name for output in outputs]
    if not inputs or not outputs or len(inputs) + len(outputs) > MAX_COLUMNS:
        raise TableRefused(f"Bảng cần cột hỏi và cột trả lời, tất cả không quá {MAX_COLUMNS}.", _id(table))
    if len(set(names)) != len(names):
        raise TableRefused("Hai cột trả lời trùng tên.", _id(table))
    if aggregation and len(outputs) != 1:
        raise TableRefused("Phép gộp chỉ dùng với một cột trả lời.", _id(table))


def _rule(row: etree._Element, inputs: tuple[Input, ...], outputs: tuple[Output, ...]) -> Rule:
    cells = tuple(_cell(entry) for entry in row.iterchildren(f"{DMN}inputEntry"))
    answers = tuple(_answer(entry) for entry in row.iterchildren(f"{DMN}outputEntry"))
    if not row.get("id"):
        raise TableRefused("Dòng của bảng thiếu mã (id).", _id(row))
    if len(cells) != len(inputs) or len(answers) != len(outputs):
        raise TableRefused("Dòng không đủ ô theo số cột.", _id(row))
    described = row.findtext(f"{DMN}description") or ""
    notes = [described, *(_text(entry) for entry in row.iterchildren(f"{DMN}annotationEntry"))]
    return Rule(_id(row), cells, answers, "\n".join(note.strip() for note in notes if note.strip()))
