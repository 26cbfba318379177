"""`pmkg token`: roles and IDs flow in, tokens and the list of them flow out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from graph.access.roles import Role
from graph.settings import Settings

if TYPE_CHECKING:
    from graph.access.tokens import Token, Tokens

_STYLES = {"valid": "green", "expired": "dim", "revoked": "red"}


@click.group()
def token() -> None:
    """Make, list and revoke the bearer tokens that let programs write.

    A running server knows a new or a revoked token at once.
    """


@token.command()
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]), help="What it may do.")
@click.option("--name", help="Who or what uses it, as the audit log and the provenance show it; the role by default.")
@click.option("--days", type=float, help="How long it is valid; PMKG_TOKEN_DAYS by default.")
def new(role: str, name: str | None, days: float | None) -> None:
    """Make a token and print it, once: only its hash is kept."""
    settings = Settings.from_environment()
    text, made = _tokens(settings).new(Role(role), name or role, days=settings.token_days if days is None else days)
    until = f"{made.expires:%Y-%m-%d %H:%M} UTC"
    click.echo(f"Token {made.id} of role {role}, valid until {until}. It is not shown again:", err=True)
    click.echo(text)


@token.command("list")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", help="How to print them.")
def list_(form: str) -> None:
    """List every token that was made: who holds it, its role and its dates, never the token itself."""
    found = _tokens(Settings.from_environment()).all()
    if form == "json":
        import json

        click.echo(json.dumps({"tokens": [_shown(item) for item in found]}, indent=2, ensure_ascii=False))
    elif found:
        _print_table(found)
    else:
        click.echo("No token was made yet. Make one with 'pmkg token new --role ROLE'.")


@token.command()
@click.argument("ident", metavar="ID")
def revoke(ident: str) -> None:
    """Make the token of that ID worthless from now on."""
    revoked = _tokens(Settings.from_environment()).revoke(ident)
    click.echo(f"Token {revoked.id} ({revoked.name}, {revoked.role.value}) is revoked.")


def _tokens(settings: Settings) -> Tokens:
    from graph.access.tokens import Tokens

    return Tokens(settings.home)


def _shown(item: Token) -> dict[str, str]:
    dates = {"created": item.created, "expires": item.expires}
    shown = {name: date.isoformat() for name, date in dates.items()}
    return {"id": item.id, "name": item.name, "role": item.role.value, **shown, "state": item.state()}


def _print_table(found: list[Token]) -> None:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    from graph import terminal

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("id", "name", "role", "created", "expires", "state"):
        table.add_column(column, no_wrap=column != "name", overflow="fold")
    for item in found:
        dates = (f"{date:%Y-%m-%d %H:%M}" for date in (item.created, item.expires))
        state = f"[{_STYLES[item.state()]}]{item.state()}[/]"
        table.add_row(item.id, escape(item.name), item.role.value, *dates, state)
    terminal.console().print(table)
