"""The commands on accounts as a whole: account merge, close, restrict, erase, export and their like."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from goodwill.cli import render
from goodwill.cli.options import FINE, BadOption, BookOptions, command
from goodwill.domain.audit import AuditRecord
from goodwill.domain.merge import Merge, Unmerge
from goodwill.ledger.exporting import record
from goodwill.ledger.ledger import Ledger

__all__ = ["audit", "close", "erase", "export", "lift", "merge", "reopen", "restrict", "unmerge"]

AccountName = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The customer's id, as the host writes it.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActingOptions(BookOptions):
    """What a command takes that does something to an account."""

    actor: Annotated[
        str | None, typer.Option("--actor", metavar="WHO", help="Who does it; a surrogate.", show_default="nobody")
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkingOptions(ActingOptions):
    """What a command takes that leaves a record in the audit trail."""

    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", help="Why; nothing personal.", show_default="none")
    ] = None


@command
def merge(
    account: AccountName,
    into: Annotated[str, typer.Option("--into", metavar="ACCOUNT", help="The name that answers for both.")],
    *,
    options: ActingOptions,
) -> int:
    """Say that two names are one customer."""
    with options.ledger() as ledger:
        return told(ledger.merge(account, into=into, actor=options.actor), f"{into} answers for {account}", options)


@command
def unmerge(account: AccountName, *, options: ActingOptions) -> int:
    """Take a merge back: the name stands for itself again."""
    with options.ledger() as ledger:
        return told(ledger.unmerge(account, actor=options.actor), f"{account} stands for itself", options)


def told(done: Merge | Unmerge, what: str, options: ActingOptions) -> int:
    """Say what a merge came to."""
    if options.as_json:
        options.screen.document({**record(done), "replayed": done.replayed})
    else:
        options.screen.show(what + (", as recorded before" if done.replayed else ""))
    return FINE


@command
def close(account: AccountName, *, options: MarkingOptions) -> int:
    """Take no new entries for an account; corrections still pass."""
    return marked(Ledger.close_account, account, options)


@command
def reopen(account: AccountName, *, options: MarkingOptions) -> int:
    """Take new entries again for an account that was closed."""
    return marked(Ledger.reopen_account, account, options)


@command
def restrict(account: AccountName, *, options: MarkingOptions) -> int:
    """Leave an account out of readings across accounts."""
    return marked(Ledger.restrict_account, account, options)


@command
def lift(account: AccountName, *, options: MarkingOptions) -> int:
    """Take a restricted account in again."""
    return marked(Ledger.lift_restriction, account, options)


@command
def erase(
    account: AccountName,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="It cannot be undone; say that you know.")] = False,
    options: MarkingOptions,
) -> int:
    """Delete for good what is personal of a customer; the facts stay.

    The id under all its names, notes and attributes go. Kinds, magnitudes, costs and instants stay under a name that
    says nothing, so no sum changes.
    """
    if not yes:
        raise BadOption(
            "an erasure cannot be undone, and nothing was erased; add --yes "
            "(`goodwill account export` keeps a copy for whom it concerns)"
        )
    return marked(Ledger.erase_account, account, options)


def marked(verb: Callable[..., list[AuditRecord]], account: str, options: MarkingOptions) -> int:
    """Do it, and show what was recorded of it."""
    with options.ledger() as ledger:
        done = verb(ledger, account, reason=options.reason, actor=options.actor)
    return listed(done, "it was so already; nothing was recorded", options)


@command
def audit(
    account: Annotated[str | None, typer.Argument(metavar="ACCOUNT", help="A customer's id; none: all.")] = None,
    *,
    options: BookOptions,
) -> int:
    """Show what was done to accounts as a whole, by whom and why."""
    with options.ledger() as ledger:
        done = ledger.audit(account)
    return listed(done, "nothing was done to it as a whole" if account else "nothing was done to any account", options)


def listed(records: Sequence[AuditRecord], otherwise: str, options: BookOptions) -> int:
    """Show records of the audit trail."""
    if options.as_json:
        options.screen.document({"audit": [record(each) for each in records]})
    elif records:
        options.screen.show(render.audit_table(records))
    else:
        options.screen.note(otherwise)
    return FINE


@command
def export(account: AccountName, *, options: BookOptions) -> int:
    """Print all that is kept of one customer, as JSON."""
    with options.ledger() as ledger:
        options.screen.document(ledger.export_account(account))
    return FINE
