"""Fields and forms for the tests of forms: small schemas, and catalogues of two values each."""

import json

from app.engine import form


def catalogues(name):
    return [{"label": f"{name} {number}", "value": str(number)} for number in (1, 2)]


def field(kind, key="a", **rest):
    return {"type": kind, "id": f"field_{key}", "key": key, "label": key.upper(), **rest}


def loaded(*components, **rest):
    schema = {"type": "default", "id": "f", "schemaVersion": 19, "components": list(components), **rest}
    return form.load(json.dumps(schema).encode())


def group(kind, components, **rest):
    return {"type": kind, "id": f"g_{rest.get('path', 'x')}", "label": "Nhóm", "components": components, **rest}


OPTIONS = [{"label": "Có", "value": "yes"}, {"label": "Không", "value": "no"}]
REQUIRED = {"validate": {"required": True}}
