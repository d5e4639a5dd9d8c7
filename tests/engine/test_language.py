"""The expression language: what it computes, what it refuses, and that hostile text stays outside."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from app.engine import language
from app.engine.language import ExpressionFailed, ExpressionRefused, Months, parse, parse_setting, parse_unary
from app.engine.language_parse import ARITY
from app.engine.language_walk import FUNCTIONS

AT = datetime(2026, 1, 1, 20, tzinfo=UTC)
DATA = {
    "decision": "register", "channel": "paper", "signature_ok": False, "days": 4, "rate": Decimal("0.25"),
    "tags": ["a", "b"], "sender": {"unit": {"name": "Sở Nội vụ"}}, "due_date": "2026-03-01", "empty": "",
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('decision = "register"', True),
        ('decision != "register"', False),
        ('signature_ok or channel = "paper"', True),
        ("1 + 2 * 3 - 4 / 2", 5),
        ("2 - 3 - 4", -5),
        ("12 / 4 / 3", 1),
        ("0.1 + 0.2 = 0.3", True),
        ("10 / 4", Decimal("2.5")),
        ("-(-days) + -1", 3),
        ("rate * 4", 1),
        ("sender.unit.name", "Sở Nội vụ"),
        ("sender.missing.name", None),
        ("missing.name", None),
        ("days in [1..4]", True),
        ("days in [1..4)", False),
        ("days in (4..9]", False),
        ("days in ]3..5[", True),
        ("days in (< 3, > 3)", True),
        ('decision in ("return", "register")', True),
        ('"a" in tags', True),
        ("days between 1 and 4 and true", True),
        ('if days > 3 then "late" else "soon"', "late"),
        ("if missing then 1 else 2", 2),
        ("if true then if false then 1 else 2 else 3", 2),
        ("not(signature_ok)", True),
        ("[1, 2, days]", [1, 2, 4]),
        ("[]", []),
        ('string length("ấ ạ")', 3),
        ('upper case("đã ký")', "ĐÃ KÝ"),
        ('lower case("ĐÃ KÝ")', "đã ký"),
        ('contains(sender.unit.name, "Nội")', True),
        ('starts with("báo cáo", "báo")', True),
        ('ends with("a.docx", ".docx")', True),
        ('number("12.50") + 0.5', 13),
        ("count(tags) + count([])", 2),
        ("min([3, 1.5, 2])", Decimal("1.5")),
        ('max(["a", "c", "b"])', "c"),
        ("max([])", None),
        ("sum([1, 2, 3])", 6),
        ("abs(-3)", 3),
        ("round(2.345, 2)", Decimal("2.35")),
        ("round(-2.5, 0)", -3),
        ("round(1250, -2)", 1300),
        ("floor(-1.5)", -2),
        ("ceiling(1.2)", 2),
        ("list contains(tags, null)", False),
        ('list contains(tags, "b")', True),
        ("today()", date(2026, 1, 2)),
        ("now()", AT),
        ('date(due_date) - date("2026-02-28")', timedelta(days=1)),
        ('date("2026-01-31") + duration("P1M")', date(2026, 2, 28)),
        ('duration("P1D") + date("2026-01-31")', date(2026, 2, 1)),
        ('date("2028-03-31") - duration("P1Y1M")', date(2027, 2, 28)),
        ('duration("P1Y2M")', Months(14)),
        ('-duration("P1DT2H")', -timedelta(days=1, hours=2)),
        ('date and time("2026-01-02T03:00:00") = now()', True),
        ('date(date and time("2026-01-01T20:00:00Z"))', date(2026, 1, 2)),
        ("date(due_date) > today()", True),
        ('"a" + "b"', "ab"),
        (r'"\"\\ấ\n"', '"\\ấ\n'),
        ("[1, [2]] = [1, [2]]", True),
        ("[1] = [1, 2]", False),
        ("sender = sender", True),
    ],
)
def test_values(text, value):
    found = parse(text).evaluate(DATA, AT)
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("missing = null", True),
        ("missing != null", False),
        ("days = null", False),
        ('missing = "x"', False),
        ('missing != "x"', True),
        ('days = "4"', None),
        ("true = 1", None),
        ('days != "4"', True),
        ("true < false", None),
        ("missing < 3", None),
        ('days < "5"', None),
        ("due_date < today()", None),
        ("missing between 1 and 2", None),
        ("missing in [1..2]", False),
        ("null and true", None),
        ("null and false", False),
        ("null or true", True),
        ("null or false", None),
        ("1 and true", None),
        ("not(null)", None),
        ("missing + 1", None),
        ("-missing", None),
        ("string length(missing)", None),
        ("count(missing)", None),
        ("date(missing)", None),
    ],
)
def test_null_is_safe(text, value):
    assert parse(text).evaluate(DATA, AT) is value


@pytest.mark.parametrize(
    "text",
    [
        "1 / (days - 4)", '"a" + days', '"a" * 3', "tags + 1", "-decision", "decision.length", "tags.a",
        "upper case(days)", "sum(tags)", "min([1, null])", 'max([1, "a"])', "date(empty)", "date(decision)",
        "duration(decision)", "number(decision)", "round(days, 99)", "round(days, 0.5)", "not(days)",
        "[1..2]",
        "1000000000000000 * 10", "0.5 * 1000000000000000 * 3", 'date("9999-12-31") + duration("P1D")',
        'date("0001-01-01") - duration("P1M")', 'date("2026-01-01") + date("2026-01-01")', "count(days)",
    ],
)  # fmt: skip
def test_what_has_no_value_fails_with_a_sentence(text):
    with pytest.raises(ExpressionFailed) as failed:
        parse(text).evaluate(DATA, AT)
    assert failed.value.facts["message"].endswith(".") and failed.value.status == 422


def test_the_clock_is_never_read():
    for text in ("today()", "now()"):
        with pytest.raises(ExpressionFailed):
            parse(text).evaluate({})
        with pytest.raises(ExpressionFailed):
            parse(text).evaluate({}, datetime(2026, 1, 1))


def test_names_are_the_roots_that_are_read():
    assert parse('a.b = c and contains(d, "x") or today() > e').names == {"a", "c", "d", "e"}
    assert parse_unary('contains(?, word), < limit, "x"').names == {"word", "limit"}
    assert parse("1 + 1").names == frozenset()


@pytest.mark.parametrize(
    ("cell", "passing", "failing"),
    [
        ("-", ["a", 1, None, True], []),
        ("", ["a", None], []),
        ('"a","b"', ["a", "b"], ["c", None, 1]),
        ('not("a", "b")', ["c", None], ["a", "b"]),
        ("[1..5]", [1, 5, Decimal("2.5")], [0, 6, None, "3"]),
        ("]1..5[", [2], [1, 5]),
        ("< 10", [9], [10, None, "a"]),
        ("< 0, >= 10", [-1, 10], [0, 9]),
        ("not(< 10)", [10], [9, None, "a"]),
        ("not([1..5])", [6], [1, None]),
        ("-5", [-5], [5]),
        ("> days", [5], [4]),
        ("true", [True], [False, None, 1]),
        ("null", [None], ["a", 0, False]),
        ('date("2026-01-01")', [date(2026, 1, 1)], ["2026-01-01", None]),
        ('> date("2026-01-01")', [date(2026, 1, 2)], [date(2026, 1, 1)]),
        ('contains(?, "x"), "b"', ["axb", "b"], ["a", None]),
        ('starts with(?, "02/") and ends with(?, "UBND")', ["02/UBND"], ["UBND"]),
        ("tags", ["a", "b"], ["c"]),
        ('["a", "z"]', ["a", "z"], ["b"]),
    ],
)
def test_decision_cells(cell, passing, failing):
    tests = parse_unary(cell)
    assert [value for value in passing if not tests.matches(value, DATA)] == []
    assert [value for value in failing if tests.matches(value, DATA)] == []
    assert tests.is_any == (cell in ("-", ""))


def test_a_setting_is_a_constant_or_an_expression():
    assert parse_setting("P2D").evaluate({}) == "P2D"
    assert parse_setting('= "x"').evaluate({}) == "x"
    assert parse_setting("=handler_id").names == {"handler_id"}
    with pytest.raises(ExpressionRefused) as refused:
        parse_setting("=1 + ")
    assert refused.value.facts["position"] == 5


HOSTILE = [
    "", " ", "=1", "1 +", "(1", "1)", "[1", "[1,]", "[,]", "contains(a,)", "contains(a b)", '"a',
    '"\\x"', "a.", ".a", "a..b",
    "a b", "a(1)", "a.b(1)", "eval(1)", "open(1)", "if a then b", "a = b = c", "1 < 2 < 3", "a between 1",
    "not a", "and", "true.x", '"x".upper', "[1].x", "(a).b", "a[0]", 'a["b"]', "{a: 1}", "{}",
    "for x in y return x",
    "some x in y satisfies x", "function(x) x", "x instance of y", "lambda: 1", "a ** 2", "a % 2",
    "a // 2", "a == b",
    "a; b", "a := 1", "a = 1 # x", "/* x */ 1", "__import__", "__import__(1)", "_a", "a.__class__",
    "a._b", "?", "1e5",
    "0x10", "1_000", "5a", "1.2.3", "١", "ａ", "tên", "a\x00", '"\x00"', '"\ud800"', '"\\ud800"',
    "\ufeff1", "a\u202eb",
    "'a'", "`a`", "$a", "a!", "a & b", "a | b", "~a", "@a", "\\", "count()", "count(1, 2)", "today(1)",
    "string  length", "not()",
    'date("2026-13-01")', 'date("20260101")', 'date("2026-W01-1")', 'duration("P")', 'duration("PT")',
    'duration("P1Y1D")',
    'duration("P999999999Y")', 'date and time("2026-01-01")', 'date and time("2026-01-01T25:00:00")',
    "9" * 17,
    "9" * 1900, "0." + "1" * 40, "a" * 65, "a." * 900 + "a" * 100,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_refused_with_a_sentence_and_a_position(text):
    with pytest.raises(ExpressionRefused) as refused:
        parse(text)
    facts = refused.value.facts
    assert facts["message"].endswith(".") and 0 <= facts["position"] <= len(text)
    assert refused.value.status == 422


@pytest.mark.parametrize(
    "text",
    [
        "(" * 25 + "1" + ")" * 25, "[" * 25 + "]" * 25, "-" * 30 + "1", "not(" * 25 + "true" + ")" * 25,
        "if true then 1 else " * 25 + "1", "1 in (" * 25 + "1" + ")" * 25, "1+" * 310 + "1",
        "[" + "1," * 300 + "1]",
        "(" * 1000, "[" * 1000, "-" * 1999, "a" + " and a" * 301, "1" + " " * 2000, "[[1..2]..3]" * 200,
        "]" * 900,
    ],
)  # fmt: skip
def test_limits_of_length_nodes_and_depth(text):
    with pytest.raises(ExpressionRefused):
        parse(text)
    with pytest.raises(ExpressionRefused):
        parse_unary(text)


def test_what_is_within_the_limits_is_read():
    assert parse("(" * 23 + "1" + ")" * 23).evaluate({}) == 1
    assert parse("1" + "+1" * 140).evaluate({}) == 141
    assert parse("9" * 15).evaluate({}) == 10**15 - 1


@pytest.mark.parametrize("text", [None, 1, b"1", ["1"], "x" * 2001, "x" * 10_000_000])
def test_what_is_no_text_or_too_long_is_refused(text):
    for read in (parse, parse_unary, parse_setting):
        with pytest.raises(ExpressionRefused):
            read(text)


class Live:
    def __str__(self):
        raise AssertionError("touched")

    __eq__ = __hash__ = __bool__ = __len__ = __str__


class Name(str):
    pass


LOOP = {}
LOOP["a"] = LOOP
DEEP = []
for _ in range(50):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    "value",
    [
        Live(), Name("x"), {1: 2}, {"a": Live()}, [Live()], b"x", {1}, object, len, float("nan"),
        float("inf"),
        1e300, 10**16, -(10**400), Decimal("NaN"), Decimal("1E+999999"), Decimal("-Infinity"), "x" * 10_001,
        [1] * 2001, [[1] * 2000] * 6, {str(key): 1 for key in range(2001)}, LOOP, DEEP, datetime(2026, 1,
        1),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_only_plain_values_within_limits_are_read(value):
    with pytest.raises(ExpressionFailed):
        parse("x = 1").evaluate({"x": value})
    with pytest.raises(ExpressionFailed):
        parse_unary("1").matches(value, {})


def test_names_that_are_not_read_cost_nothing():
    assert parse("a").evaluate({"a": 1, "b": Live()}) == 1


def test_the_data_are_copied_and_never_changed():
    data = {"list": [1, {"a": 2}]}
    found = parse("list").evaluate(data)
    found[1]["a"] = 3
    assert data == {"list": [1, {"a": 2}]}


def test_floats_from_a_form_are_exact_decimals():
    assert parse("x + 0.2 = 0.3").evaluate({"x": 0.1}) is True
    assert parse("x").evaluate({"x": 2.0}) == 2


def test_the_budget_of_steps_ends_a_long_evaluation():
    data = {"x": ["a"] * 2000}
    with pytest.raises(ExpressionFailed, match="bước"):
        parse('"b" in x or "b" in x or "b" in x').evaluate(data)
    with pytest.raises(ExpressionFailed, match="bước"):
        parse(" or ".join(["max(x) = min(x) and false"] * 5)).evaluate(data)


def test_text_cannot_grow():
    with pytest.raises(ExpressionFailed, match="dài"):
        parse("x + x").evaluate({"x": "a" * 9000})
    with pytest.raises(ExpressionFailed, match="dài"):
        parse("upper case(x)").evaluate({"x": "ß" * 9000})


def test_tiny_numbers_do_no_harm():
    tiny = Decimal("1E-999999")
    assert parse("floor(x)").evaluate({"x": tiny}) == 0
    assert parse("x + 1 > 0").evaluate({"x": tiny}) is True


def test_every_function_of_the_parser_is_known_to_the_walk():
    assert {name: len(kinds) for name, (_, kinds) in FUNCTIONS.items()} == ARITY


def test_a_text_is_parsed_once():
    assert parse("a + 1") is parse("a + 1")
    assert parse_unary("< 3") is parse_unary("< 3")


def test_the_public_names_are_all_there():
    assert all(hasattr(language, name) for name in language.__all__)
