"""The settings and tools of the running application, for views.

One accessor each; the values are made in create_app.
"""

from flask import current_app

from app.tools import Tools
from config import Config


def settings() -> Config:
    """The Config of this application."""
    return current_app.config["SETTINGS"]


def tools() -> Tools:
    """The outside world."""
    return current_app.extensions["tools"]
