"""Rows that correct others: reversals, and what stands for an amended entry; recorded after all that they may name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from goodwill.analytics.rows import Row, Rows, differing, instant_of
from goodwill.domain.entry import UNRECORDED, Amendment, Ref, Reversal
from goodwill.domain.errors import InvalidEntry, ReferenceConflict
from goodwill.domain.instant import to_us
from goodwill.ledger.operations import AMENDABLE

if TYPE_CHECKING:
    from goodwill.ledger.ledger import Ledger

__all__ = ["Corrections", "is_recorded"]

ELSEWHERE: Final = frozenset({"id", "seq", "name", "recorded_at", "in_response_to", "reverses", "amends", "reference"})
"""Columns by which the same amendment differs between two ledgers."""


class Corrections:
    """The corrections of a frame, each as a fact that names what it corrects by reference.

    Args:
        rows: of which frame.
        found: the rows that are corrections.
    """

    def __init__(self, rows: Rows, found: Iterable[Row]) -> None:
        self._rows = rows
        self._found = sorted(found, key=when_known)
        taken_out = {str(row.values.get("reverses")): row for row in self._found if row.values["type"] == "reversal"}
        self._taken_out = {
            row.number: taken_out[amended]
            for row in self._found
            if (amended := str(row.values.get("amends"))) in taken_out
        }

    def __iter__(self) -> Iterator[tuple[Row, Row | None]]:
        """Each correction in the order in which they were recorded; an amendment with the reversal that goes with it."""
        of_amendments = {row.number for row in self._taken_out.values()}
        return ((row, self._taken_out.get(row.number)) for row in self._found if row.number not in of_amendments)

    def fact(self, row: Row, taken_out: Row | None) -> Reversal | Amendment:
        """The fact to record; raises InvalidEntry, or one of its kind."""
        said = row.values
        known = instant_of(said, "recorded_at") or UNRECORDED
        if said["type"] != "reversal":
            fact = self._rows.fact(row)
            changes = {name: getattr(fact, name) for name in AMENDABLE if hasattr(fact, name)}
            reason = None if taken_out is None else taken_out.values.get("note")
            return Amendment(amends=Ref(str(fact.reference)), changes=changes, reason=reason, recorded_at=known)
        if said.get("reverses") is None:
            raise InvalidEntry("reverses is missing: a reversal names the id of the entry that it takes out")
        told: dict[str, Any] = {name: said.get(name) for name in ("reference", "note", "actor")}
        return Reversal(reverses=Ref(self._rows.named(said["reverses"])), recorded_at=known, **told)


def when_known(row: Row) -> tuple[int, int]:
    """When a row was recorded, and which of those of one instant it was."""
    known, seq = instant_of(row.values, "recorded_at"), row.values.get("seq")
    return (0 if known is None else to_us(known), row.number if seq is None else int(seq))


def is_recorded(ledger: Ledger, row: Row, correction: Reversal | Amendment) -> bool:
    """Whether a ledger has a correction already.

    Raises:
        UnknownEntry: if it does not have what is corrected.
        ReferenceConflict: if what was corrected says something else by now.
    """
    named = correction.reverses if isinstance(correction, Reversal) else correction.amends
    latest = ledger.entry(named)
    if isinstance(correction, Reversal):
        return latest.reversed_by is not None
    if latest.type != row.values["type"]:
        raise InvalidEntry(f"type {row.values['type']} cannot take the place of a {latest.type}")
    revision = int(row.values.get("revision") or 2)
    if latest.revision == revision and (column := differing(latest, row.values, ELSEWHERE)) is not None:
        raise ReferenceConflict(f"{latest.reference} was amended to something else; they differ in {column}")
    return latest.revision >= revision
