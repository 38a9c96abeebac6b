"""The job that keeps readings: what it keeps, how it is built, and who may be at it at once."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import func, select, update

from goodwill import AsyncLedger, Ledger, Policy, presets
from goodwill.decays import HalfLife
from goodwill.domain.crossing import Crossing
from goodwill.domain.entry import Deposit, Opening, Ref, Withdrawal
from goodwill.domain.errors import PolicyError
from goodwill.domain.instant import to_us
from goodwill.domain.kind import Kind
from goodwill.ledger import folding
from goodwill.stores.sqlalchemy import SQLAlchemyStore, open_store, standings
from goodwill.stores.sqlalchemy.tables import tables
from goodwill.terms import Silence
from goodwill.testing.clock import FixedClock
from tests.databases import Database

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
DEFAULT = presets.default()
TABLES = tables("goodwill_", None)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


def ledger_on(database: Database, clock: FixedClock, policy: Policy = DEFAULT, *, kept: bool = True) -> Ledger:
    store = SQLAlchemyStore(database.engine, ledger=database.ledger, standings=kept)
    return Ledger(store, policy=policy, catalog=presets.service_catalog(), clock=clock)


def keeping(database: Database, clock: FixedClock, *policies: Policy) -> Ledger:
    ledger = ledger_on(database, clock, policies[0])
    for policy in policies:
        standings.add(ledger, policy)
    standings.run(ledger)
    return ledger


def rows(database: Database, table: str) -> int:
    """How many rows of a table are this ledger's."""
    accounts = TABLES.accounts.c
    of = getattr(TABLES, table)
    own = select(func.count()).select_from(of).join(TABLES.accounts, accounts.id == of.c.account_id)
    with database.engine.connect() as connection:
        return connection.scalar(own.where(accounts.ledger == database.ledger)) or 0


class Untouched:
    """A store whose entries may not be read: what answers in spite of that was kept."""

    def __init__(self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        store, work = ledger.store, ledger.store.work

        def watched(*, write: bool) -> Any:
            manager = work(write=write)
            enter = manager.__enter__

            def entered() -> Any:
                inner = enter()
                answer = inner.answer

                def told(request: Any) -> Any:
                    self.asked.append(type(request).__name__)
                    return answer(request)

                inner.answer = told
                return inner

            manager.__enter__ = entered
            return Manager(manager, entered)

        monkeypatch.setattr(store, "work", watched)


class Manager:
    def __init__(self, manager: Any, enter: Callable[[], Any]) -> None:
        self.manager, self.enter = manager, enter

    def __enter__(self) -> Any:
        return self.enter()

    def __exit__(self, *fault: object) -> Any:
        return self.manager.__exit__(*fault)


def test_a_kept_balance_asks_for_no_entries_with_plain_rows_pending_too(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = keeping(database, clock, DEFAULT)
    ledger.withdraw("ada", "late_delivery", magnitude=2)
    standings.run(ledger)
    ledger.deposit("ada", "upgrade")
    watched = Untouched(ledger, monkeypatch)
    assert ledger.balance("ada").entries == 2
    assert watched.asked == ["Merges", "Kept"]
    ledger.deposit("ada", "fee_waived", 5, in_response_to=Ref("later"))
    watched.asked.clear()
    assert ledger.balance("ada").entries == 3
    assert "Facts" in watched.asked


def test_a_reading_of_the_past_or_as_known_then_is_of_the_entries(
    on_sqlite: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = keeping(on_sqlite, clock, DEFAULT)
    ledger.withdraw("ada", "late_delivery", magnitude=2, occurred_at=NOON - DAY)
    clock.advance(days=1)
    ledger.deposit("ada", "upgrade")
    standings.run(ledger)
    assert ledger.balance("ada", as_of=NOON).entries == 1
    assert ledger.balance("ada", known_at=NOON).entries == 1
    assert ledger.balance("ada").entries == 2


def test_a_withdrawal_to_which_an_earlier_deposit_pointed_makes_that_a_recovery(
    database: Database, clock: FixedClock
) -> None:
    ledger, plain = keeping(database, clock, DEFAULT), ledger_on(database, clock, kept=False)
    ledger.deposit("ada", "fee_waived", 15, in_response_to=Ref("late"))
    standings.run(ledger)
    gift = ledger.balance("ada").points
    ledger.withdraw("ada", "late_delivery", magnitude=1, occurred_at=NOON - DAY, reference="late")
    for _ in range(2):
        assert ledger.balance("ada").points == pytest.approx(plain.balance("ada").points)
        assert ledger.balance("ada").points < gift - 5
        standings.run(ledger)


def test_a_plain_entry_can_be_added_and_everything_else_cannot(on_sqlite: Database, clock: FixedClock) -> None:
    ledger = ledger_on(on_sqlite, clock)
    late = ledger.withdraw("ada", "late_delivery", magnitude=1, reference="late")
    ledger.deposit("ada", "upgrade")
    ledger.deposit("ada", "fee_waived", 5, in_response_to=late)
    ledger.promise("ada", "callback", due=NOON + DAY)
    ledger.amend(late, magnitude=2)
    ledger.merge("bob", into="ada")
    with on_sqlite.engine.connect() as connection:
        plain = connection.execute(select(TABLES.pending.c.plain).order_by(TABLES.pending.c.id)).scalars().all()
    assert plain == [True, True, False, False, False, False, False, False]


def test_an_entry_that_was_reversed_leaves_no_trace(database: Database, clock: FixedClock) -> None:
    policy = presets.linear()
    ledger, plain = keeping(database, clock, policy), ledger_on(database, clock, policy, kept=False)
    ledger.deposit("ada", "refund", "156.25")
    standings.run(ledger)
    before = ledger.balance("ada")
    typo = ledger.deposit("ada", "refund", "999999999999")
    standings.run(ledger)
    assert ledger.balance("ada").points > 1e11
    ledger.reverse(typo)
    standings.run(ledger)
    assert ledger.balance("ada").points == before.points
    assert ledger.balance("ada") == plain.balance("ada")


def test_ten_years_at_a_half_life_of_seven_days_neither_overflow_nor_drift(
    on_sqlite: Database, clock: FixedClock
) -> None:
    policy = DEFAULT.replace(decay=HalfLife(days=7))
    ledger, plain = keeping(on_sqlite, clock, policy), ledger_on(on_sqlite, clock, policy, kept=False)
    clock.set(NOON - timedelta(days=3652))
    worst = 0.0
    for batch in range(40):
        facts: list[Any] = []
        for number in range(50):
            at = clock.now() - timedelta(hours=(number * 37) % 2000)
            form, kind = (Deposit, "upgrade") if (number * batch) % 3 else (Withdrawal, "dispute")
            facts.append(form(account="ada", kind=kind, occurred_at=at))
        ledger.record_many(facts)
        standings.run(ledger)
        kept, entries = ledger.balance("ada"), plain.balance("ada")
        worst = max(worst, abs(kept.points - entries.points) / (entries.positive - entries.negative))
        clock.advance(days=91.3)
    assert math.isfinite(kept.points)
    assert worst < 1e-14  # the bound promised is 1e-9


def test_an_async_ledger_reads_and_writes_with_standings_on(tmp_path: Path) -> None:
    async def main() -> None:
        async with AsyncLedger.open(f"sqlite+aiosqlite:///{tmp_path / 'book.db'}", standings=True) as ledger:
            await ledger.withdraw("ada", "late_delivery", magnitude=2)
            with Ledger.open(f"sqlite:///{tmp_path / 'book.db'}", standings=True) as sync:
                standings.add(sync, DEFAULT)
                assert standings.run(sync).built == 1
                await ledger.deposit("ada", "upgrade")
                assert (await ledger.balance("ada")).entries == 2
                assert [each.account for each in await ledger.overdrawn(limit=1)] == ["ada"]
                assert standings.run(sync).folded == 1
        async with AsyncLedger.open(f"sqlite+aiosqlite:///{tmp_path / 'book.db'}") as ledger:
            await ledger.deposit("ada", "upgrade")
            assert ledger.store.standings

    asyncio.run(main())


# Building


def test_a_policy_is_used_once_all_accounts_are_in_and_built_beside_the_old_one(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = DEFAULT, presets.heroics()
    ledger = keeping(database, clock, old)
    for number in range(5):
        ledger.withdraw(f"c{number}", "late_delivery", magnitude=number + 1)
    standings.run(ledger)
    standings.add(ledger, new)
    for _ in range(2):
        standings.carry_out(ledger, lambda: folding.build_some(standings.view_of(ledger), 2))
    assert [each.ready_us is None for each in standings.listed(ledger)] == [False, True]
    watched = Untouched(ledger, monkeypatch)
    ledger.balance("c1")
    assert watched.asked == ["Merges", "Kept"]
    watched.asked.clear()
    assert ledger.balance("c1", policy=new).points == pytest.approx(
        ledger_on(database, clock, new, kept=False).balance("c1").points
    )
    assert "Facts" in watched.asked
    standings.run(ledger)
    watched.asked.clear()
    ledger.balance("c1", policy=new)
    assert watched.asked == ["Merges", "Kept"]
    assert list(standings.compare(ledger)) == []


def test_an_interrupted_build_goes_on_where_it_was(database: Database, clock: FixedClock) -> None:
    ledger = ledger_on(database, clock)
    for number in range(7):
        ledger.deposit(f"c{number}", "upgrade")
    standings.add(ledger, DEFAULT)

    class Interrupted(Exception):
        pass

    def stop(progress: standings.Progress) -> None:
        if progress.done == 4:
            raise Interrupted

    with pytest.raises(Interrupted):
        standings.run(ledger, batch=2, tell=stop)
    told: list[standings.Progress] = []
    ran = standings.run(ledger, batch=2, tell=told.append)
    assert ran.built == 3
    assert [(each.done, each.total) for each in told] == [(2, 3), (3, 3), (3, 3)]
    assert rows(database, "standings") == 7
    assert rows(database, "pending") == 0


def test_a_damaged_reading_is_found_and_made_anew(database: Database, clock: FixedClock) -> None:
    ledger = keeping(database, clock, DEFAULT)
    ledger.withdraw("ada", "late_delivery", magnitude=2)
    ledger.deposit("bob", "upgrade")
    standings.run(ledger)
    assert list(standings.compare(ledger)) == []
    own = select(TABLES.accounts.c.id).where(
        TABLES.accounts.c.ledger == database.ledger, TABLES.accounts.c.name == "ada"
    )
    with database.engine.begin() as connection:
        (document,) = connection.execute(
            select(TABLES.standings.c.document).where(TABLES.standings.c.account_id.in_(own))
        ).one()
        damaged = document.replace(":-1", ":-2").replace(",-1", ",-2")
        connection.execute(
            update(TABLES.standings)
            .where(TABLES.standings.c.account_id.in_(own.scalar_subquery()))
            .values(document=damaged)
        )
    (difference,) = standings.compare(ledger)
    assert difference.entries.account == "ada"
    assert difference.kept.points < difference.entries.points
    assert standings.rebuild(ledger) == 1
    assert standings.run(ledger).built == 2
    assert list(standings.compare(ledger)) == []


def test_with_another_catalog_the_entries_are_read_and_the_next_run_builds_anew(
    on_sqlite: Database, clock: FixedClock
) -> None:
    ledger = keeping(on_sqlite, clock, DEFAULT)
    ledger.withdraw("ada", "late_delivery", magnitude=2)
    standings.run(ledger)
    kinds = {**presets.service_catalog()}
    kind = kinds.pop("late_delivery")
    kinds["tardy_delivery"] = Kind(
        "tardy_delivery", kind.direction, unit=kind.unit, starter=kind.starter, aliases=("late_delivery",)
    )
    renamed = Ledger(ledger.store, policy=DEFAULT, catalog=type(ledger.catalog)(kinds.values()), clock=clock)
    assert renamed.balance("ada").points == pytest.approx(ledger.balance("ada").points)
    assert standings.run(renamed).built == 1
    assert list(standings.compare(renamed)) == []
    assert ledger.balance("ada").points == pytest.approx(renamed.balance("ada").points)


def test_what_is_kept_no_longer_is_gone(database: Database, clock: FixedClock) -> None:
    ledger = keeping(database, clock, DEFAULT)
    ledger.withdraw("ada", "late_delivery", magnitude=2)
    standings.run(ledger)
    assert not standings.add(ledger, DEFAULT)
    assert standings.remove(ledger, DEFAULT.digest)
    assert (standings.listed(ledger), rows(database, "standings")) == ([], 0)
    assert not standings.remove(ledger, DEFAULT.digest)
    assert ledger.balance("ada").is_overdrawn


def test_a_store_that_leaves_no_pending_rows_keeps_no_readings(on_sqlite: Database, clock: FixedClock) -> None:
    with pytest.raises(PolicyError, match="standings=True"):
        standings.run(ledger_on(on_sqlite, clock, kept=False))


def test_a_database_that_is_opened_leaves_pending_rows_where_readings_are_kept(on_sqlite: Database) -> None:
    url = on_sqlite.url.render_as_string(hide_password=False)
    assert not open_store(url).standings
    with Ledger.open(url, standings=True) as ledger:
        standings.add(ledger, DEFAULT)
    assert open_store(url).standings
    assert not open_store(url, ledger="another").standings


# Crossings


def turns_of(ran: standings.Ran) -> list[tuple[str, str, float | str, int]]:
    return [(each.account, each.direction, each.threshold, each.at_us) for each in ran.crossings]


def test_an_account_crosses_at_the_entry_that_draws_it_below_zero_and_when_it_fades_across(
    database: Database, clock: FixedClock
) -> None:
    policy = presets.heroics()
    ledger = keeping(database, clock, policy)
    ledger.deposit("ada", "service_heroics")
    clock.advance(hours=1)
    ledger.withdraw("ada", "late_delivery", magnitude=20)
    down_us = to_us(clock.now())
    ran = standings.run(ledger)
    assert turns_of(ran) == [("ada", "overdrawn", 0.0, down_us)]
    assert standings.run(ledger).crossings == ()
    # Heroics fade more slowly than what went wrong, so that it comes back by itself.
    low, high = down_us, down_us + 2000 * 86_400_000_000
    plain = ledger_on(database, clock, policy, kept=False)
    while high - low > 1:
        middle = (low + high) // 2
        at = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=middle)
        low, high = (middle, high) if plain.balance("ada", as_of=at).is_overdrawn else (low, middle)
    clock.advance(days=2000)
    ran = standings.run(ledger)
    assert ran.looked == 1
    ((account, direction, _, at_us),) = turns_of(ran)
    assert (account, direction) == ("ada", "recovered")
    assert abs(at_us - high) <= 1000  # within a millisecond: on a flat slope rounding is that much time


def test_what_went_down_and_came_back_between_two_runs_is_told_as_both(on_sqlite: Database, clock: FixedClock) -> None:
    ledger = keeping(on_sqlite, clock, DEFAULT)
    ledger.withdraw("ada", "late_delivery", magnitude=1)
    clock.advance(days=1)
    ledger.deposit("ada", "service_heroics")
    ledger.deposit("ada", "service_heroics")
    ran = standings.run(ledger)
    assert turns_of(ran) == [
        ("ada", "overdrawn", 0.0, to_us(NOON)),
        ("ada", "recovered", 0.0, to_us(NOON + DAY)),
    ]


def test_silence_draws_an_account_below_zero_without_an_entry(on_sqlite: Database, clock: FixedClock) -> None:
    policy = DEFAULT.replace(terms=(Silence(points=5, grace=10, half_life=30),))
    ledger = keeping(on_sqlite, clock, policy)
    ledger.deposit("ada", "thank_you")
    assert standings.run(ledger).crossings == ()
    clock.advance(days=400)
    ((account, direction, _, at_us),) = turns_of(standings.run(ledger))
    assert (account, direction) == ("ada", "overdrawn")
    plain = ledger_on(on_sqlite, clock, policy, kept=False)
    at = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=at_us)
    assert plain.balance("ada", as_of=at + timedelta(seconds=1)).is_overdrawn
    assert not plain.balance("ada", as_of=at - timedelta(seconds=1)).is_overdrawn


def test_a_promise_that_comes_due_unkept_is_overdue_and_one_that_was_kept_is_not(
    database: Database, clock: FixedClock
) -> None:
    ledger = keeping(database, clock, DEFAULT)
    ledger.promise("ada", "callback", due=NOON + DAY, reference="call")
    kept = ledger.promise("bob", "callback", due=NOON + DAY, reference="other")
    ledger.keep(kept)
    assert standings.run(ledger).crossings == ()
    clock.advance(days=3)
    assert ledger.balance("ada").is_overdrawn
    ran = standings.run(ledger)
    due_us = to_us(NOON + DAY)
    assert [each for each in turns_of(ran) if each[0] == "ada"] == [
        ("ada", "overdrawn", 0.0, due_us),
        ("ada", "overdue", "call@2026-03-02T12:00:00.000000Z", due_us),
    ]
    assert not [each for each in turns_of(ran) if each[0] == "bob"]
    assert standings.run(ledger).crossings == ()


def test_a_policy_that_is_added_tells_nothing_of_what_was_before(on_sqlite: Database, clock: FixedClock) -> None:
    ledger = ledger_on(on_sqlite, clock)
    ledger.withdraw("ada", "late_delivery", magnitude=2)
    standings.add(ledger, DEFAULT)
    assert standings.run(ledger).crossings == ()
    assert [balance.account for balance in ledger.overdrawn(limit=3)] == ["ada"]


def test_the_store_is_told_of_crossings_with_the_number_of_the_account(
    on_sqlite: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Crossing] = []

    def hook(crossings: list[Crossing], sql: Any, tenant: Any) -> Any:
        told.extend(crossings)
        yield from ()

    monkeypatch.setattr("goodwill.stores.sqlalchemy.keeping.put_crossings", hook)
    ledger = keeping(on_sqlite, clock, DEFAULT)
    ledger.withdraw("ada", "late_delivery", magnitude=2)
    standings.run(ledger)
    (crossing,) = told
    assert crossing == Crossing("ada", crossing.account_id, DEFAULT.digest, "default", 0.0, "overdrawn", to_us(NOON))
    assert crossing.account_id > 0


# Ranking


def test_the_lowest_accounts_are_found_by_an_index(on_sqlite: Database, clock: FixedClock) -> None:
    ledger = keeping(on_sqlite, clock, DEFAULT)
    for number in range(30):
        at = NOON - timedelta(days=number)
        ledger.withdraw(f"c{number}", "late_delivery", magnitude=1 + number % 7, occurred_at=at)
    standings.run(ledger)
    plain = ledger_on(on_sqlite, clock, kept=False)
    lowest = [(balance.account, balance.points) for balance in plain.overdrawn(limit=10)]
    found = [(balance.account, balance.points) for balance in ledger.overdrawn(limit=10)]
    assert [account for account, _ in found] == [account for account, _ in lowest]
    store = ledger.store
    assert isinstance(store, SQLAlchemyStore)
    statement = "EXPLAIN QUERY PLAN SELECT account_id FROM goodwill_standings WHERE policy_id = 1 AND rank_key < 0 ORDER BY rank_key LIMIT 10"
    with on_sqlite.engine.connect() as connection:
        (plan,) = connection.exec_driver_sql(statement).all()
    assert "goodwill_standings_rank_idx" in plan[-1]


def test_a_restricted_account_ranks_nowhere_whenever_it_was_restricted(database: Database, clock: FixedClock) -> None:
    ledger = keeping(database, clock, DEFAULT)
    for name in ("ada", "bob"):
        ledger.withdraw(name, "late_delivery", magnitude=2)
    standings.run(ledger)
    ledger.restrict_account("ada")
    for _ in range(2):
        assert [balance.account for balance in ledger.overdrawn(limit=5)] == ["bob"]
        standings.run(ledger)
    ledger.lift_restriction("ada")
    for _ in range(2):
        assert {balance.account for balance in ledger.overdrawn(limit=5)} == {"ada", "bob"}
        standings.run(ledger)


def test_a_limit_is_a_number_from_one_on(on_sqlite: Database, clock: FixedClock) -> None:
    for limit in (0, True, 1.5):
        with pytest.raises(ValueError, match="limit"):
            ledger_on(on_sqlite, clock).overdrawn(limit=limit)  # type: ignore[arg-type]


# At once


@pytest.mark.slow
def test_two_jobs_race_writers_and_nothing_is_counted_twice_or_lost(database: Database) -> None:
    store = SQLAlchemyStore(database.engine, ledger=database.ledger, standings=True)
    ledger = Ledger(store, policy=DEFAULT, catalog=presets.service_catalog())
    standings.add(ledger, DEFAULT)
    standings.add(ledger, presets.double_deviation())
    standings.run(ledger)
    done = Event()

    def job() -> int:
        folded = 0
        while not done.is_set():
            folded += standings.run(ledger, batch=7).folded
        return folded

    def write(name: str) -> None:
        for number in range(1, 16):
            kind = {"kind": "late_delivery", "magnitude": 1}
            if number % 3:
                ledger.deposit(name, "upgrade")
            else:
                ledger.withdraw(name, **kind)  # type: ignore[arg-type]
            ledger.deposit("hot", "thank_you")
            found = ledger.balance(name)
            assert found.entries == number, found

    with ThreadPoolExecutor(5) as pool:
        jobs = [pool.submit(job) for _ in range(2)]
        writers = [pool.submit(write, name) for name in ("ada", "bob", "cy")]
        try:
            for writer in writers:
                writer.result()
        finally:
            done.set()
        folded = sum(each.result() for each in jobs)
    folded += standings.run(ledger).folded
    assert folded == 3 * 15 * 2
    assert rows(database, "pending") == 0
    assert ledger.balance("hot").entries == 45
    assert list(standings.compare(ledger)) == []


def test_a_writer_does_not_wait_for_a_job_that_is_at_its_account(on_server: Database, clock: FixedClock) -> None:
    ledger = keeping(on_server, clock, DEFAULT)
    ledger.withdraw("ada", "late_delivery", magnitude=2)
    with ledger.store.work(write=True) as work:
        standings.carried_out(folding.fold_pending(standings.view_of(ledger)), work.answer)
        # The step is done and not committed. Another connection writes to the same account at once.
        with ThreadPoolExecutor(1) as pool:
            pool.submit(ledger.deposit, "ada", "upgrade").result(timeout=10)
    assert ledger.balance("ada").entries == 2
    assert standings.run(ledger).folded == 1


# Long histories


def stops(database: Database) -> dict[int, int]:
    """When the entries happened at which folds of this ledger stopped, by number."""
    own = select(TABLES.accounts.c.id).where(TABLES.accounts.c.ledger == database.ledger)
    kept = TABLES.checkpoints.c
    with database.engine.connect() as connection:
        found = select(kept.id, kept.occurred_us).where(kept.account_id.in_(own)).order_by(kept.occurred_us)
        return dict(map(tuple, connection.execute(found)))


def long_history(ledger: Ledger, count: int) -> None:
    """An entry an hour, up to now."""
    ledger.record_many(
        Withdrawal(
            account="ada",
            kind="late_delivery",
            magnitude=1,
            occurred_at=NOON - timedelta(hours=count - number),
            reference=f"late:{number}",
        )
        for number in range(count)
    )


def test_a_backdated_entry_makes_void_the_stops_at_or_after_it_and_no_others(
    database: Database, clock: FixedClock
) -> None:
    ledger = keeping(database, clock, presets.double_deviation())
    long_history(ledger, 300)
    standings.run(ledger)
    hours = [44, 236, 300]  # after so many entries it stopped: 300, 64 before that, 256 before that
    instants = [to_us(NOON - timedelta(hours=300 - number + 1)) for number in hours]
    before = stops(database)
    assert list(before.values()) == instants
    ledger.observe("ada", "contact", occurred_at=NOON - timedelta(hours=290))
    standings.run(ledger)
    assert stops(database) == before
    first, second, third = before
    ledger.withdraw("ada", "late_delivery", magnitude=1, occurred_at=NOON - timedelta(hours=40))
    standings.run(ledger)
    after = stops(database)
    assert {first, second} <= after.keys()
    assert third not in after
    ledger.reverse(ledger.entry(Ref("late:235")))  # the very entry at which the second stopped
    standings.run(ledger)
    assert stops(database).keys() == {first, *(stops(database).keys() - before.keys())}
    assert list(standings.compare(ledger)) == []


def test_an_append_to_a_long_history_is_folded_from_its_last_stop(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = keeping(database, clock, presets.double_deviation())
    long_history(ledger, 200)
    standings.run(ledger)
    folded: list[int] = []
    keep, go_on = folding.keep, folding.go_on
    monkeypatch.setattr(folding, "keep", lambda *given: folded.append(-1) or keep(*given))

    def gone_on(*given: Any) -> Any:
        made = go_on(*given)
        folded.append(len(made.valued))
        return made

    monkeypatch.setattr(folding, "go_on", gone_on)
    late = ledger.withdraw("ada", "late_delivery", magnitude=2)
    ledger.deposit("ada", "fee_waived", 5, in_response_to=late)
    ledger.deposit("ada", "fee_waived", 5, in_response_to=Ref("late:3"))
    standings.run(ledger)
    assert folded == [3]
    ledger.reverse(late)
    standings.run(ledger)
    assert folded == [3, 2]
    assert list(standings.compare(ledger)) == []


def test_no_stop_holds_the_name_of_a_customer(on_sqlite: Database, clock: FixedClock) -> None:
    ledger = keeping(on_sqlite, clock, DEFAULT)
    long_history(ledger, 100)
    standings.run(ledger)
    with on_sqlite.engine.connect() as connection:
        documents = connection.execute(select(TABLES.checkpoints.c.document)).scalars().all()
    assert documents
    assert all('"ada"' not in document for document in documents)
    ledger.erase_account("ada")
    standings.run(ledger)
    assert list(standings.compare(ledger)) == []


def test_openings_after_a_stop_are_folded_with_all_that_was_before(on_sqlite: Database, clock: FixedClock) -> None:
    ledger = keeping(on_sqlite, clock, presets.double_deviation())
    long_history(ledger, 100)
    standings.run(ledger)
    ledger.record(Opening(account="ada", positive=40.0, negative=-3.0, occurred_at=NOON))
    standings.run(ledger)
    ledger.withdraw("ada", "late_delivery", magnitude=2)
    standings.run(ledger)
    assert ledger.balance("ada").positive > 30
    assert list(standings.compare(ledger)) == []


def test_a_purge_crosses_nothing_and_what_is_kept_goes_on(database: Database, clock: FixedClock) -> None:
    ledger = keeping(database, clock, DEFAULT)
    for account in ("below", "back"):
        for days in (900, 890, 880, 870):
            ledger.withdraw(account, "late_delivery", magnitude=3, occurred_at=NOON - days * DAY)
    for days in range(800, 780, -1):
        ledger.deposit("back", "upgrade", occurred_at=NOON - days * DAY)
    assert {each.account for each in standings.run(ledger).crossings} >= {"below"}
    before = {each.account: (each.points, each.is_overdrawn) for each in ledger.balances()}
    assert [each for _, each in before.values()] == [False, True]
    assert [each.entries for each in ledger.purge(before=NOON - 730 * DAY)] == [22, 2]
    assert standings.run(ledger).crossings == ()
    assert list(standings.compare(ledger)) == []
    for balance in ledger.balances():
        assert (pytest.approx(balance.points, rel=1e-9), balance.is_overdrawn) == before[balance.account]
