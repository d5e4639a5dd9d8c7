"""Reads the house once, for the doors that browser.py forks from the process that has read it."""

from sqlalchemy.orm import configure_mappers

import app.cli
import app.clock
import app.web
import app.worker  # noqa: F401
from app import register_articles

register_articles()
configure_mappers()
