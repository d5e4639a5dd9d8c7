"""Electronic or hybrid (Art. 4): asks the agency's published decision table `exchange_form`.

The table is the agency's to edit (Art. 4.1.c lets the province add kinds); this file only asks it.
"""

from dataclasses import dataclass

from app.engine import diagram

ELECTRONIC, HYBRID = "electronic", "hybrid"
#: the procedure of each form (Art. 9.1, 9.2)
PROCEDURE = {ELECTRONIC: "outgoing_electronic", HYBRID: "outgoing_hybrid"}


@dataclass(frozen=True)
class Verdict:
    """How a document is exchanged and which clause says so."""

    form: str
    clause: str
    #: the words of the clause, from the table's annotation
    words: str


def verdict(type_name: str, purpose: str, scope: str) -> Verdict:
    """Art. 4: the form of exchange of a kind of document for a purpose, "internal" or "between" agencies.

    What no row of 4.1 names is hybrid (4.2).
    """
    found = diagram.table_in_force("exchange_form").decide(
        {"type_name": type_name, "purpose": purpose, "scope": scope})
    outputs = found.outputs or {}
    return Verdict(outputs.get("exchange_form") or HYBRID, outputs.get("clause") or "Điều 4.2",
                   found.rules[0][1] if found.rules else "")
