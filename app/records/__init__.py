"""Records: tables, and the rules on one record; no BPMN."""
