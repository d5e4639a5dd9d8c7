"""The one place that wires: settings, database, tools, doors, and every step.

Imports wait inside the functions: a command that needs one room does not load the house.
"""

import gc
import json
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from app.refusal import Refusal
from config import Config

if TYPE_CHECKING:
    from flask import Flask

    from app.tools import Tools

#: the articles; importing them registers steps, forms and obligations
ARTICLES = (
    "electronic_document", "incoming.receive", "incoming.recognise", "incoming.enter", "incoming.paper",
    "incoming.forward", "incoming.status", "incoming.answer", "incoming.sender_request", "assignment.assign",
    "assignment.extend", "assignment.recall", "drafting.draft", "drafting.approve", "outgoing.number",
    "outgoing.complete", "outgoing.sign", "outgoing.paper", "outgoing.dispatch", "outgoing.receipt",
    "oversight.deadline", "oversight.conformity",
)


class DemoInProduction(Refusal):
    """A production installation holds demo accounts: remove them before it starts."""

    code, status = "demo_in_production", 503


def register_articles() -> None:
    """Let every article register its steps, forms, templates and obligations; needs no database."""
    for article in ARTICLES:
        import_module(f"app.regulation.{article}")


def create_app(config: Config | None = None, tools: "Tools | None" = None) -> "Flask":
    """The application of one installation. Raises DemoInProduction, DatabaseMissing."""
    from flask import Flask

    from app.db import db, embedded

    config = config or Config()
    collect_seldom()
    register_articles()
    app = Flask("app", static_folder="web/static", template_folder="web/templates")
    app.config["SETTINGS"] = config
    app.config["SECRET_KEY"] = config.secret_key()
    app.config["MAX_CONTENT_LENGTH"] = config.max_upload_bytes + 1024 * 1024
    app.config["SQLALCHEMY_DATABASE_URI"] = config.database_url or embedded.Cluster(config.data).start()
    # our own tables, wherever somebody lets the database look first (security.md S12)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_recycle": 1800, "hide_parameters": True,
                                               "connect_args": {"options": "-c search_path=public"}}
    db.init_app(app)
    _watch_sessions()
    app.extensions["tools"] = tools or build_tools(config)
    if config.production:
        _refuse_demo(app)
        if not config.antivirus:
            app.logger.warning("QLVB_ANTIVIRUS is not set: no scanner is asked before files go out (security.md S7)")
    from app.web import register

    register(app)
    return app


def collect_seldom() -> None:
    """Let Python look for garbage in circles after 50,000 new objects, not after 700; once per process.

    The house keeps a million objects that are no garbage (tables, forms, diagrams), and need not go through them again
    and again. What waits meanwhile is a few megabytes.
    """
    gc.set_threshold(50_000, 20)


def _watch_sessions() -> None:
    """Every session begins behind the wall and tells what it changes; once per process."""
    from app.db import db, tenancy
    from app.records import history

    cls = db.session.session_factory.class_
    if not getattr(cls, "is_watched", False):
        tenancy.open_wall(cls)
        history.watch(cls)
        cls.is_watched = True


def build_tools(config: Config) -> "Tools":
    """The real tools of an installation."""
    from app.tools import AxisBook, Tools
    from app.tools.antivirus import Scanner
    from app.tools.apart import shared
    from app.tools.blobs import Blobs
    from app.tools.conversion import Converter
    from app.tools.ocr import Reader
    from app.tools.revocation import Asker
    from app.tools.sealing import Sealer
    from app.tools.signing import Signer
    from app.tools.signing_key import Tokens
    from app.tools.signing_proof import Prover
    from app.tools.signing_remote import RemoteKeys

    secrets = config.data / "axis-secrets.json"
    known = json.loads(secrets.read_text()) if secrets.exists() else {}
    signer = Signer(
        config.pki, prover=Prover(config.pki, config.tsa_url, config.ocsp_url, config.crl_urls),
        holders={"token": Tokens(config.pkcs11_module), "remote": RemoteKeys(config.csc_url, config.csc_token)},
        level=config.signature_level, packet_keys=config.packet_keys,
        asker=Asker(config.pki, config.revocation_hosts),
        apart=shared(config.verification_seconds, config.verification_memory_bytes))
    return Tools(
        blobs=Blobs(Path(config.blobs)), reader=Reader(config.ocr_seconds),
        converter=Converter(config.conversion_seconds), signer=signer,
        sealer=Sealer(config.data / "seal", signer.time_stamp, config.seal_copies, config.pki,
                      copies_are_own=not config.seal_folder),
        axis=AxisBook(config.exchange_url, known), scanner=Scanner(config.antivirus))


def _refuse_demo(app: "Flask") -> None:
    from app.db import db
    from app.records.agency import Agency

    with app.app_context():
        found = db.session.scalar(db.select(Agency.id).where(Agency.is_demo).limit(1))
        db.session.remove()
    if found is not None:
        raise DemoInProduction()
