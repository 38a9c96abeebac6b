"""Which facts a reading sees, and in which order: functions of the data alone, never of arrival.

A reading as of an instant t, as known at an instant k, sees the facts with recorded_at <= k and occurred_at <= t
that no reversal recorded by k takes out. A reversal's own occurred_at is never read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from goodwill.domain.entry import Fact, Ref
from goodwill.domain.promise import Obligation, obligations

__all__ = ["FoldKey", "History", "fold_order"]

FoldKey = tuple[int, bool, bool, bool, bytes, int]
"""The place of a fact in the total order of an account's facts."""


def fold_order(fact: Fact) -> FoldKey:
    """The total order in which a policy reads facts.

    By occurred_at; at one instant what is answered comes before the answer and what was recorded before what is
    derived, then by reference (as UTF-8 bytes, entries without one last), then by the store's number. Where
    references exist, arrival never matters.
    """
    reference = fact.reference
    return (
        fact.occurred_us,
        fact.in_response_to is not None,
        fact.type == "breach",
        reference is None,
        b"" if reference is None else reference.encode(),
        fact.seq,
    )


class History:
    """One account's facts as of one instant, as known at another: what is in force, and what links point at.

    Args:
        facts: what was recorded, in any order.
        as_of_us, known_us: the two instants.
        amended: of facts that are not at hand, the id of each that was amended, and that of the one which replaced it.

    Attributes:
        in_force: the facts that a reading sees, breaches among them, in fold order.
        known: whether the account had any entry by then, reversed ones included.
        kept: the obligation that each `Kept` in force counts towards, by the id of the `Kept`.
        broken: the obligation of each breach in force, by the breach's id.
    """

    __slots__ = ("_by_id", "_by_reference", "_replaced_by", "_single", "broken", "in_force", "kept", "known")

    def __init__(
        self,
        facts: Iterable[Fact],
        as_of_us: int,
        known_us: int | None = None,
        *,
        amended: Mapping[str, str] | None = None,
    ) -> None:
        recorded = [fact for fact in facts if known_us is None or fact.recorded_us <= known_us]
        taken_out = {fact.reverses for fact in recorded if fact.type == "reversal"}
        happened = [fact for fact in recorded if fact.type != "reversal" and fact.occurred_us <= as_of_us]
        self.known = bool(happened)
        self.in_force = sorted((fact for fact in happened if fact.id not in taken_out), key=fold_order)
        self._by_id = {fact.id: fact for fact in self.in_force}
        self._by_reference = {fact.reference: fact for fact in self.in_force if fact.reference is not None}
        self._replaced_by = {fact.amends: fact.id for fact in recorded if fact.amends is not None}
        self._replaced_by |= amended or {}
        self.kept: dict[str, Obligation] = {}
        self.broken: dict[str, Obligation] = {}
        self._single: dict[str, Fact] = {}
        if any(fact.type == "promise" for fact in self.in_force):
            self._derive_breaches(as_of_us)

    def openings(self, digest: str) -> dict[str, bool]:
        """The openings that a policy reads, by id, and whether each is foreign: made for another policy.

        Of those that a purge wrote at one instant, one for each of some policies, one is read: the policy's own, or
        else the first.
        """
        found = [fact for fact in self.in_force if fact.type == "opening"]
        chosen: dict[tuple[str, int], Fact] = {}
        for fact in found:
            first = chosen.setdefault((fact.account, fact.occurred_us), fact) if fact.read_under else fact
            if fact.read_under == digest != first.read_under:
                chosen[fact.account, fact.occurred_us] = fact
        read = {fact.id for fact in chosen.values()}
        return {
            fact.id: fact.read_under not in {None, digest}
            for fact in found
            if fact.read_under is None or fact.id in read
        }

    def target(self, link: str | Ref) -> Fact | None:
        """The fact in force that an `in_response_to` points at, through amendments; of a promise, its breach."""
        found = self._named(link)
        return found if found is None else self._single.get(found.id, found)

    def amended(self) -> dict[str, str]:
        """The id of each fact that was amended, and that of the one in force which stands for it now."""
        found = {former: self._named(former) for former in self._replaced_by}
        return {former: fact.id for former, fact in found.items() if fact is not None and fact.id != former}

    def _named(self, link: str | Ref) -> Fact | None:
        if isinstance(link, Ref):
            return self._by_reference.get(link.reference)
        while link not in self._by_id and link in self._replaced_by:
            link = self._replaced_by[link]
        return self._by_id.get(link)

    def _derive_breaches(self, as_of_us: int) -> None:
        for obligation in obligations(self.in_force, as_of_us, self._named):
            self.kept |= dict.fromkeys((*obligation.in_time, *obligation.late), obligation)
            if obligation.due_us <= as_of_us and obligation.shortfall > 0.0:
                self.broken[obligation.name] = obligation
        for obligation in self.broken.values():
            breach = obligation.breach
            self._by_id[breach.id] = self._by_reference[breach.id] = breach
            if obligation.promise.recurs is None:
                self._single[obligation.promise.id] = breach
            self.in_force.append(breach)
        self.in_force.sort(key=fold_order)
