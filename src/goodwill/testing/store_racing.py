"""What a store does that has transactions of its own: an error leaves nothing, and of two that race one wins."""

# ruff: noqa: D102 - a test's name is its sentence

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from threading import Barrier
from typing import TypeVar, cast

from goodwill import presets
from goodwill.domain.decision import Decision
from goodwill.domain.entry import Entry
from goodwill.domain.errors import GoodwillError, ReferenceConflict, RetryTransaction
from goodwill.domain.instant import to_us
from goodwill.domain.merge import Merge, Names
from goodwill.ledger.decision_requests import AppendDecision, SelectDecisions
from goodwill.ledger.ledger import Ledger
from goodwill.ledger.ports import Append, AppendMerge, Draft, Find, LastSeq, Lock, Merges, Store
from goodwill.testing.asking import Contract, accounts, answer, append, listed, raised
from goodwill.testing.drafts import NOON, deposit, draft, reversal_of, withdrawal
from goodwill.testing.store_deciding import decision

__all__ = ["OwnTransactions"]

T = TypeVar("T")
THREADS = 4


class OwnTransactions(Contract):
    """All or nothing, also when several write at once."""

    def test_an_error_within_a_work_leaves_nothing_of_it(self) -> None:
        with self.fresh() as store:
            (before,) = append(store, draft(deposit(note="kept")))
            lost = [draft(deposit("new", reference="r")), draft(reversal_of(before))]

            def fail() -> None:
                with store.work(write=True) as work:
                    work.answer(Append(lost))
                    assert len(cast(list[Entry], work.answer(Find(references=["r"])))) == 1
                    raise KeyError("the host's own error")

            raised(KeyError, fail)
            assert listed(store) == [before]
            assert listed(store)[0].reversed_by is None
            assert [account.id for account in accounts(store)] == ["ada"]
            assert [entry.replayed for entry in append(store, *lost)] == [False, False]

    def test_a_refused_request_leaves_nothing_of_its_work(self) -> None:
        with self.fresh() as store:
            append(store, draft(deposit(reference="r"), "x"))

            def fail() -> None:
                with store.work(write=True) as work:
                    work.answer(Append([draft(deposit("first", reference="s"))]))
                    work.answer(Append([draft(deposit(reference="r"), "y")]))

            raised(ReferenceConflict, fail)
            assert answer(store, Find(references=["s"])) == []

    def test_a_merge_of_a_work_that_failed_is_gone(self) -> None:
        with self.fresh() as store:

            def fail() -> None:
                with store.work(write=True) as work:
                    work.answer(Lock(["A", "B"], to_us(NOON)))
                    work.answer(AppendMerge(Merge(account="A", into="B", recorded_at=NOON)))
                    raise KeyError("the host's own error")

            raised(KeyError, fail)
            assert answer(store, Merges()) == []

    def test_names_that_are_merged_round_in_a_race_make_no_circle(self) -> None:
        with self.open() as ledgers:
            for number in range(5):
                store = ledgers(f"circle {number}")
                names = [str(name) for name in range(THREADS)]
                pairs = zip(names, [*names[1:], names[0]], strict=True)
                ledger = Ledger(store, policy=presets.default(), catalog=presets.service_catalog())
                together([partial(ledger.merge, account, into=into) for account, into in pairs])
                merged = Names(answer(store, Merges()))
                assert not merged.has_circle()
                assert len(merged.latest) == THREADS - 1

    def test_of_equal_requests_that_race_one_is_recorded(self) -> None:
        with self.fresh() as store:
            for number in range(10):
                outcomes = race(store, [[draft(deposit(reference=f"r{number}"), "request")] for _ in range(THREADS)])
                assert Counter(entry.replayed for entry in entries_of(outcomes)) == {False: 1, True: THREADS - 1}
                assert len({entry.id for entry in entries_of(outcomes)}) == 1
            assert len(listed(store)) == 10

    def test_of_contradicting_requests_that_race_one_is_recorded(self) -> None:
        with self.fresh() as store:
            for number in range(10):
                outcomes = race(store, [[draft(deposit(f"{who}", reference=f"r{number}"))] for who in range(THREADS)])
                assert kinds_of(outcomes) == {"recorded": 1, "ReferenceConflict": THREADS - 1}
            assert len(listed(store)) == 10

    def test_of_reversals_that_race_one_is_recorded(self) -> None:
        with self.fresh() as store:
            for _ in range(10):
                (entry,) = append(store, draft(withdrawal()))
                halves = [[draft(reversal_of(entry)), draft(deposit("other half"))] for _ in range(THREADS)]
                outcomes = race(store, halves)
                assert kinds_of(outcomes) == {"recorded": 1, "AlreadyReversed": THREADS - 1}
            assert Counter(entry.type for entry in listed(store)) == {"withdrawal": 10, "reversal": 10, "deposit": 10}

    def test_of_writers_that_expect_the_same_one_is_first(self) -> None:
        with self.fresh() as store:
            ledger = Ledger(store, policy=presets.default(), catalog=presets.service_catalog())
            for number in range(10):
                last = answer(store, LastSeq(["ada"]))
                verbs = [partial(ledger.deposit, "ada", "upgrade", expected_seq=last) for _ in range(THREADS)]
                assert kinds_of([told(each) for each in together(verbs)]) == {
                    "recorded": 1,
                    "SeqConflict": THREADS - 1,
                }
                assert len(listed(store)) == number + 1

    def test_of_equal_requests_that_race_and_expect_the_same_one_is_recorded(self) -> None:
        with self.fresh() as store:
            ledger = Ledger(store, policy=presets.default(), catalog=presets.service_catalog())
            for number in range(5):
                last = answer(store, LastSeq(["ada"]))
                verb = partial(ledger.deposit, "ada", "upgrade", reference=f"r{number}", expected_seq=last)
                outcomes = [told(each) for each in together([verb] * THREADS)]
                assert Counter(each.replayed for each in entries_of(outcomes)) == {False: 1, True: THREADS - 1}

    def test_a_decision_of_a_work_that_failed_is_gone(self) -> None:
        with self.fresh() as store:
            made = replace(decision(reference="ask:1"), id="one", recorded_at=NOON)

            def fail() -> None:
                with store.work(write=True) as work:
                    work.answer(AppendDecision(made, b"x" * 32))
                    assert len(cast(list[Decision], work.answer(SelectDecisions()))) == 1
                    raise KeyError("the host's own error")

            raised(KeyError, fail)
            assert answer(store, SelectDecisions()) == []
            assert not answer(store, AppendDecision(made, b"x" * 32)).replayed

    def test_of_decisions_that_race_one_is_recorded(self) -> None:
        with self.fresh() as store:
            ledger = Ledger(store, policy=presets.default(), catalog=presets.service_catalog())
            for number in range(5):
                verb = partial(ledger.record_decision, decision(f"c{number}"), reference=f"ask:{number}")
                made = cast(list[Decision], together([verb] * THREADS))
                assert Counter(each.replayed for each in made) == {False: 1, True: THREADS - 1}
                denied = decision(f"d{number}", "deny")
                verbs = [
                    partial(ledger.record_decision, each, reference=f"other:{number}")
                    for each in [denied, *[decision(f"d{number}")] * (THREADS - 1)]
                ]
                assert {type(each) for each in together(verbs)} == {Decision, ReferenceConflict}
            assert len(list(ledger.decisions())) == 10

    def test_nothing_is_lost_or_doubled_when_many_write(self) -> None:
        with self.fresh() as store:

            def batch(who: int) -> list[Draft]:
                return [draft(deposit(f"c{n % 7}", reference=f"shared {n}"), f"{n}") for n in range(25)] + [
                    draft(deposit(f"c{n % 7}", reference=f"{who} {n}")) for n in range(25)
                ]

            outcomes = race(store, [batch(who) for who in range(THREADS)])
            assert sum(not entry.replayed for entry in entries_of(outcomes)) == 25 + 25 * THREADS
            assert len({entry.seq for entry in listed(store)}) == len(listed(store)) == 25 + 25 * THREADS
            assert sum(account.entries for account in accounts(store)) == 25 + 25 * THREADS

    def test_jobs_that_seal_while_others_write_cover_each_row_once(self) -> None:
        with self.fresh() as store:
            ledger = Ledger(store, policy=presets.default(), catalog=presets.service_catalog())
            append(store, draft(deposit()))
            for number in range(5):
                batch = [draft(deposit(f"{number}")) for _ in range(10)]
                jobs: list[Callable[[], object]] = [ledger.seal] * (THREADS - 1)
                jobs.append(partial(append, store, *batch))
                together(jobs)
            ledger.seal()
            assert sum(seal.rows for seal in ledger.seals()) == len(listed(store)) == 51
            found = ledger.verify()
            assert found, (found.first_bad_row, found.first_bad_seal)
            assert (found.rows, found.unsealed) == (51, 0)


def race(store: Store, batches: Sequence[Sequence[Draft]]) -> list[list[Entry] | GoodwillError]:
    """Let threads append at the same time, each its own batch; what each of them got."""
    return together([partial(append, store, *drafts) for drafts in batches])


def together(actions: Sequence[Callable[[], T]]) -> list[T | GoodwillError]:
    """Let threads act at the same time, again where the database asks for it; what each of them got."""
    start = Barrier(len(actions))

    def run(action: Callable[[], T]) -> T | GoodwillError:
        start.wait()
        while True:
            try:
                return action()
            except RetryTransaction:
                continue
            except GoodwillError as error:
                return error

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


def told(outcome: Entry | GoodwillError) -> list[Entry] | GoodwillError:
    """What one writer got of its one entry, as one who appends a batch gets it."""
    return outcome if isinstance(outcome, GoodwillError) else [outcome]


def entries_of(outcomes: Sequence[list[Entry] | GoodwillError]) -> list[Entry]:
    """All entries among the outcomes, none of which may be an error."""
    return [entry for outcome in outcomes if not isinstance(outcome, GoodwillError) for entry in outcome]


def kinds_of(outcomes: Sequence[list[Entry] | GoodwillError]) -> Counter[str]:
    """How many were recorded, and how many refused with which error."""
    return Counter(type(outcome).__name__ if isinstance(outcome, GoodwillError) else "recorded" for outcome in outcomes)
