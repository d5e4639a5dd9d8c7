"""A process that takes numbers, for test_register_book.py: url, agency, threads, numbers of each, kind of register.

It says "ready". Of incoming ones every seventh transaction is rolled back, of outgoing ones none.

Only the records, none of the doors: it begins in a second.
"""

import sys
import threading
from datetime import UTC, datetime

from flask import Flask

from app.db import db, tenancy
from app.records import register
from app.records.document import Document

url, kind = sys.argv[1], sys.argv[5]
agency_id, threads, each = map(int, sys.argv[2:5])
app = Flask("writers")
app.config["SQLALCHEMY_DATABASE_URI"] = url
db.init_app(app)
tenancy.open_wall(db.session.session_factory.class_)
begin, failed = threading.Barrier(threads), []


def write(first: int) -> None:
    begin.wait()
    try:
        for place in range(each):
            with app.app_context(), tenancy.acting_for(agency_id):
                at = datetime.now(UTC)
                document = Document(agency_id=agency_id, direction=kind, status="arrived", created_at=at)
                db.session.add(document)
                db.session.flush()
                register.take_number(kind, at.year, document, at, None)
                db.session.flush()
                db.session.rollback() if kind == "incoming" and (first + place) % 7 == 0 else db.session.commit()
                db.session.remove()
    except Exception as error:
        failed.append(error)


writers = [threading.Thread(target=write, args=(n,)) for n in range(threads)]
print("ready", flush=True)
for one in writers:
    one.start()
for one in writers:
    one.join()
sys.exit(f"{failed[0]}" if failed else 0)
