"""Damaged diagrams: whatever the drawing, it is refused by name, or it runs and what refuses is a rule."""

from random import Random

import pytest
from lxml import etree
from spiff_walk import GOOD, PROCESSES, Walk, choose, do

from app.engine import spiff
from app.refusal import Refusal

TEXTS = ("", "x", "start", "end", "=x", "a b", "P1D", "decision", "é", "9" * 30, "None", "__class__")


def mutated(random):
    root = etree.fromstring(random.choice([*GOOD, *PROCESSES]).read_bytes())
    for shapes in [child for child in root if "/DI}" in child.tag]:
        root.remove(shapes)
    elements = [element for element in root.iter() if element is not root]
    ids = [element.get("id") for element in elements if element.get("id")]
    element, kind = random.choice(elements), random.random()
    if kind < 0.2:
        element.getparent().remove(element)
    elif kind < 0.3:
        element.getparent().append(etree.fromstring(etree.tostring(element)))
    elif kind < 0.6 and element.attrib:
        element.set(random.choice(list(element.attrib)), random.choice([*TEXTS, *ids]))
    elif kind < 0.7:
        element.text = random.choice(TEXTS)
    else:
        random.choice([flow for flow in elements if flow.get("targetRef")]).set("targetRef", random.choice(ids))
    return etree.tostring(root)


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_diagram_is_refused_or_runs(seed):
    random, ran, refused = Random(seed), 0, 0
    for _ in range(60):
        try:
            diagram = spiff.compile_diagram(mutated(random))
        except spiff.DiagramRefused as found:
            assert found.facts["rule"] and found.facts["message"]
            refused += 1
            continue
        try:
            walk = Walk(diagram)
            for _ in range(10):
                if walk.run.is_finished:
                    break
                do(walk, choose(random, walk.run.waiting()))
        except Refusal:
            pass
        ran += 1
    assert ran > 1 and refused > 1
