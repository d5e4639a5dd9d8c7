"""What people read: a sentence for every refusal, a word for every code name, English beside it, and diacritics.

Looks at sources only. Whether a sentence is a good one is not asked here.
"""

import ast
import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po
from lxml import etree
from test_house import trees

import app
from app.engine.drawing import worded
from app.engine.form import load
from app.refusal import Refusal
from app.web import field_words

ROOT = Path(__file__).resolve().parent.parent
MARKS = {"_", "gettext", "ngettext", "lazy_gettext"}
PLACE = re.compile(r"%\((\w+)\)")


def parsed(folder: str) -> list[tuple[str, ast.Module]]:
    return [(name, nodes[0]) for name, nodes in trees(folder)]


@cache
def refusals() -> dict[str, type[Refusal]]:
    """Every Refusal of the product by its class name."""
    for module in pkgutil.walk_packages(app.__path__, "app."):
        importlib.import_module(module.name)
    found, left = {}, [Refusal]
    while left:
        cls = left.pop()
        left += cls.__subclasses__()
        if cls.__module__.split(".")[0] == "app":
            found[cls.__name__] = cls
    return found


def sentences() -> dict[str, str]:
    from app.web.refusal_words import REFUSAL

    return {code: str(text) for code, text in REFUSAL.items()}


def test_every_refusal_has_a_sentence_and_every_sentence_a_refusal():
    codes = {cls.code for cls in refusals().values()}
    assert len(codes) > 60
    assert codes - set(sentences()) == set()
    assert set(sentences()) - codes == set()


def test_a_refusal_has_a_code_a_known_status_and_words_for_the_log():
    wrong = [name for name, cls in refusals().items() if not re.fullmatch(r"[a-z][a-z0-9_]*", cls.code)
             or cls.status not in (403, 404, 409, 413, 422, 503) or not (cls.__doc__ or "").strip()]
    assert not wrong, "\n".join(wrong)


def test_a_refusal_brings_the_facts_that_its_sentence_names():
    missing = []
    for name, tree in parsed("app"):
        for node in ast.walk(tree):
            cls = refusals().get(getattr(node.func, "id", getattr(node.func, "attr", ""))) \
                if isinstance(node, ast.Call) else None
            if cls is None or cls.__init__ is not Refusal.__init__ or any(k.arg is None for k in node.keywords):
                continue
            wanted = set(PLACE.findall(sentences().get(cls.code, ""))) - {k.arg for k in node.keywords}
            missing += [f"{name}:{node.lineno} {cls.code} without {sorted(wanted)}"] if wanted else []
    assert not missing, "\n".join(missing)


def _texts(node: ast.expr | None) -> Iterator[str]:
    """The literal texts that an expression may give."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)


def _pairs(node: ast.Assign) -> Iterator[tuple[str, ast.expr]]:
    """(name of the target's last part, value) of each assignment in a statement."""
    for target in node.targets:
        many = isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
        for one, value in zip(target.elts, node.value.elts, strict=True) if many else [(target, node.value)]:
            yield getattr(one, "attr", getattr(one, "id", "")), value


def _assigned(attribute: str) -> set[str]:
    """Every literal that the articles give to a document's attribute, in an assignment or when they make it."""
    found = set()
    for _, tree in parsed("app/regulation"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign):
                found |= {text for name, value in _pairs(node) if name == attribute for text in _texts(value)}
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Document":
                found |= {text for k in node.keywords if k.arg == attribute for text in _texts(k.value)}
    return found


def _said(function: str, position: int, keyword: str) -> set[str]:
    """Every literal that the articles hand to a function at a position or by a keyword."""
    found = set()
    for _, tree in parsed("app/regulation"):
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or getattr(node.func, "attr", getattr(node.func, "id", "")) != function:
                continue
            given = node.args[position:position + 1] + [k.value for k in node.keywords if k.arg == keyword]
            found |= {text for value in given for text in _texts(value)}
    return found


def test_every_code_name_on_a_page_has_a_word():
    from app.records import document, history
    from app.web import words

    statuses = _assigned("status")
    opinions = _said("say", 0, "kind") | _said("Opinion", 99, "kind")
    files = _said("attach", 1, "kind") | _said("attach_upload", 1, "kind") | _assigned("makes")
    channels = _assigned("channel")
    assert len(statuses) > 12 and len(opinions) > 3 and len(files) > 4 and channels
    for used, table in ((statuses, words.STATUS), (opinions, words.OPINION), (files, words.ATTACHMENT),
                        (channels, words.CHANNEL), (set(history.KINDS), words.ACT),
                        (set(document.PRIORITIES), words.PRIORITY)):
        assert used - set(table) == set()


@cache
def extracted() -> dict[str, list[str]]:
    """{message: places} of all sentences marked in pages and code, as pybabel extract finds them."""
    with (ROOT / "app/translations/babel.cfg").open() as file:
        mapping, options = parse_mapping_cfg(file)
    found: dict[str, list[str]] = {}
    for folder in ("app/web", "app/regulation"):
        for name, line, message, _, _ in extract_from_dir(
                ROOT / folder, mapping, options, keywords=DEFAULT_KEYWORDS | {"lazy_gettext": None}):
            found.setdefault(message if isinstance(message, str) else message[0], []).append(f"{name}:{line}")
    return found


def catalogue() -> Catalog:
    with (ROOT / "app/translations/en/LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file, locale="en")


def test_every_label_of_a_shipped_diagram_has_its_english():
    catalog, labels = catalogue(), set()
    for path in (ROOT / "processes").glob("*.bpmn"):
        worded(path.read_bytes(), lambda label: labels.add(label) or label)
    assert len(labels) > 120
    known = {label for label in labels if (entry := catalog.get(label)) and entry.string and not entry.fuzzy}
    assert sorted(labels - known) == []


def test_every_reason_of_a_shipped_task_has_its_english():
    catalog = catalogue()
    reasons = {" ".join(found.text.split()) for path in (ROOT / "processes").glob("*.bpmn")
               for found in etree.parse(path).iterfind(".//{*}userTask/{*}documentation")}
    assert len(reasons) > 15
    known = {text for text in reasons if (entry := catalog.get(text)) and entry.string and not entry.fuzzy}
    assert sorted(reasons - known) == []


def test_every_text_of_a_shipped_form_has_its_english():
    catalog, texts = catalogue(), set()
    for path in (ROOT / "forms").glob("*.json"):
        load(path.read_bytes()).drawn(lambda name: [], lambda text: texts.add(text) or text)
    assert len(texts) > 120
    known = {text for text in texts if (entry := catalog.get(text)) and entry.string and not entry.fuzzy}
    assert sorted(texts - known) == []


def test_every_sentence_has_its_english():
    catalog = catalogue()
    assert len(extracted()) > 200
    missing, broken = [], []
    for message, places in extracted().items():
        entry = catalog.get(message)
        english = (entry.string if isinstance(entry.string, tuple) else (entry.string,)) if entry else ("",)
        if not all(english) or entry.fuzzy:
            missing.append(f"{places[0]}: {message}")
        elif any(set(PLACE.findall(text)) != set(PLACE.findall(message)) for text in english):
            broken.append(message)
    assert not missing and not broken, "\n".join(missing + broken)


def _sentence(node: ast.AST) -> str | None:
    """The text of a literal, a figure in place of what is put into it; None for what is a part of one."""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "1" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _at_fields(tree: ast.Module) -> Iterator[ast.AST]:
    """Where the code says what is wrong with a field."""
    for node in ast.walk(tree):
        names = {getattr(one, "id", "") or getattr(getattr(one, "value", None), "attr", "")
                 for one in getattr(node, "targets", [])}
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("FormInvalid", "ValidationError") \
                or isinstance(node, ast.keyword) and node.arg == "error" \
                or isinstance(node, ast.FunctionDef) and node.name == "wrong" \
                or names & {"default_error_messages", "error_messages", "messages", "REQUIRED", "errors"}:
            yield node


def test_every_sentence_at_a_field_has_its_english():
    found = {text for folder in ("app/engine", "app/records/deadline.py", "app/regulation")
             for _, tree in parsed(folder) for place in _at_fields(tree)
             for node in ast.walk(place) if (text := _sentence(node)) and _vietnamese(text)
             and text[0].isupper() and text.endswith(".") and not text.startswith("What is wrong")}
    assert len(found) > 40
    assert sorted(text for text in found if not any(known.fullmatch(text) for known, _ in field_words.KNOWN)) == []


def _vietnamese(text: str) -> bool:
    return any(c.isalpha() and ord(c) > 127 for c in text)


def _unmarked(tree: ast.Module) -> Iterator[ast.Constant]:
    """Vietnamese texts outside a call that marks them, docstrings aside."""
    marked = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.Call)
              and getattr(node.func, "id", getattr(node.func, "attr", "")) in MARKS for inner in ast.walk(node)}
    marked |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in marked \
                and _vietnamese(node.value):
            yield node


def test_every_sentence_in_the_code_of_pages_is_marked_for_translation():
    # the name of a language is written in that language
    assert [f"{name}:{node.lineno} {node.value}" for name, tree in parsed("app/web") for node in _unmarked(tree)
            if name != "app/web/language.py"] == []


def test_every_text_of_a_finding_of_form_is_marked_for_translation():
    """What is quoted of a document is none."""
    left = []
    for name, tree in parsed("app/regulation"):
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call) and name.startswith(
                "app/regulation/layout_") and getattr(node.func, "id", "") in ("finding", "looks", "gathered")):
            silent = {id(inner) for node in ast.walk(call) for inner in ast.walk(node) if inner is not node and (
                isinstance(node, ast.JoinedStr) or getattr(getattr(node, "func", None), "id", "") in MARKS)}
            left += [f"{name}:{node.lineno} {text}" for node in ast.walk(call) if id(node) not in silent
                     and (text := _sentence(node)) and _vietnamese(re.sub("“[^”]*”", "", text))]
    assert left == []


#: parts of a template that show no sentence: statements, keys, classes, and names written in a language of their own
SILENT = re.compile(
    r"\{#.*?#\}|\{% block \w*class %\}.*?\{% endblock %\}|\{%.*?%\}"
    r"|<(kbd|script)\b.*?</\1>|lang=\"\w+\">[^<]*<|QLVB&amp;ĐH", re.S)


def test_every_text_in_a_template_is_marked_for_translation():
    left = []
    for path in sorted((ROOT / "app/web/templates").rglob("*.html")):
        text = re.sub(r"\{\{.*?\}\}", "", SILENT.sub(" ", path.read_text()), flags=re.S)
        named = re.findall(r"\b(?:title|placeholder|alt|aria-label)=\"([^\"]*)\"", text)
        shown = re.sub(r"[\w-]+=\"[^\"]*\"|&\w+;", " ", re.sub(r"<[^>]*>", " ", text)) + " ".join(named)
        left += [f"{path.name}: {word}" for word in re.findall(r"[^\W\d_]{2,}", shown)]
    assert not left, "\n".join(left)


def _drawn_texts() -> Iterator[tuple[str, str]]:
    """(where, text) of what forms and diagrams show."""
    for path in sorted((ROOT / "forms").glob("*.json")):
        left = [json.loads(path.read_text())]
        while left:
            value = left.pop()
            if isinstance(value, list):
                left += value
            elif isinstance(value, dict):
                left += value.values()
                yield from ((path.name, value[key]) for key in ("label", "dateLabel", "description", "text",
                            "patternErrorMessage") if isinstance(value.get(key), str))
    for path in sorted((ROOT / "processes").glob("*.*mn")):
        for element in etree.parse(path, etree.XMLParser(resolve_entities=False, no_network=True)).iter("{*}*"):
            if element.get("name") and not etree.QName(element).localname.startswith(("message", "output", "input")):
                yield path.name, element.get("name")


#: right as they stand
BARE = {"trang sau", "dd/mm/yyyy"}


def _bare(text: str) -> bool:
    """Two words or more, and not one letter with a mark."""
    words = re.findall(r"[^\W\d_]{2,}", PLACE.sub("", text))
    return len(words) > 1 and not _vietnamese(text) and text.lower() not in BARE


def test_vietnamese_is_written_with_its_marks():
    shown = list(_drawn_texts())
    assert len(shown) > 150
    assert [f"{where}: {text}" for where, text in shown if _bare(text)] == []
    assert [message for message in extracted() if _bare(message)] == []
