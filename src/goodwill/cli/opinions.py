"""Kinds and policies as a person reads them: pure functions, in the style of `render`."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from goodwill.cli.render import MUTED, heading, table
from goodwill.domain.kind import Kind
from goodwill.policies.policy import Difference, Policy
from goodwill.valuations import RateCard

__all__ = ["caveats", "differences_view", "kinds_table", "policy_view"]


def kinds_table(kinds: Iterable[Kind]) -> RenderableType:
    """The kinds of a catalog, by direction, with the two parts of their starter worth."""
    made = table(
        "kind", "per", "material", "symbolic", "meaning", numbers=("material", "symbolic"), dim=("per", "meaning")
    )
    by_direction: dict[str, list[Kind]] = {}
    for kind in kinds:
        by_direction.setdefault(kind.direction, []).append(kind)
    for direction, group in by_direction.items():
        made.add_row(Text(f"{direction}s", style="bold"))
        for kind in group:
            made.add_row(*kind_row(kind))
        made.add_section()
    return made


def kind_row(kind: Kind) -> tuple[Text, str, str, str, Text]:
    """One kind; "event" stands for its unit where the size of an entry is not read."""
    name = Text(f"  {kind.name}{' (retired)' if kind.retired else ''}")
    rate = kind.starter
    if rate is None:
        return name, kind.unit, "", "", Text(kind.meaning)
    per = "event" if rate.per == "event" else kind.unit
    return name, per, f"{rate.material:g}", f"{rate.symbolic:g}", Text(kind.meaning)


def policy_view(policy: Policy) -> Group:
    """A policy: what it is made of, as code, its rates, and what a reader must know before believing it."""
    scope = f"{policy.policy_class}, {'additive' if policy.is_additive else 'not additive'}"
    made = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    made.add_column(style=MUTED, no_wrap=True)
    made.add_column(overflow="fold")
    made.add_row("currency", policy.currency or "the ledger's home currency")
    cards = [step for step in policy.valuation.steps if isinstance(step, RateCard)]
    for step in policy.valuation.steps:
        made.add_row(step.stage.label, f"{len(step.rates)} kinds, below" if isinstance(step, RateCard) else repr(step))
    schedule = policy.decay
    made.add_row("decay", repr(schedule if schedule.by_kind or schedule.by_direction else schedule.default))
    made.add_row("standing", bands(policy))
    parts: list[RenderableType] = [heading(policy.fingerprint, scope), Text(policy.description), made]
    return Group(*parts, *(rates_table(card) for card in cards), *caveats(policy))


def bands(policy: Policy) -> str:
    """The bands of standing, from the lowest up: overdrawn < 0 <= positive."""
    below = [f"{band.name} < {band.below:g} <=" for band in policy.standing.bands]
    return " ".join([*below, policy.standing.top])


def rates_table(card: RateCard) -> RenderableType:
    """What one event, unit or unit of money of each kind is worth, in points."""
    made = table("kind", "per", "material", "symbolic", numbers=("material", "symbolic"), dim=("per",))
    for kind, rate in card.rates.items():
        made.add_row(Text(kind), rate.per, f"{rate.material:g}", f"{rate.symbolic:g}")
    return made


def caveats(policy: Policy) -> list[RenderableType]:
    """What a reader must know before believing a number of this policy."""
    return [Text(f"Caveat: {text}", style="yellow") for text in policy.caveats]


def differences_view(differences: Iterable[Difference], ours: Policy, theirs: Policy) -> Group:
    """Where two policies differ, by path."""
    made = table("path", "first", "second", numbers=("first", "second"))
    for difference in differences:
        made.add_row(Text(difference.path), side(difference.ours), side(difference.theirs))
    return Group(heading(f"{ours.fingerprint} and {theirs.fingerprint}"), made)


def side(value: object) -> Text:
    """One policy's value at a path; nothing there is said so."""
    return Text("absent", style=MUTED) if value is None else Text(str(value))
