"""The decisions of a ledger in plain Python: what the memory store keeps of them."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Collection
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from goodwill.domain.decision import Decision
from goodwill.domain.instant import to_us
from goodwill.ledger.decision_requests import AppendDecision, SelectDecisions
from goodwill.ledger.seal_requests import KeptRow
from goodwill.stores.conflict import same_decision
from goodwill.stores.seal_book import kept_row

__all__ = ["DecisionBook"]


class Placed(NamedTuple):
    """A decision with its place in the order of pages."""

    decided_us: int
    seq: int
    decision: Decision
    digest: bytes


class DecisionBook:
    """What was decided, in the order of pages; decisions themselves never change."""

    def __init__(self) -> None:
        self._last_seq = 0
        self._in_order: list[Placed] = []
        self._by_reference: dict[str, Placed] = {}

    def append(self, request: AppendDecision) -> Decision:
        """Keep a decision, or say that its reference stands for the same one.

        Raises:
            ReferenceConflict: if the reference stands for another.
            AccountErased: if it stands for one of an erased customer.
        """
        made = request.decision
        kept = None if made.reference is None else self._by_reference.get(made.reference)
        if kept is not None:
            return same_decision(kept.decision, kept.digest, made, request.digest)
        self._last_seq += 1
        numbered = replace(made, seq=self._last_seq)
        self._put(Placed(to_us(made.decided_at), numbered.seq, numbered, request.digest))
        return numbered

    def remove(self, decision: Decision) -> None:
        """Forget a decision that a failed work had added."""
        del self._in_order[bisect_left(self._in_order, (to_us(decision.decided_at), decision.seq))]
        if decision.reference is not None:
            del self._by_reference[decision.reference]

    def _put(self, placed: Placed) -> None:
        insort(self._in_order, placed)
        if placed.decision.reference is not None:
            self._by_reference[placed.decision.reference] = placed

    def select(self, request: SelectDecisions, restricted: Collection[str]) -> list[Decision]:
        """One page of decisions in the order (decided_us, seq)."""
        first = 0 if request.start_us is None else bisect_left(self._in_order, (request.start_us, 0))
        if request.after is not None:
            first = max(first, bisect_left(self._in_order, (request.after[0], request.after[1] + 1)))
        hidden = restricted if request.unrestricted and request.accounts is None else ()
        matching = (
            each.decision
            for each in islice(self._in_order, first, None)
            if is_wanted(each, request) and each.decision.request.account not in hidden
        )
        return list(islice(matching, request.limit))

    def erase(self, name: str, nobody: str) -> None:
        """Have what was decided of a customer be of a name that says nothing, without free text."""
        gone = [each for each in self._in_order if each.decision.request.account == name]
        self._in_order = [each for each in self._in_order if each.decision.request.account != name]
        for each in gone:
            self._put(each._replace(decision=each.decision.erased(nobody)))

    def rows(self) -> list[KeptRow]:
        """All that seals cover."""
        return [kept_row("decisions", each.decision) for each in self._in_order]

    def snapshot(self) -> tuple[list[Placed], dict[str, Placed]]:
        """All that is kept now."""
        return list(self._in_order), dict(self._by_reference)

    def restore(self, snapshot: tuple[list[Placed], dict[str, Placed]]) -> None:
        """Keep again what was kept then."""
        self._in_order, self._by_reference = snapshot


def is_wanted(placed: Placed, asked: SelectDecisions) -> bool:
    """Whether a decision is on the page that is asked for, its place in the order aside."""
    request = placed.decision.request
    return (
        (asked.end_us is None or placed.decided_us < asked.end_us)
        and (asked.accounts is None or request.account in asked.accounts)
        and (asked.actor is None or request.actor == asked.actor)
        and (asked.role is None or request.role == asked.role)
        and (asked.answer is None or placed.decision.answer == asked.answer)
    )
