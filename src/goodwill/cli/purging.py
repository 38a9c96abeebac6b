"""The command that lets old facts give way to openings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from goodwill.cli import render
from goodwill.cli.accounts import MarkingOptions
from goodwill.cli.options import FINE, BadOption, command, instant, policy_from
from goodwill.domain.kind import Catalog
from goodwill.ledger.purging import Replaced
from goodwill.policies.policy import Policy

__all__ = ["purge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeOptions(MarkingOptions):
    """What the command takes: what leaves a record, and several policies where others take one."""

    also: Annotated[
        list[Path] | None,
        typer.Option("--also", metavar="FILE", help="Another policy whose readings must not change. Repeat for more."),
    ] = None

    def read_policies(self, catalog: Catalog) -> list[Policy]:
        """The policy of `--policy` and those of `--also`."""
        return [self.read_policy(catalog), *map(policy_from, self.also or ())]


@command
def purge(
    account: Annotated[str | None, typer.Argument(metavar="ACCOUNT", help="A customer's id; none: all.")] = None,
    *,
    before: Annotated[str, typer.Option("--before", metavar="WHEN", help="What happened earlier gives way.")],
    yes: Annotated[bool, typer.Option("--yes", help="It cannot be undone; say that you know.")] = False,
    options: PurgeOptions,
) -> int:
    """Delete old facts for good; openings stand in their place.

    No reading from that instant on changes under the policies that are named; an earlier one is refused.
    """
    at = instant(before, "--before")
    if not yes or at is None:
        raise BadOption(
            "a purge cannot be undone, and nothing was purged; add --yes (and keep a backup as long as you may)"
        )
    with options.ledger() as ledger:
        done = ledger.purge(
            before=at,
            policies=options.read_policies(ledger.catalog),
            account=account,
            reason=options.reason,
            actor=options.actor,
        )
    told = [each for each in done if each.entries or each.kept]
    if options.as_json:
        options.screen.document({"before": at.isoformat(), "purged": [document(each) for each in told]})
    elif told:
        options.screen.show(render.purged_table(told))
    else:
        options.screen.note("nothing happened before that; nothing was purged")
    return FINE


def document(done: Replaced) -> dict[str, Any]:
    """What was done to one customer, as JSON holds it."""
    return {
        "account": done.account,
        "entries": done.entries,
        "kept": dict(done.kept),
        "openings": [
            {
                "account": each.account,
                "id": each.id,
                "read_under": each.read_under,
                "positive": each.positive,
                "negative": each.negative,
            }
            for each in done.openings
        ],
    }
