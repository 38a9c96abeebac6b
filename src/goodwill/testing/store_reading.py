"""What every store does when it is read."""

# ruff: noqa: D102 - a test's name is its sentence

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from goodwill.domain.account import Account
from goodwill.domain.errors import ReferenceConflict
from goodwill.domain.instant import to_us
from goodwill.ledger.ports import Accounts, Append, Draft, Facts, Find, Select
from goodwill.stores.memory import MemoryStore
from goodwill.testing.asking import Contract, accounts, answer, append, facts, listed, raised, told
from goodwill.testing.drafts import NOON, batches, deposit, draft, reversal_of, withdrawal

__all__ = ["Finding"]

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


class Finding(Contract):
    """Entries, facts and accounts are found, all of them, in order, and no others."""

    def test_entries_are_found_by_id_and_by_reference_each_once(self) -> None:
        with self.fresh() as store:
            first, second, third = append(store, *(draft(deposit(reference=f"r{n}")) for n in range(3)))
            found = answer(store, Find([third.id, first.id, "unknown"], ["r2", "r1", "unknown"]))
            assert found == [first, second, third]
            assert answer(store, Find()) == []

    def test_pages_follow_each_other_without_gaps_or_doubles(self) -> None:
        with self.open() as ledgers:

            @given(st.lists(st.integers(0, 3), max_size=12), st.integers(1, 4))
            def law(days: list[int], limit: int) -> None:
                store = ledgers(uuid.uuid4().hex)
                drafts = [draft(deposit(occurred_at=NOON + DAY * day)) for day in days]
                recorded = append(store, *drafts) if drafts else []
                assert listed(store, limit=limit) == sorted(recorded, key=lambda each: (each.occurred_at, each.seq))

            law()

    def test_a_page_holds_what_was_asked_for(self) -> None:
        with self.fresh() as store:
            wanted: dict[str, Any] = {
                "kind": "refund",
                "actor": "eve",
                "occurred_at": NOON + DAY,
                "recorded_at": NOON + DAY,
            }
            different: dict[str, Any] = {
                "kind": "gesture",
                "actor": "bob",
                "occurred_at": NOON + 2 * DAY,
                "recorded_at": NOON + 2 * DAY,
            }
            (entry,) = append(store, draft(deposit(**wanted)))
            append(store, draft(deposit("bob", **wanted)), draft(withdrawal(**wanted)))
            append(store, *(draft(deposit(**{**wanted, name: value})) for name, value in different.items()))
            known, start = to_us(NOON + DAY), to_us(NOON + DAY)
            query = Select(["ada"], ["refund", "x"], ["deposit"], "eve", start, start + 1, known)
            assert answer(store, query) == [entry]
            no_bounds: dict[str, Any] = {"start_us": None, "end_us": None, "known_us": None}
            narrower: list[dict[str, Any]] = [
                {"kinds": []}, {"types": []}, {"accounts": ["nobody"]}, {"actor": "bo"}, {"limit": 0}, {"end_us": start},
                {"start_us": start + 1, "end_us": start + 2}, {"known_us": known - 1},
            ]  # fmt: skip
            for change in narrower:
                assert answer(store, query._replace(**{**no_bounds, **change})) == []
            assert len(answer(store, Select())) == 7

    def test_reversed_by_is_told_as_it_was_known(self) -> None:
        with self.fresh() as store:
            (entry,) = append(store, draft(deposit()))
            (reversal,) = append(store, draft(reversal_of(entry, recorded_at=NOON + HOUR)))
            for known_at, by in ((NOON, None), (NOON + HOUR, reversal.id)):
                assert answer(store, Select(known_us=to_us(known_at)))[0].reversed_by == by
            assert [each.reversed_by for each in listed(store)] == [reversal.id, None]
            assert answer(store, Find([entry.id]))[0].reversed_by == reversal.id

    def test_facts_of_an_earlier_reading_hold_what_it_needs(self) -> None:
        with self.fresh() as store:
            first, second = append(
                store, draft(deposit()), draft(deposit(occurred_at=NOON + DAY, recorded_at=NOON + DAY))
            )
            (reversal,) = append(store, draft(reversal_of(second, recorded_at=NOON + DAY)))
            for as_of, known_at, needed in ((NOON, NOON, {first.id}), (NOON, NOON + DAY, {first.id, reversal.id})):
                request = Facts(["ada"], to_us(as_of), to_us(known_at))
                assert {fact.id for fact in answer(store, request)["ada"]} >= needed
            assert {fact.reverses for fact in facts(store, "ada")["ada"]} == {None, second.id}

    def test_accounts_are_those_with_entries_in_the_order_of_bytes(self) -> None:
        with self.fresh() as store:
            names = ["b", "a", "B", "é", "🦊", "\uff41", "a b"]
            (early, *_) = append(store, *(draft(deposit(name, occurred_at=NOON + DAY)) for name in names))
            append(store, draft(deposit("b")), draft(reversal_of(early)))
            raised(ReferenceConflict, append, store, *(draft(deposit("z", reference="z"), request) for request in "12"))
            ordered = sorted(names, key=str.encode)
            assert accounts(store) == [
                Account(name, NOON if name == "b" else NOON + DAY, 3 if name == "b" else 1) for name in ordered
            ]
            assert [each.id for each in answer(store, Accounts(["é", "b", "nobody"]))] == ["b", "é"]
            assert [each.id for each in answer(store, Accounts(["é", "b"], after="b"))] == ["é"]
            assert answer(store, Accounts(["é", "b"], limit=1)) == answer(store, Accounts(["b"]))
            assert answer(store, Accounts([])) == []

    def test_many_at_once_are_as_good_as_few(self) -> None:
        with self.fresh() as store:
            names = [f"customer {number:04}" for number in range(1200)]
            recorded = append(store, *(draft(deposit(name, reference=f"r {name}")) for name in names * 2))
            assert [each.replayed for each in recorded] == [False] * 1200 + [True] * 1200
            assert len(answer(store, Find([each.id for each in recorded], [f"r {name}" for name in names]))) == 1200
            assert set(facts(store, *names, "nobody")) == set(names)
            assert [each.id for each in answer(store, Accounts(names, limit=1100))] == names[:1100]
            assert [each.id for each in accounts(store)] == names

    def test_ledgers_in_one_database_never_see_one_another(self) -> None:
        with self.open() as ledgers:
            one, other = ledgers("one"), ledgers("other")
            (mine,) = append(one, draft(deposit(reference="r"), "mine"))
            append(other, draft(deposit(reference="r", id=mine.id), "theirs"), draft(reversal_of(mine)))
            assert listed(one) == [mine]
            assert listed(one)[0].reversed_by is None
            (reversal,) = append(one, draft(reversal_of(mine)))
            assert answer(one, Find([mine.id], ["r"]))[0].reversed_by == reversal.id
            assert len(facts(one, "ada")["ada"]) == len(facts(other, "ada")["ada"]) == 2
            assert [each.entries for each in accounts(one) + accounts(other)] == [2, 2]
            assert not listed(ledgers("third"))
            assert not accounts(ledgers("third"))

    def test_every_answer_is_that_of_the_memory_store(self) -> None:
        with self.open() as ledgers:

            @given(st.lists(st.tuples(batches(), st.booleans()), min_size=1, max_size=4))
            def law(story: list[tuple[Sequence[Draft], bool]]) -> None:
                stores = (ledgers(uuid.uuid4().hex), MemoryStore())
                for drafts, tolerant in story:
                    assert told(stores[0], Append(drafts, tolerant)) == told(stores[1], Append(drafts, tolerant))
                for request in (
                    Select(),
                    Accounts(),
                    Facts(["ada", "Ada", "bob"]),
                    Find(references=["r1", "r2", "r3"]),
                ):
                    assert told(stores[0], request) == told(stores[1], request)

            law()
