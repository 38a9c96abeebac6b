"""Where a fold of a long history stops, so that the next one goes on from there.

A stop is a checkpoint of the fold, and what a kept reading counts up to it. There are few of them, the closer together
the later they are: most of what is written belongs to the last days.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from goodwill.domain.entry import Fact, Ref
from goodwill.domain.history import History, fold_order
from goodwill.ledger.kept import Noted, Stop, Tally
from goodwill.ledger.reading import Reader, counted
from goodwill.policies.checkpoint import can_checkpoint, checkpoint
from goodwill.policies.fold import Fold, Valued
from goodwill.policies.policy import Policy

__all__ = ["dangling", "fitting", "notes", "places", "stop_at"]

MOST: Final = 100
"""How many unvalued entries, foreign openings and links to nothing a kept reading has room for."""

EVERY: Final = 64
"""Up to how many facts an account is folded anew whatever happens; the distance of its last stops beyond that."""

MOST_FAILURES: Final = 2000
"""How many failures that may yet be answered a stop has room for."""


def places(policy: Policy, in_force: Sequence[Fact]) -> list[int]:
    """After how many of the facts in force a fold stops: at the end, 64 before it, 256, 1,024 and so on."""
    count = len(in_force)
    if count < EVERY or not policy.decay.exponential:
        return []
    found, back = [count], EVERY
    while back < count:
        found.append(count - back)
        back *= 4
    return [place for place in reversed(found) if can_checkpoint(policy, in_force[:place])]


def stop_at(reader: Reader, folding: Fold, facts: Sequence[Fact], before: Tally | None = None) -> Stop | None:
    """Where a fold stands, after these facts in force and those of the tally before; None where that is too much."""
    history = folding.history
    noted = fitting((*(before.unvalued if before else ()), *notes(folding.valued.values())))
    missing = dangling(reader, history, facts)
    stopped = checkpoint(folding) if folding.key is not None else None
    if stopped is None or noted is None or missing is None or len(stopped.failures) > MOST_FAILURES:
        return None
    own = [fact.occurred_us for fact in facts if fact.type != "breach"]
    contacts = [fact.occurred_us for fact in facts if reader.is_contact(fact)]
    opened_us = [before.opened_us] if before and before.opened_us is not None else []
    contact_us = [before.contact_us] if before and before.contact_us is not None else []
    tally = Tally(
        min([*own, *opened_us], default=None),
        max([*contacts, *contact_us], default=None),
        (before.entries if before else 0) + counted(folding.valued.values()),
        noted,
        tuple(sorted({*missing, *(before.dangling if before else ())})),
    )
    kept: dict[str, Any] = stopped.to_dict()
    for failure in kept["failures"]:
        # Whose it is, the row says; a name would outlive the erasure of its account here.
        failure["fact"] = {**failure["fact"], "account": ""}
    document = json.dumps({"stopped": kept, "tally": tally}, separators=(",", ":"))
    return Stop(kept["key"][0], document)


def dangling(reader: Reader, history: History, facts: Iterable[Fact]) -> tuple[str, ...] | None:
    """What the deposits among these facts answer that is not there."""
    if reader.opinion.valuation.recovery is None:
        return ()
    links = [fact.in_response_to for fact in facts if fact.type == "deposit"]
    missing = {str(text_of(link)) for link in links if link is not None and history.target(link) is None}
    return tuple(sorted(missing)) if len(missing) <= MOST else None


def text_of(link: str | Ref) -> str:
    """The id or reference that a link names."""
    return link.reference if isinstance(link, Ref) else link


def notes(valued: Iterable[Valued]) -> list[Noted]:
    """The unvalued among them."""
    return [note_of(each) for each in valued if each.unvalued is not None]


def note_of(entry: Valued) -> Noted:
    """An unvalued entry with its place."""
    fact = entry.fact
    occurred_us, is_linked, is_breach, *_ = fold_order(fact)
    return Noted(occurred_us, is_linked, is_breach, fact.reference, fact.seq, fact.id, fact.kind, entry.unvalued or "")


def fitting(noted: Sequence[Noted]) -> tuple[Noted, ...] | None:
    """The notes, where there is room for them."""
    return tuple(noted) if len(noted) <= MOST else None
