"""The expression language against random expressions: exact fractions, precedence, three values, garbage."""

import random
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

from app.engine.language import ExpressionFailed, ExpressionRefused, parse, parse_unary

AT = datetime(2026, 1, 1, 20, tzinfo=UTC)
DATA = {
    "decision": "register", "channel": "paper", "signature_ok": False, "days": 4, "rate": Decimal("0.25"),
    "tags": ["a", "b"], "sender": {"unit": {"name": "Sở Nội vụ"}}, "due_date": "2026-03-01", "empty": "",
}  # fmt: skip


def _drawn(rng: random.Random, depth: int) -> tuple[str, Fraction | None]:
    """A random arithmetic expression and its exact value, None where a division by zero lies inside."""
    if depth == 0 or rng.random() < 0.2:
        number = rng.randint(0, 20)
        return (str(number), Fraction(number)) if rng.random() < 0.7 else (f"{number}.5",
        number + Fraction(1, 2))
    if rng.random() < 0.15:
        text, value = _drawn(rng, depth - 1)
        return f"-({text})", None if value is None else -value
    (left, first), (right, second) = _drawn(rng, depth - 1), _drawn(rng, depth - 1)
    sign = rng.choice("+-*/")
    text = f"({left}) {sign} ({right})"
    if first is None or second is None or sign == "/" and not second:
        return text, None
    return text, {"+": first + second, "-": first - second, "*": first * second}.get(
        sign, first / second if sign == "/" else None
    )


def test_random_arithmetic_equals_exact_fractions():
    rng = random.Random(48)
    computed = 0
    for _ in range(400):
        text, wanted = _drawn(rng, rng.randint(1, 4))
        if wanted is None or abs(wanted) > 10**9:
            continue
        try:
            found = parse(text).evaluate({})
        except ExpressionFailed:
            continue  # a step between went over the limit of numbers
        assert abs(Fraction(found) - wanted) <= Fraction(1, 10**15), text
        computed += 1
    assert computed > 200


def test_random_bare_chains_follow_precedence():
    rng = random.Random(2017)
    for _ in range(300):
        parts = [str(rng.randint(1, 9))]
        for _ in range(rng.randint(1, 8)):
            parts += [rng.choice(["+", "-", "*"]), str(rng.randint(1, 9))]
        products, sign = [], "+"
        for index in range(0, len(parts), 2):
            before = parts[index - 1] if index else "+"
            if before == "*":
                products[-1] *= int(parts[index])
            else:
                sign = before
                products.append(int(parts[index]) * (-1 if sign == "-" else 1))
        assert parse(" ".join(parts)).evaluate({}) == sum(products)


def test_random_logic_is_three_valued():
    rng = random.Random(9)
    names = {"true": True, "false": False, "null": None}
    for _ in range(300):
        words = [rng.choice(list(names)) for _ in range(rng.randint(2, 5))]
        values = [names[word] for word in words]
        both = False if False in values else None if None in values else True
        either = True if True in values else None if None in values else False
        assert parse(" and ".join(words)).evaluate({}) is both
        assert parse(" or ".join(words)).evaluate({}) is either


def test_random_garbage_is_refused_or_evaluated_but_never_crashes():
    rng = random.Random(1)
    pieces = list("()[],.+-*/=<>?\"\\'{}_#@%&|~^:;!` \n\x00ấ\u202e") + [
        "..", "<=", "!=", "and", "or", "not", "in", "between", "if", "then", "else", "true", "null", "a",
        "a.b",
        "12", "1.5", '"x"', "count(", "date(", "string length(", "date and time(", "today()",
        "__class__", "9" * 40,
    ]  # fmt: skip
    operands = ["a", "days", "1", "0", '"x"', "tags", "null", "today()", "[1..2]",
    "upper case(decision)", "-rate"]
    operators = ["+", "-", "*", "/", "=", "<", "and", "or", "in", "between"]
    outcomes = {"refused": 0, "failed": 0, "evaluated": 0}
    for turn in range(3000):
        text = rng.choice(["", " "]).join(rng.choice(pieces) for _ in range(rng.randint(1, 12)))
        if turn % 2:
            half = [[rng.choice(operands), rng.choice(operators)] for _ in range(rng.randint(1, 6))]
            text = " ".join(sum(half, [])) + " " + rng.choice(operands)
        for read in (parse, parse_unary):
            try:
                tree = read(text)
                tree.matches("x", DATA, AT) if read is parse_unary else tree.evaluate(DATA, AT)
                outcomes["evaluated"] += 1
            except ExpressionRefused:
                outcomes["refused"] += 1
            except ExpressionFailed:
                outcomes["failed"] += 1
    assert min(outcomes.values()) > 0
