"""Sealing a ledger and verifying it, whatever store it is kept in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from goodwill import AsyncLedger, Ledger, Merge
from goodwill.domain.seal import Seal, Verification
from goodwill.ledger import sealing
from goodwill.ledger.seal_requests import KeptRow, RowPlace, Seals, UnderSeal, Unsealed
from goodwill.testing.clock import FixedClock
from goodwill.testing.drafts import NOON

HOUR = timedelta(hours=1)


def test_a_seal_covers_what_was_written_since_the_last(ledger: Ledger) -> None:
    ledger.withdraw("ada", "late_delivery", magnitude=2)
    ledger.merge("A", into="ada")
    (first,) = ledger.seal()
    ledger.close_account("ada")
    (second,) = ledger.seal()
    assert (first.number, first.rows, first.sealed_at) == (1, 2, ledger.clock.now())
    assert (second.number, second.rows, second.is_complete) == (2, 2, True)  # closed under both names
    assert ledger.seals() == [first, second]
    assert second.stands_on(first)
    found = ledger.verify(known=[first.seal, second.seal])
    assert found == Verification(rows=4, seals=2, latest=second)


def test_an_empty_ledger_is_fine_and_has_nothing_to_seal(ledger: Ledger) -> None:
    assert ledger.seal() == ledger.seals() == []
    assert ledger.verify() == Verification()


def test_what_is_under_no_seal_is_verified_too(ledger: Ledger) -> None:
    ledger.withdraw("ada", "late_delivery", magnitude=2)
    found = ledger.verify()
    assert (bool(found), found.rows, found.unsealed) == (True, 1, 1)


def test_a_seal_that_was_kept_elsewhere_and_is_not_here_is_bad(ledger: Ledger) -> None:
    ledger.withdraw("ada", "late_delivery", magnitude=2)
    ledger.seal()
    found = ledger.verify(known=["ab" * 32])
    assert (bool(found), found.bad_seals) == (False, 1)


def test_an_import_of_old_facts_is_not_belated_and_what_was_held_back_is(ledger: Ledger, clock: FixedClock) -> None:
    ledger.withdraw("ada", "late_delivery", magnitude=2)
    start = clock.now()
    clock.set(start + 2 * HOUR)
    ledger.seal()
    ledger.record(Merge(account="A", into="ada", recorded_at=start))
    assert ledger.verify().belated == 0
    clock.set(start + HOUR - timedelta(microseconds=1))
    held_back = ledger.withdraw("ada", "late_delivery", magnitude=2)
    clock.set(start + HOUR)
    ledger.withdraw("ada", "late_delivery", magnitude=2)
    found = ledger.verify()
    assert (bool(found), found.belated) == (True, 1)
    assert found.first_belated is not None
    assert found.first_belated.id == held_back.id


def test_an_async_ledger_is_sealed_and_verified_alike() -> None:
    async def work() -> tuple[list[Seal], list[Seal], Verification]:
        async with AsyncLedger.in_memory() as ledger:
            await ledger.withdraw("ada", "late_delivery", magnitude=2)
            return await ledger.seal(), await ledger.seals(), await ledger.verify()

    made, listed, found = asyncio.run(work())
    assert [seal.rows for seal in made] == [1]
    assert listed == made
    assert (bool(found), found.rows, found.unsealed) == (True, 1, 0)


def purged_row(seq: int, leaf: bytes) -> KeptRow:
    return KeptRow(RowPlace("entries", seq), None, None, None, b"", leaf, purged=True)


def verified(rows: list[KeptRow], seal: Seal, **given: object) -> Verification:
    """Verify what a store answers that was made up."""
    answers: dict[type, Callable[..., object]] = {
        Seals: lambda _request: [seal],
        Unsealed: lambda _request: [],
        UnderSeal: lambda request: rows if request.after is None else [],
    }
    operation = sealing.verify(HOUR, **given)  # type: ignore[arg-type]
    answer: object = None
    try:
        while True:
            request = operation.send(answer)
            answer = answers[type(request)](request)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


def test_what_a_purge_took_away_is_counted_and_still_under_its_seal() -> None:
    leaves = [bytes([number]) * 32 for number in range(3)]
    tree = sealing.Tree()
    for leaf in leaves:
        tree.add(leaf)
    seal = Seal.upon(None, root=tree.root, rows=3, sealed_at=NOON, is_complete=True)
    rows = [purged_row(number, leaf) for number, leaf in enumerate(leaves)]
    found = verified(rows, seal)
    assert (bool(found), found.rows, found.purged, found.undigested) == (True, 3, 3, 0)
    found = verified([*rows[:2], purged_row(2, b"x" * 32)], seal)
    assert (found.bad_rows, found.bad_seals) == (0, 1)
    found = verified([*rows[:2], rows[2]._replace(purged=False)], seal)
    assert (found.bad_rows, found.bad_seals, found.purged) == (1, 0, 2)


def test_differences_are_taken_one_by_one() -> None:
    seal = Seal.upon(None, root=sealing.Tree().root, rows=0, sealed_at=NOON, is_complete=True)

    def differences() -> Iterator[str]:
        yield "ada"
        yield "bob"

    found = verified([], seal, also=[differences(), iter(())])
    assert (found.differences, found.first_difference) == (2, "ada")
    with pytest.raises(ZeroDivisionError):
        verified([], seal, also=[(1 // number for number in (0,))])
