"""The commands of `bin/qlvb agency`: agencies, units, people and delegations, changed by an operator (Art. 7, 11.3.b).

Each change asks for its reason and is an act with old and new value and the operator's name on this machine; there is
no way to change an account without one. What the rules are, records/account.py says.
"""

from datetime import datetime
from typing import Any

import click

_DAY = click.DateTime(["%Y-%m-%d"])
_ROLES = "clerk, leader, head, officer, admin, auditor, designer, publisher, migrator"
#: every command here has it
_REASON = click.option("--reason", required=True, help="why: kept with the act")


def _app() -> Any:
    from app import create_app

    return create_app()


@click.group()
def agency() -> None:
    """Agencies and their people."""


@agency.command("add")
@click.argument("code")
@click.argument("slug")
@click.argument("name")
@click.option("--abbreviation", required=True, help='in notations: "STC"')
@click.option("--place", required=True, help='before dates: "Lào Cai"')
@click.option("--parent", default="", help="address of the agency above, whose auditor sees its counts")
@_REASON
def add(code: str, slug: str, name: str, abbreviation: str, place: str, parent: str, reason: str) -> None:
    """Add an agency, its registers and the shipped diagrams."""
    from app import set_up

    set_up.add_agency(_app(), code=code, slug=slug, name=name, abbreviation=abbreviation, place=place, parent=parent,
                      reason=reason)
    click.echo(f"{name}: /dang-nhap?coquan={slug}")


@agency.command("person")
@click.argument("slug")
@click.argument("username")
@click.argument("full_name")
@click.option("--role", "roles", multiple=True, required=True, help=_ROLES)
@click.option("--position", default="", help="title as written under a signature")
@click.option("--unit", default="", help="made when it is new")
@click.option("--unit-abbreviation", default="")
@_REASON
def person(slug: str, username: str, full_name: str, roles: tuple[str, ...], position: str, unit: str,
           unit_abbreviation: str, reason: str) -> None:
    """Add a person; prints the one-time password."""
    from app import set_up

    click.echo(set_up.add_person(_app(), slug=slug, username=username, full_name=full_name, position=position,
                                 roles=list(roles), unit=unit, unit_abbreviation=unit_abbreviation, reason=reason))


@agency.command("change")
@click.argument("slug")
@click.argument("username")
@click.option("--role", "roles", multiple=True, help=f"all that he has from now on: {_ROLES}")
@click.option("--position", default=None)
@click.option("--unit", default="", help="made when it is new")
@click.option("--active/--inactive", "is_active", default=None, help="put out, or let in again")
@_REASON
def change(slug: str, username: str, roles: tuple[str, ...], position: str | None, unit: str, is_active: bool | None,
           reason: str) -> None:
    """Change a person's roles, title or unit, or put him out; ends his sessions."""
    from app import set_up

    done = set_up.change_person(_app(), slug=slug, username=username, roles=list(roles) or None, position=position,
                                unit=unit, is_active=is_active, reason=reason)
    click.echo("changed" if done else "nothing to do")


@agency.command("unit")
@click.argument("slug")
@click.argument("name")
@click.option("--rename", default="", help="its new name")
@click.option("--abbreviation", default="")
@_REASON
def unit(slug: str, name: str, rename: str, abbreviation: str, reason: str) -> None:
    """Add a unit, or give it another name or abbreviation."""
    from app import set_up

    set_up.change_unit(_app(), slug=slug, name=name, renamed=rename, abbreviation=abbreviation, reason=reason)


@agency.command("alias")
@click.argument("code")
@click.argument("old_code")
@click.option("--since", type=_DAY, required=True, help="day from which the old code stands for the agency")
@click.option("--until", type=_DAY, default=None, help="last day on which it is understood; default: no end")
@_REASON
def alias(code: str, old_code: str, since: datetime, until: datetime | None, reason: str) -> None:
    """Let packets from and to OLD_CODE count as those of the agency CODE (renamed, merged)."""
    from app import set_up

    set_up.add_alias(_app(), agency=code, code=old_code, since=since.date(), until=until.date() if until else None,
                     reason=reason)


@agency.command("serve")
@click.argument("code")
@click.option("--on/--off", "is_served", required=True, help="in service here, or an address of the directory only")
@click.option("--leave-open", is_flag=True, help="also when documents are still under way; they stand still")
@_REASON
def serve(code: str, is_served: bool, leave_open: bool, reason: str) -> None:
    """Put the agency CODE in or out of service (merged, moved to another system)."""
    from app import set_up

    left = set_up.serve_agency(_app(), code=code, is_served=is_served, leaves_open=leave_open, reason=reason)
    click.echo("Không thay đổi." if left is None else "Đã đưa vào sử dụng." if is_served else
               f"Đã ngừng sử dụng; còn {left} văn bản chưa xong.")


@agency.command("delegate")
@click.argument("slug")
@click.argument("from_username")
@click.argument("to_username")
@click.option("--since", type=_DAY, default=None, help="first day; default today")
@click.option("--until", type=_DAY, default=None, help="last day")
@click.option("--end", "is_end", is_flag=True, help="end it today instead")
@_REASON
def delegate(slug: str, from_username: str, to_username: str, since: datetime | None, until: datetime | None,
             is_end: bool, reason: str) -> None:
    """Let a person act for another for some days (Art. 7), or end that."""
    from app import set_up

    if is_end == (until is not None):
        raise click.UsageError("say --until DATE or --end")
    set_up.delegate(_app(), slug=slug, holder=from_username, deputy=to_username, reason=reason,
                    since=since.date() if since else None, until=until.date() if until else None)
