"""Alembic's environment: one transaction for a whole upgrade, on the address handed in by db/migrate.py."""

from importlib import import_module
from pathlib import Path

from alembic import context
from sqlalchemy import create_engine, pool

from app.db import db

root = Path(__file__).parents[2]
for folder in ("records", "engine"):
    for path in sorted((root / folder).glob("*.py")):
        import_module(f"app.{folder}.{path.stem}")

engine = create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=db.metadata, compare_type=True,
                      include_name=lambda name, kind, _: kind != "table" or not name.startswith("procrastinate"))
    with context.begin_transaction():
        context.run_migrations()
