"""Bring a database to the newest version (Alembic), and write a new migration from the models."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

FOLDER = Path(__file__).parent / "migrations"


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    config.set_main_option(
        "file_template", "%%(year)d%%(month).2d%%(day).2d_%%(hour).2d%%(minute).2d_%%(rev)s_%%(slug)s")
    return config


def newest() -> str:
    """The revision that this code needs."""
    return ScriptDirectory.from_config(_config("")).get_current_head() or ""


def current(url: str) -> str:
    """The revision of a database; empty when it is new."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found = connection.execute(text("select to_regclass('alembic_version')")).scalar()
        revision = connection.execute(text("select version_num from alembic_version")).scalar() if found else ""
    engine.dispose()
    return revision or ""


def upgrade(url: str) -> bool:
    """Run the migrations that are missing; False: none was."""
    if current(url) == newest():
        return False
    command.upgrade(_config(url), "head")
    return True


def downgrade(url: str, revision: str = "base") -> None:
    """Go back to a revision."""
    command.downgrade(_config(url), revision)


def write(url: str, message: str) -> None:
    """Write a migration for what the models have and the database has not."""
    command.revision(_config(url), message=message, autogenerate=True)
