"""Writes decision tables: a new one to begin with, and a copy under another key and name (Art. 10.2).

Cells are edited in the browser and read again by decision_read.py; nothing is decided here.
"""

from lxml import etree

from app.engine.decision_read import DMN, rows_of, tree_of

_NEW = f"""<definitions xmlns="{DMN[1:-1]}" id="KEY_definitions" name="" namespace="http://camunda.org/schema/1.0/dmn">
  <decision id="KEY" name="">
    <decisionTable id="KEY_table" hitPolicy="FIRST">
      <input id="KEY_input" label="">
        <inputExpression id="KEY_input_expression" typeRef="string">
          <text>ASKED</text>
        </inputExpression>
      </input>
      <output id="KEY_output" label="" name="result" typeRef="string"/>
      <rule id="KEY_rule">
        <inputEntry id="KEY_rule_input">
          <text>-</text>
        </inputEntry>
        <outputEntry id="KEY_rule_output">
          <text>""</text>
        </outputEntry>
      </rule>
    </decisionTable>
  </decision>
</definitions>"""


def new(key: str, name: str, asks: str, question: str, answer: str) -> bytes:
    """A table of one row that asks one name of the data; `question`, `answer` are the labels of its columns."""
    root = tree_of(_NEW.replace("KEY", key).replace("ASKED", asks).encode())
    root.find(f".//{DMN}input").set("label", question)
    root.find(f".//{DMN}output").set("label", answer)
    return _named(root, key, name)


def copied(text: bytes, key: str, name: str) -> bytes:
    """The same table under another key and name. Raises TableRefused when the reader does."""
    rows_of(text)
    return _named(tree_of(text), key, name)


def _named(root: etree._Element, key: str, name: str) -> bytes:
    decision = root.find(f"{DMN}decision")
    decision.set("id", key)
    decision.set("name", name)
    root.set("name", name)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
