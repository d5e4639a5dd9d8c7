"""Every table of an agency is named with how history answers for it, and one that is new is missed (S12)."""

import importlib
import pkgutil

import app.engine
import app.records
from app.db import AgencyOwned, Base
from app.records import verify_record
from app.records.agency import Agency, AgencyAlias


def test_s12_history_answers_for_every_table_or_says_why_not() -> None:
    for package in (app.records, app.engine):
        for found in pkgutil.iter_modules(package.__path__):
            if found.name != "bundle_verifier":
                importlib.import_module(f"{package.__name__}.{found.name}")
    tables = {mapper.class_.__tablename__ for mapper in Base.registry.mappers
              if issubclass(mapper.class_, AgencyOwned) or mapper.class_ in (Agency, AgencyAlias)}
    kinds = (verify_record.OF_DOCUMENT, set(verify_record.STANDING) - verify_record.OF_DOCUMENT,
             set(verify_record.OTHERWISE), set(verify_record.WORKING))
    assert set.union(*map(set, kinds)) == tables, "say how history answers for a new table"
    assert sum(map(len, kinds)) == len(tables), "one answer each"
    assert all([*verify_record.OTHERWISE.values(), *verify_record.WORKING.values()])
