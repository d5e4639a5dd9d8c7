"""DOOR: a local axis, so that sender and receiver exchange packets without sharing a table.

It speaks the operations of the national document axis (QĐ 28/2018/QĐ-TTg) over HTTP on this machine, in a
process and a data folder of its own, for demonstrations, tests and the agencies of one installation. It
imports nothing of the product but `app.refusal`; it opens no attachment and changes no packet.
"""

from app.axis.directory import register
from app.axis.server import main, serve

__all__ = ["main", "register", "serve"]
