"""Cases that reading all accounts in the database could get wrong, one by one, on the three databases."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event

from goodwill import (
    Catalog,
    Deposit,
    Direction,
    Kept,
    Kind,
    Ledger,
    Money,
    Observation,
    Policy,
    Promise,
    Rate,
    Ref,
    Withdrawal,
    presets,
)
from goodwill.decays import CalendarExpiry, Cliff, HalfLife, NoDecay
from goodwill.domain.entry import Opening
from goodwill.domain.errors import InvalidEntry
from goodwill.ledger.async_ledger import AsyncLedger
from goodwill.policies.schedule import DecaySchedule, SevereFrom
from goodwill.policies.standing import Hysteresis, Standing
from goodwill.stores.sqlalchemy.async_store import AsyncSQLAlchemyStore
from goodwill.testing.clock import FixedClock
from goodwill.testing.histories import CATALOG, END, START
from goodwill.testing.store_surveying import agrees, folded
from goodwill.valuations import Concave, Justice, LinkedRecovery, SCurve
from tests.databases import Database
from tests.stores.sqlalchemy.test_totals import LATER, ledger_on

DAY = timedelta(days=1)
TELLING = Catalog(
    replace(kind, dimensions=("tier", "distributive", "procedural")) if name in {"gift", "praise"} else kind
    for name, kind in CATALOG.items()
)
"""The kinds, of which two have dimensions."""


def default(**changes: Any) -> Policy:
    return presets.default(CATALOG).replace(**changes)


def recovering(**rule: Any) -> Policy:
    policy = default()
    steps = (*policy.valuation.steps[:-1], LinkedRecovery(**rule))
    return policy.replace(valuation=policy.valuation.replace(steps=steps))


def ledger_of(database: Database, policy: Policy | None = None, catalog: Catalog = TELLING, name: str = "") -> Ledger:
    return ledger_on(database.store(ledger=name), policy or default(), catalog)[0]


def fault(account: str = "ada", day: int = 0, **given: Any) -> Withdrawal:
    return Withdrawal(
        **{"account": account, "kind": "fault", "occurred_at": START + day * DAY, "reference": "f", **given}
    )


def gift(account: str = "ada", day: int = 1, **given: Any) -> Deposit:
    return Deposit(**{"account": account, "kind": "gift", "occurred_at": START + day * DAY, **given})


def tell(ledger: Ledger, *facts: Any) -> list[Any]:
    return [ledger.record(fact) for fact in facts]


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"curve": SCurve()},
        {"by_failure": {"fault": SCurve(mid=0.4)}, "curve": Concave(c0=0.2)},
        {"rho": 0.6},
        {"rho": 1.4},
        {"cap": 0.5},
        {"speed": HalfLife(days=3)},
        {"speed": Cliff(days=4)},
        {"matching": {"fault": {"gift": 0.25, "praise": 0.25}, "delay": {"gift": 0.0}}},
        {"justice": Justice()},
    ],
    ids=str,
)
def test_many_recoveries_give_back_what_they_do_in_the_fold(rule: Any, database: Database) -> None:
    ledger = ledger_of(database, recovering(**rule))
    many = [gift(day=day, in_response_to=Ref("f"), reference=f"g{day}") for day in (1, 3, 5)]
    insult = Deposit(
        account="ada", kind="praise", magnitude=8, sincerity=-1.0, occurred_at=START + 2 * DAY, in_response_to=Ref("f")
    )
    tell(ledger, fault(), *many, insult, gift(day=3, in_response_to=Ref("f")), gift(day=3, in_response_to=Ref("f")))
    just = {"distributive": 0.5, "procedural": "fair"}
    tell(ledger, fault("bob", reference="b"), gift("bob", in_response_to=Ref("b"), dimensions=just))
    tell(ledger, fault("cyd", reference="c", kind="delay", magnitude=3), gift("cyd", in_response_to=Ref("c")))
    for day in (2, 6, 300):
        found = agrees(ledger, as_of=START + day * DAY)
        assert len(found) == 3
    recovered = [each for each in ledger.contributions("ada") if each.recovers]
    assert len(recovered) == 6


def test_one_failure_is_answered_by_reference_and_by_id(database: Database) -> None:
    ledger = ledger_of(database)
    (failure,) = tell(ledger, fault())
    tell(ledger, gift(day=2, in_response_to=failure.id), gift(day=1, in_response_to=Ref("f")))
    (balance,) = agrees(ledger, as_of=START + 2 * DAY)
    assert balance.positive < -balance.negative


def test_a_link_follows_what_was_amended_and_leaves_what_was_taken_out(database: Database) -> None:
    ledger = ledger_of(database)
    (failure,) = tell(ledger, fault(reference=None))
    tell(ledger, gift(in_response_to=failure.id))
    before = ledger.clock.now()
    ledger.clock.advance(hours=1)  # type: ignore[attr-defined]
    amended = ledger.amend(failure, severity=2.0)
    tell(ledger, fault("bob"), gift("bob", in_response_to=Ref("f")))
    ledger.amend(Ref("f"), severity=0.5)
    at = START + 2 * DAY
    ada, bob = agrees(ledger, as_of=at)
    assert [each.recovers for each in ledger.contributions("ada", as_of=at)] == [None, amended.id]
    assert [each.recovers is not None for each in ledger.contributions("bob", as_of=at)] == [False, True]
    assert agrees(ledger, as_of=at, known_at=before)[0].points != ada.points
    ledger.reverse(Ref("f"))
    assert agrees(ledger, as_of=at)[1].points > bob.points


def test_names_of_one_customer_recover_each_others_failures(database: Database) -> None:
    ledger = ledger_of(database)
    tell(ledger, fault("ada@old"), gift("ada", in_response_to=Ref("f")), gift("bob", in_response_to=Ref("f")))
    apart = ledger.clock.now()
    ledger.clock.advance(hours=1)  # type: ignore[attr-defined]
    ledger.merge("ada@old", into="ada@home")
    ledger.merge("ada@home", into="ada")
    at = START + 3 * DAY
    assert [each.account for each in agrees(ledger, as_of=at, known_at=apart)] == ["ada", "ada@old", "bob"]
    ada, bob = agrees(ledger, as_of=at)
    assert (ada.account, ada.entries, bob.entries) == ("ada", 2, 1)
    assert ada.positive <= -ada.negative
    ledger.unmerge("ada@home")
    assert [each.account for each in agrees(ledger, as_of=at)] == ["ada", "ada@home", "bob"]


def test_a_recovery_answers_neither_a_deposit_nor_another_customers_nor_a_later_failure(database: Database) -> None:
    ledger = ledger_of(database)
    tell(ledger, gift("ada", reference="g"), gift("ada", day=2, in_response_to=Ref("g")))
    tell(ledger, fault("bob", day=9, reference="late"), gift("bob", day=8, in_response_to=Ref("late")))
    tell(ledger, gift("cyd", in_response_to=Ref("late")), gift("cyd", in_response_to=Ref("nowhere")))
    tell(ledger, fault("dan", kind="charge", cost=Money("9", "GBP"), reference="gbp"))
    tell(ledger, gift("dan", in_response_to=Ref("gbp")))
    tell(ledger, fault("eve", severity=0.0, reference="none"), gift("eve", in_response_to=Ref("none")))
    tell(ledger, fault("fay", day=3, reference="same"), gift("fay", day=3, in_response_to=Ref("same")))
    agrees(ledger, as_of=START + 9 * DAY)
    recovers = {
        name: [each.recovers for each in ledger.contributions(name)][-1] for name in ("ada", "bob", "cyd", "fay")
    }
    assert [name for name, failure in recovers.items() if failure] == ["fay"]


def test_accounts_that_the_database_cannot_read_are_folded(database: Database) -> None:
    soon = START + 5 * DAY
    ledger = ledger_of(database)
    promised = {"kind": "visit", "magnitude": 2, "occurred_at": START}
    tell(
        ledger,
        Promise(account="broken", due=soon, **promised),
        Promise(account="held", due=soon, reference="p", **promised),
    )
    tell(ledger, Kept(account="held", kind="visit", occurred_at=START + DAY, in_response_to=Ref("p")))
    tell(ledger, Opening(account="brought", positive=8.0, negative=-3.0, occurred_at=START))
    tell(ledger, Opening(account="foreign", positive=8.0, negative=0.0, occurred_at=START, read_under="ab" * 32))
    tell(ledger, gift("faint", severity=1e-13), gift("plain"))
    found = {each.account: each for each in agrees(ledger, as_of=START + 9 * DAY)}
    assert len(found) == 6
    assert found["broken"].is_overdrawn
    assert found["foreign"].foreign
    assert not ledger.balances(as_of=START - DAY)


def test_what_has_no_worth_is_listed_with_the_reason_in_fold_order(database: Database) -> None:
    ledger = ledger_of(database, default(rates={"EUR": 1.1}))
    same = {"occurred_at": START, "account": "ada"}
    tell(ledger, Deposit(kind="mystery", in_response_to=Ref("x"), reference="linked", **same))
    tell(ledger, Deposit(kind="mystery", **same), Deposit(kind="mystery", reference="é", **same))
    tell(ledger, Deposit(kind="mystery", reference="Z", **same), Deposit(kind="mystery", reference="a", **same))
    tell(ledger, *(Deposit(kind="waiver", cost=Money("5", code), **same) for code in ("GBP", "EUR", "USD")))
    tell(ledger, Observation(account="bob", kind="touch", occurred_at=START))
    ada, bob = agrees(ledger)
    assert [each.reference for each in ada.unvalued] == ["Z", "a", "é", None, None, "linked"]
    assert {each.reason for each in ada.unvalued} == {"no rate for kind", "no rate for currency"}
    assert (ada.entries, bob.entries, bob.last_contact) == (8, 0, START)


def test_kinds_go_by_the_names_that_the_catalog_has_for_them_today(database: Database) -> None:
    old = Catalog([Kind("hug", Direction.DEPOSIT, starter=Rate("event", symbolic=3.0)), CATALOG["fault"]])
    wave = Kind("wave", Direction.OBSERVATION)
    before = ledger_of(database, presets.default(old), old.extended(wave))
    tell(before, Deposit(account="ada", kind="hug", occurred_at=START), fault(day=1), fault("bob", reference="g"))
    tell(before, Observation(account="ada", kind="wave", occurred_at=START + 9 * DAY))
    today = Kind("embrace", Direction.DEPOSIT, aliases=("hug",), starter=Rate("event", symbolic=4.0))
    greeting = Kind("greeting", Direction.OBSERVATION, aliases=("wave",), contact=True)
    now = Catalog([today, CATALOG["fault"], greeting])
    by_kind = DecaySchedule(default=HalfLife(days=84), by_kind={"hug": NoDecay()})
    for policy in (presets.default(now), presets.default(now).replace(decay=by_kind), presets.default(old)):
        after = ledger_of(database, policy, now)
        ada, _ = agrees(after)
        assert ada.last_contact == START + 9 * DAY


def test_the_schedule_picks_the_same_decay(database: Database) -> None:
    schedule = DecaySchedule(
        default=HalfLife(days=84),
        by_kind={"gift": NoDecay(), "delay": NoDecay(), "praise": CalendarExpiry(months=2)},
        by_severity=(
            SevereFrom(severity=2, decay=HalfLife(days=900)),
            SevereFrom(severity=1.5, decay=HalfLife(days=300)),
        ),
        by_dimension={"tier": {"gold": HalfLife(days=10)}},
        by_direction={"withdrawal": HalfLife(days=30)},
    )
    ledger = ledger_of(database, default(decay=schedule))
    tell(ledger, gift("ada"), fault("ada", severity=2.0), fault("bob", severity=1.6, reference="b"))
    tell(
        ledger,
        fault("cyd", reference="c"),
        Deposit(account="cyd", kind="waiver", cost=Money("3", "USD"), occurred_at=START),
    )
    tell(ledger, gift("dan", dimensions={"tier": "gold"}), gift("dan", dimensions={"tier": "silver"}))
    praise = {"kind": "praise", "magnitude": Decimal(2), "occurred_at": START}
    tell(ledger, Deposit(account="eve", **praise), Deposit(account="fay", dimensions={"tier": "gold"}, **praise))
    for days in (0, 40, 120, 900):
        assert len(agrees(ledger, as_of=START + 2 * DAY + days * DAY)) == 6
    assert ledger.plan().folded[-3:-1] == (
        "with entries whose dimensions may choose their decay",
        "with entries that a calendar lets expire",
    )


def test_restricted_accounts_are_left_out_under_all_their_names(database: Database) -> None:
    ledger = ledger_of(database)
    tell(ledger, gift("ada"), gift("bob"), fault("cyd"), gift("bob@old"))
    ledger.merge("bob@old", into="bob")
    ledger.restrict_account("cyd")
    ledger.restrict_account("bob@old")
    assert [each.account for each in agrees(ledger)] == ["ada"]
    ledger.lift_restriction("cyd")
    assert [each.account for each in agrees(ledger)] == ["ada", "cyd"]
    ledger.erase_account("cyd")
    assert [each.account.partition(":")[0] for each in agrees(ledger)] == ["ada", "erased"]


def test_ledgers_side_by_side_never_see_one_another(database: Database) -> None:
    ours, theirs = ledger_of(database, name="ours"), ledger_of(database, name="theirs")
    for ledger, size in ((ours, 1), (theirs, 4)):
        tell(
            ledger,
            fault(kind="delay", magnitude=size),
            gift(in_response_to=Ref("f")),
            gift("bob", in_response_to=Ref("f")),
        )
    theirs.merge("bob", into="ada")
    assert [each.account for each in agrees(ours)] == ["ada", "bob"]
    assert [each.account for each in agrees(theirs)] == ["ada"]


def test_an_account_whose_entries_were_all_taken_out_is_known_and_empty(database: Database) -> None:
    ledger = ledger_of(database)
    (recorded,) = tell(ledger, fault())
    ledger.reverse(recorded)
    (balance,) = agrees(ledger)
    assert (balance.points, balance.entries, balance.is_known, balance.last_contact) == (0.0, 0, True, None)


def test_the_lowest_overdrawn_come_first_and_no_more_than_the_limit(database: Database) -> None:
    ledger = ledger_of(database)
    tell(
        ledger,
        gift("ada"),
        *(fault(name, severity=size, reference=name) for name, size in (("bob", 1.0), ("cyd", 3.0))),
    )
    tell(ledger, Promise(account="dan", kind="visit", magnitude=9, occurred_at=START, due=START))
    assert [each.account for each in ledger.overdrawn()] == ["dan", "cyd", "bob"]
    assert [each.account for each in ledger.overdrawn(limit=2)] == ["dan", "cyd"]
    for limit in (0, -1, True, 2.0):
        with pytest.raises(InvalidEntry, match="limit"):
            ledger.overdrawn(limit=limit)  # type: ignore[arg-type]


def test_a_term_takes_an_account_below_zero_that_its_entries_leave_above(database: Database) -> None:
    ledger = ledger_of(database, presets.honeymoon(CATALOG))
    tell(ledger, gift("ada", kind="gift"), fault("bob", severity=0.01))
    assert [each.account for each in agrees(ledger, as_of=LATER)] == ["ada", "bob"]
    assert [each.account for each in ledger.overdrawn(as_of=START + DAY)] == []


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        (presets.habituation(CATALOG), "habituation looks at the account's other entries"),
        (presets.loyalty(CATALOG), "calendar expiry decides by the date of each entry and has no SQL form"),
        (default(standing=Standing(hysteresis=Hysteresis(down=-9, up=3))), "hysteresis looks at the points after each"),
        (default(decay=HalfLife(days=84).floor(share=1e-12) * NoDecay()), None),
    ],
    ids=["state", "calendar", "hysteresis", "none"],
)
def test_the_plan_says_which_engine_and_why(policy: Policy, reason: str | None, on_sqlite: Database) -> None:
    ledger = ledger_of(on_sqlite)
    plan = ledger.plan(policy)
    assert plan.policy == policy.fingerprint
    assert plan.engine == ("python" if reason else "database")
    assert reason is None or reason in str(plan)
    tell(ledger, fault(), gift())
    agrees(ledger, policy=policy)


def test_a_plan_names_the_accounts_that_are_folded_even_so(on_sqlite: Database) -> None:
    told = str(ledger_of(on_sqlite).plan())
    assert "in the database" in told
    assert "but in Python for accounts with openings" in told


def test_a_store_in_memory_leaves_all_to_python() -> None:
    ledger = Ledger.in_memory()
    assert (ledger.plan().engine, ledger.balances()) == ("python", [])
    assert "no database" in str(ledger.plan())


def test_sqlite_without_mathematical_functions_leaves_all_to_python(on_sqlite: Database) -> None:
    def without(_c: Any, _cursor: Any, statement: str, given: Any, *_rest: Any) -> tuple[str, Any]:
        return statement.replace("PRAGMA function_list", "PRAGMA function_list_of_old"), given

    event.listen(on_sqlite.engine, "before_cursor_execute", without, retval=True)
    ledger = ledger_of(on_sqlite)
    tell(ledger, fault(), gift(in_response_to=Ref("f")))
    assert ledger.plan().reasons == ("this SQLite has no exp and ln",)
    assert ledger.balances() == [ledger.balance("ada")] == folded(ledger)


def test_no_entry_of_an_account_is_loaded_where_the_database_can_read_it(database: Database) -> None:
    ledger = ledger_of(database)
    tell(ledger, fault(), gift(in_response_to=Ref("f")), fault("bob", reference="b"))
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda _c, _k, text, *_rest: statements.append(text))
    assert len(ledger.balances()) == 2
    assert len([text for text in statements if "goodwill_entries" in text]) == 1


def test_the_async_ledger_reads_them_likewise(on_sqlite: Database) -> None:
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415 - with the driver that this one test needs

    pytest.importorskip("aiosqlite")
    ledger = ledger_of(on_sqlite)
    tell(ledger, fault(), gift(in_response_to=Ref("f")), fault("bob", reference="b"))

    async def read() -> tuple[Any, Any, Any]:
        engine = create_async_engine(on_sqlite.url.set(drivername="sqlite+aiosqlite"))
        store = AsyncSQLAlchemyStore(engine, ledger=on_sqlite.ledger)
        twin = AsyncLedger(store, policy=ledger.policy, catalog=CATALOG, clock=FixedClock(END))
        found = await twin.balances(), await twin.overdrawn(limit=1), await twin.plan()
        await engine.dispose()
        return found

    assert asyncio.run(read()) == (ledger.balances(), ledger.overdrawn(limit=1), ledger.plan())


def test_sqlite_finds_links_by_unique_keys_without_knowing_how_many_entries_there_are(on_sqlite: Database) -> None:
    ledger = ledger_of(on_sqlite)
    tell(ledger, fault(), gift(in_response_to=Ref("f")))
    plans: list[str] = []

    def explained(_c: Any, cursor: Any, statement: str, given: Any, *_rest: Any) -> None:
        if statement.startswith("WITH"):
            rows = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", given).fetchall()
            plans.extend(detail for *_, detail in rows)

    event.listen(on_sqlite.engine, "before_cursor_execute", explained)
    ledger.balances()
    keys = sorted(plan.partition("(")[2] for plan in plans if plan.startswith("SEARCH target USING"))
    assert keys == ["ledger=? AND id=?)", "ledger=? AND reference=?)"]
    # What recoveries give back is a list to look numbers up in, and never gone through for each entry.
    assert [plan for plan in plans if "recoveries" in plan and "LEFT-JOIN" in plan] == []
