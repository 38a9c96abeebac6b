"""The commands that show opinions and words: kinds, policy show, policy diff, policy schema."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from goodwill.cli import opinions
from goodwill.cli.options import FINE, NO, CatalogOptions, Options, PolicyOptions, command, policy_from
from goodwill.policies.policy import Policy

__all__ = ["diff", "kinds", "schema", "show"]


@command
def kinds(*, options: CatalogOptions) -> int:
    """List the kinds that the catalog holds: what may happen, in which unit, and what it starts out worth."""
    catalog = options.read_catalog()
    if options.as_json:
        options.screen.document({"kinds": [plain(asdict(kind)) for kind in catalog.values()]})
    else:
        options.screen.show(opinions.kinds_table(catalog.values()))
        options.screen.note("starter worths are conventions to begin with, in points; a policy's own rates go before")
    return FINE


def plain(kind: dict[str, Any]) -> dict[str, Any]:
    """A kind for JSON: a typical magnitude is a decimal, which JSON keeps as text."""
    typical = kind["typical"]
    return {**kind, "direction": str(kind["direction"]), "typical": None if typical is None else str(typical)}


@command
def show(*, options: PolicyOptions) -> int:
    """Show a policy.

    Its JSON is a policy file, to begin your own with.
    """
    policy = options.read_policy(options.read_catalog())
    if options.as_json:
        options.screen.document(policy.to_dict())
    else:
        options.screen.show(opinions.policy_view(policy))
    return FINE


@command
def diff(
    first: Annotated[Path, typer.Argument(metavar="FILE", help="A policy.")],
    second: Annotated[
        Path | None, typer.Argument(metavar="OTHER", help="Another; none: FILE is compared with --policy.")
    ] = None,
    *,
    options: PolicyOptions,
) -> int:
    """Show where two policies differ, by path.

    Exits with 1 if they do, with 0 if they read alike.
    """
    ours = options.read_policy(options.read_catalog()) if second is None else policy_from(first)
    theirs = policy_from(first if second is None else second)
    found = ours.diff(theirs)
    if options.as_json:
        differences = [difference._asdict() for difference in found]
        options.screen.document({"ours": ours.fingerprint, "theirs": theirs.fingerprint, "differences": differences})
    elif found:
        options.screen.show(opinions.differences_view(found, ours, theirs))
    else:
        options.screen.show(f"{ours.fingerprint} and {theirs.fingerprint} read alike")
    return NO if found else FINE


@command
def schema(*, options: Options) -> int:
    """Print the JSON Schema of a policy file."""
    options.screen.document(Policy.json_schema())
    return FINE
