"""What every store does when it is written to: it keeps what it was given, once."""

# ruff: noqa: D102 - a test's name is its sentence

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from goodwill.domain.entry import Entry, Fact
from goodwill.domain.errors import AlreadyReversed, InvalidEntry, ReferenceConflict
from goodwill.ledger.ports import Append, Find, Select
from goodwill.testing.asking import Contract, accounts, answer, append, facts, listed, raised, same
from goodwill.testing.drafts import TRICKY, deposit, draft, entries, reversal_of, withdrawal

__all__ = ["Keeping", "Repeating"]


class Keeping(Contract):
    """What is recorded comes back as it was."""

    def test_an_entry_and_its_fact_come_back_as_recorded(self) -> None:
        with self.open() as ledgers:

            @given(entries())
            def law(entry: Entry) -> None:
                store = ledgers(uuid.uuid4().hex)
                (recorded,) = append(store, draft(entry))
                for found in answer(store, Find([entry.id])) + listed(store):
                    same(found, recorded)
                    same(found, entry)
                    assert found.occurred_at.tzinfo is UTC
                    assert repr(found) == repr(entry)
                assert facts(store, entry.account) == {entry.account: [Fact.of(entry)._replace(seq=0)]}

            law()

    def test_a_batch_comes_back_as_recorded(self) -> None:
        with self.open() as ledgers:

            @settings(max_examples=max(1, settings().max_examples // 4))
            @given(st.lists(entries(), min_size=2, max_size=4))
            def law(batch: list[Entry]) -> None:
                unique = list({each.reference or each.id: each for each in batch}.values())
                store = ledgers(uuid.uuid4().hex)
                recorded = append(store, *map(draft, unique))
                assert [each.id for each in recorded] == [each.id for each in unique]
                assert [each.seq for each in recorded] == sorted({each.seq for each in recorded})
                for found, entry in zip(answer(store, Find([each.id for each in unique])), recorded, strict=True):
                    same(found, entry)

            law()

    def test_names_that_differ_in_anything_are_different(self) -> None:
        with self.fresh() as store:
            for name in TRICKY:
                append(store, draft(deposit(name, reference=name)))
            assert [account.id for account in accounts(store)] == sorted(TRICKY, key=str.encode)
            for name in TRICKY:
                (entry,) = answer(store, Find(references=[name]))
                assert (entry.account, entry.reference) == (name, name)
                assert answer(store, Select(accounts=[name])) == [entry]

    def test_what_is_read_is_the_readers_own(self) -> None:
        with self.fresh() as store:
            entry = deposit(attributes={"list": [1]}, dimensions={"d": 1.0})
            append(store, draft(entry))
            for found in listed(store):
                cast(Any, found.attributes)["list"].append(2)
                cast(Any, found.dimensions)["d"] = 2.0
            cast(Any, entry.attributes)["list"].append(3)
            (found,) = listed(store)
            assert (found.attributes, found.dimensions) == ({"list": [1]}, {"d": 1.0})


class Repeating(Contract):
    """Recording is repeatable, and contradictions are refused."""

    def test_the_same_request_again_is_the_original(self) -> None:
        with self.fresh() as store:
            (original,) = append(store, draft(deposit(reference="r"), "request"))
            for others in ([], [draft(deposit())]):
                again = append(store, draft(deposit(reference="r", note="retried"), "request"), *others)[0]
                assert (again.id, again.seq, again.replayed) == (original.id, original.seq, True)
            assert not original.replayed
            assert len(listed(store)) == 2

    def test_a_replay_tells_that_the_original_was_reversed(self) -> None:
        with self.fresh() as store:
            (original,) = append(store, draft(deposit(reference="r"), "request"))
            (reversal,) = append(store, draft(reversal_of(original)))
            (again,) = append(store, draft(deposit(reference="r"), "request"))
            assert (again.replayed, again.reversed_by) == (True, reversal.id)

    def test_a_reference_for_something_else_is_refused_and_nothing_is_written(self) -> None:
        with self.fresh() as store:
            (original,) = append(store, draft(deposit(reference="r")))
            other = deposit(reference="r", magnitude=original.magnitude + 2)
            for drafts in ([draft(other)], [draft(deposit("new")), draft(other)]):
                error = raised(ReferenceConflict, append, store, *drafts)
                assert (error.original, error.attempted) == (original, other)
                assert "magnitude recorded as 1, now 3" in str(error)
            assert listed(store) == [original]

    def test_the_same_reference_twice_in_a_batch_is_one_entry(self) -> None:
        with self.fresh() as store:
            first, again = append(store, draft(deposit(reference="r"), "x"), draft(deposit(reference="r"), "x"))
            assert (again.id, again.seq, first.replayed, again.replayed) == (first.id, first.seq, False, True)
            one, other = draft(deposit(reference="s"), "x"), draft(deposit(reference="s"), "y")
            raised(ReferenceConflict, append, store, one, other)
            assert listed(store) == [first]

    def test_equal_entries_without_a_reference_are_two(self) -> None:
        with self.fresh() as store:
            append(store, draft(deposit(), "x"), draft(deposit(), "x"))
            append(store, draft(deposit(), "x"))
            assert len(listed(store)) == 3

    def test_a_revision_is_another_entry_of_the_reference(self) -> None:
        with self.fresh() as store:
            first = deposit(reference="r")
            second = replace(deposit(reference="r", revision=2), amends=first.id)
            append(store, draft(first))
            append(store, draft(reversal_of(first)), draft(second))
            assert answer(store, Find(references=["r"])) == [first, second]

    def test_an_id_is_that_of_one_entry(self) -> None:
        with self.fresh() as store:
            once = draft(deposit(note="once"))
            assert {each.id for each in append(store, once) + append(store, once)} == {once.entry.id}
            raised(InvalidEntry, append, store, draft(deposit("other", id=once.entry.id)))
            assert listed(store) == [once.entry]

    def test_an_entry_is_reversed_at_most_once(self) -> None:
        with self.fresh() as store:
            kept = [draft(withdrawal()), draft(withdrawal())]
            first, second = append(store, *kept)
            (reversal,) = append(store, draft(reversal_of(first)))
            raised(AlreadyReversed, append, store, draft(reversal_of(first)))
            raised(AlreadyReversed, append, store, draft(deposit("new")), draft(reversal_of(first)))
            twice = [draft(reversal_of(second)), draft(reversal_of(second))]
            raised(AlreadyReversed, append, store, *twice)
            assert listed(store) == [first, second, reversal]

    def test_a_tolerant_append_keeps_what_is_good(self) -> None:
        with self.fresh() as store:
            (first,) = append(store, draft(deposit(reference="r"), "x"))
            (reversal,) = append(store, draft(reversal_of(first)))
            bad = [draft(deposit(reference="r"), "y"), draft(reversal_of(first)), draft(deposit(id=first.id), "z")]
            good = [draft(deposit("bob")), draft(deposit("bob", reference="s"))]
            mixed = [bad[0], good[0], bad[1], bad[2], good[1]]
            answers = answer(store, Append(mixed, tolerant=True))
            assert [type(each) for each in answers[::2]] == [ReferenceConflict, AlreadyReversed, type(good[1].entry)]
            assert isinstance(answers[3], InvalidEntry)
            assert [each for each in answers if isinstance(each, Entry)] == [each.entry for each in good]
            assert listed(store) == [first, reversal, *(each.entry for each in good)]

    def test_a_work_that_only_reads_refuses_to_append(self) -> None:
        with self.fresh() as store, store.work(write=False) as work:
            request = Append([draft(deposit())])
            assert "write=True" in str(raised(RuntimeError, work.answer, request))
