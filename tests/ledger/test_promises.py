"""Promises: what is said, kept, kept in part, kept late, broken and made up for, through every store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from goodwill import Catalog, Direction, Kind, Ledger, Period, Policy, Rate, Ref, Valuation
from goodwill.decays import HalfLife, Linear, NoDecay
from goodwill.domain.entry import Deposit, Kept, Promise
from goodwill.domain.errors import InvalidEntry, InvalidLink, UnknownEntry, WrongDirection
from goodwill.policies.schedule import DecaySchedule
from goodwill.testing.clock import FixedClock
from goodwill.valuations import Concave, DoubleDeviation, LinkedRecovery, RateCard, Severity, Sincerity

NOW = datetime(2026, 1, 1, tzinfo=UTC)

START = datetime(2026, 1, 1, 9, tzinfo=UTC)
DUE = START + timedelta(days=10)
LATER = START + timedelta(days=300)
TICK = timedelta(microseconds=1)
DUE_NAME = "2026-01-11T09:00:00.000000Z"

CATALOG = Catalog(
    [
        Kind("callback", Direction.PROMISE, starter=Rate("event", material=2.0, symbolic=4.0, kept=0.5)),
        Kind("repair", Direction.PROMISE, unit="step", starter=Rate("unit", material=5.0)),
        Kind("rebate", Direction.PROMISE, unit="money", starter=Rate("money", material=1.0)),
        Kind("rumor", Direction.PROMISE),
        Kind("gift", Direction.DEPOSIT, unit="piece", starter=Rate("unit", material=1.0)),
        Kind("fault", Direction.WITHDRAWAL, unit="piece", starter=Rate("unit", material=1.0)),
        Kind("touch", Direction.OBSERVATION, contact=True),
    ]
)
CARD = RateCard.from_catalog(CATALOG)
# Proportional: half of a compensation gives back half of the loss.
PROPORTIONAL = LinkedRecovery(curve=Concave(c0=1e9), cap=1.0)
LINEAR = Policy(valuation=Valuation(steps=(CARD, Sincerity(), Severity(), PROPORTIONAL)), decay=NoDecay())

LedgerMaker = Callable[..., Ledger]


@pytest.fixture
def ledger(make_ledger: LedgerMaker, clock: FixedClock) -> Ledger:
    clock.set(LATER)
    return make_ledger(policy=LINEAR, catalog=CATALOG)


def with_steps(*steps: Any, **changes: Any) -> Policy:
    return LINEAR.replace(valuation=Valuation(steps=(CARD, *steps)), **changes)


def promise(ledger: Ledger, kind: str = "callback", magnitude: Any = None, **said: Any) -> Promise:
    said = {"occurred_at": START, "due": DUE, "reference": "p", **said}
    return ledger.promise("ada", kind, magnitude, **said)


def keep(ledger: Ledger, magnitude: Any = None, *, day: float = 5, **said: Any) -> Kept:
    return ledger.keep(Ref("p"), magnitude, occurred_at=START + timedelta(days=day), **said)


def worths(ledger: Ledger, **options: Any) -> dict[str, float]:
    """What each line was worth, by type and place."""
    return {f"{item.type} {n}": item.worth for n, item in enumerate(ledger.contributions("ada", **options))}


# Due


def test_a_promise_is_worth_nothing_until_it_is_due_and_a_breach_from_that_very_instant(ledger: Ledger) -> None:
    promise(ledger)
    assert worths(ledger, as_of=DUE - TICK) == {}
    assert ledger.balance("ada", as_of=DUE - TICK).points == 0
    assert worths(ledger, as_of=DUE) == {"breach 0": -6}
    assert ledger.balance("ada", as_of=LATER).is_overdrawn


def test_kept_at_the_very_instant_is_in_time_and_a_microsecond_later_is_not(make_ledger: LedgerMaker) -> None:
    for instant, expected in ((DUE, {"kept 0": 3}), (DUE + TICK, {"breach 0": -6, "kept 1": 6})):
        ledger = make_ledger(policy=LINEAR, catalog=CATALOG, clock=FixedClock(LATER))
        promise(ledger)
        ledger.keep(Ref("p"), occurred_at=instant)
        assert worths(ledger) == pytest.approx(expected)


def test_a_breach_may_be_due_at_the_instant_of_the_promise(ledger: Ledger) -> None:
    promise(ledger, due=START)
    assert worths(ledger, as_of=START) == {"breach 0": -6}


# Kept


def test_a_promise_kept_is_one_deposit_worth_its_kept_share_when_it_happened(ledger: Ledger) -> None:
    made = promise(ledger)
    kept = keep(ledger, sincerity=0.5, severity=2)
    (line,) = ledger.contributions("ada")
    assert (line.type, line.kind, line.occurred_at) == ("kept", "callback", START + timedelta(days=5))
    assert line.worth == pytest.approx((2 + 4 * 0.5) * 0.5 * 2)  # with the sincerity and severity of the keeping
    assert (kept.kind, kept.in_response_to) == (made.kind, made.id)


def test_parts_add_up_and_the_one_that_completes_is_worth_all(ledger: Ledger) -> None:
    promise(ledger, "repair", 4)
    for day, size in ((1, 1), (2, "1.5"), (3, "1.5")):
        keep(ledger, size, day=day)
    assert worths(ledger) == {"kept 0": 0, "kept 1": 0, "kept 2": 20}
    assert ledger.contributions("ada")[0].note == "part of a promise"


def test_parts_add_up_in_the_order_in_which_they_happened_whenever_they_arrive(ledger: Ledger) -> None:
    promise(ledger, "repair", 4)
    for day, size in ((9, 1), (1, 3)):
        keep(ledger, size, day=day)
    assert worths(ledger) == {"kept 0": 0, "kept 1": 20}


def test_thirds_make_a_whole(ledger: Ledger) -> None:
    promise(ledger, "repair", "0.3")
    for day in (1, 2, 3):
        keep(ledger, "0.1", day=day)
    assert worths(ledger) == pytest.approx({"kept 0": 0, "kept 1": 0, "kept 2": 1.5})


def test_after_part_of_it_was_kept_the_breach_is_the_shortfall(ledger: Ledger) -> None:
    promise(ledger, "repair", 4)
    keep(ledger, 3)
    assert worths(ledger) == {"kept 0": 0, "breach 1": -5}


def test_exceeding_adds_nothing_and_what_comes_after_it_is_kept_neither(ledger: Ledger) -> None:
    promise(ledger, "repair", 4)
    keep(ledger, 400, day=1)
    keep(ledger, 4, day=2)
    keep(ledger, 4, day=20)
    assert worths(ledger) == {"kept 0": 20, "kept 1": 0, "kept 2": 0}


def test_a_promise_in_money_is_kept_in_money(ledger: Ledger) -> None:
    promise(ledger, "rebate", 40)
    keep(ledger, 10)
    assert worths(ledger) == {"kept 0": 0, "breach 1": -30}


def test_without_a_magnitude_all_is_kept(ledger: Ledger) -> None:
    promise(ledger, "repair", 4)
    keep(ledger)
    assert worths(ledger) == {"kept 0": 20}


# Kept late


def test_a_late_keep_recovers_the_breach_by_its_share_of_the_shortfall(ledger: Ledger) -> None:
    promise(ledger, "repair", 4)
    keep(ledger, 2, day=5)
    keep(ledger, 1, day=20)
    keep(ledger, 1, day=30)
    assert worths(ledger) == pytest.approx({"kept 0": 0, "breach 1": -10, "kept 2": 5, "kept 3": 5}, rel=1e-6)
    late = ledger.contributions("ada")[2]
    assert late.recovers == f"p@{DUE_NAME}"


def test_a_late_keep_is_not_discounted_as_a_gesture_would_be(ledger: Ledger) -> None:
    promise(ledger)
    keep(ledger, day=200, sincerity=0)
    strict = PROPORTIONAL.replace(speed=HalfLife(days=1), matching={"callback": {"callback": 0.1}})
    assert worths(ledger, policy=with_steps(Sincerity(), strict)) == pytest.approx({"breach 0": -6, "kept 1": 6})


def test_a_late_keep_gives_back_no_more_than_is_left(ledger: Ledger) -> None:
    promise(ledger)
    keep(ledger, day=94)
    faded = with_steps(PROPORTIONAL, decay=HalfLife(days=84))
    assert worths(ledger, policy=faded) == pytest.approx({"breach 0": -6, "kept 1": 3})
    assert ledger.balance("ada", policy=faded).points == pytest.approx(0)


def test_a_late_keep_and_a_gesture_share_one_loss(ledger: Ledger) -> None:
    promise(ledger)
    ledger.deposit("ada", "gift", 3, in_response_to=Ref("p"), occurred_at=DUE + timedelta(days=1))
    keep(ledger, day=20)
    assert worths(ledger) == pytest.approx({"breach 0": -6, "deposit 1": 3, "kept 2": 3}, rel=1e-6)


def test_without_a_linked_recovery_or_a_loss_a_late_keep_is_worth_nothing(ledger: Ledger) -> None:
    promise(ledger, severity=0)
    keep(ledger, day=20)
    assert worths(ledger, policy=with_steps()) == {"breach 0": -6, "kept 1": 0}
    assert worths(ledger) == {"breach 0": 0, "kept 1": 0}


# What is no keeping


def test_a_keep_before_its_promise_or_without_a_visible_one_is_unvalued(make_ledger: LedgerMaker) -> None:
    early = make_ledger(policy=LINEAR, catalog=CATALOG, clock=FixedClock(LATER))
    promise(early)
    keep(early, day=-1)
    lone = make_ledger(policy=LINEAR, catalog=CATALOG, clock=FixedClock(LATER))
    lone.record(Kept(account="ada", kind="callback", occurred_at=START, in_response_to=Ref("never made")))
    for ledger in (early, lone):
        assert [item.reason for item in ledger.balance("ada").unvalued] == ["no promise"]
    assert worths(early) == {"breach 0": -6}
    assert worths(lone) == {}


def test_a_promise_that_the_policy_has_no_rate_for_breaks_unvalued(ledger: Ledger) -> None:
    promise(ledger, "rumor")
    ledger.deposit("ada", "gift", 3, in_response_to=Ref("p"), occurred_at=DUE + timedelta(days=1))
    balance = ledger.balance("ada")
    assert [(item.id, item.reason) for item in balance.unvalued] == [(f"p@{DUE_NAME}", "no rate for kind")]
    assert balance.points == 3  # the link is not in force, so the gift is an ordinary one


# The breach


def test_a_breach_is_named_by_its_promise_and_due_date(ledger: Ledger) -> None:
    promise(ledger)
    nameless = ledger.promise("ada", "callback", occurred_at=START, due=DUE)
    assert {item.id for item in ledger.contributions("ada")} == {f"p@{DUE_NAME}", f"{nameless.id}@{DUE_NAME}"}


def test_a_breach_has_the_promises_severity_and_fades_as_its_kind_or_a_withdrawal_does(ledger: Ledger) -> None:
    promise(ledger, severity=3)
    assert worths(ledger) == {"breach 0": -18}
    as_of = DUE + timedelta(days=5)
    by_direction = DecaySchedule(default=NoDecay(), by_direction={"withdrawal": Linear(days=10)})
    by_kind = by_direction.replace(by_kind={"callback": Linear(days=20)})
    for schedule, share in ((by_direction, 0.5), (by_kind, 0.75)):
        (breach,) = ledger.contributions("ada", as_of=as_of, policy=LINEAR.replace(decay=schedule))
        assert breach.share == share


def test_a_breach_feeds_what_remembers_failures(ledger: Ledger) -> None:
    promise(ledger)
    ledger.withdraw("ada", "fault", 2, occurred_at=DUE + timedelta(days=1))
    again = with_steps(DoubleDeviation(kappa=0.5, half_life=None))
    assert worths(ledger, policy=again) == {"breach 0": -6, "withdrawal 1": -3}


def test_a_breach_is_an_ordinary_line_of_its_statement(ledger: Ledger) -> None:
    promise(ledger)
    january = ledger.statement("ada", Period.month(2026, 1))
    assert (january.withdrawn, january.closing) == (6, -6)
    assert [(line.type, line.id) for line in january.lines] == [("breach", f"p@{DUE_NAME}")]
    for period, opening, withdrawn in ((Period(START, DUE), 0, 0), (Period(DUE, LATER), 0, 6)):
        statement = ledger.statement("ada", period)
        assert (statement.opening, statement.withdrawn) == (opening, withdrawn)


def test_a_breach_is_no_entry_and_ends_no_silence(ledger: Ledger) -> None:
    promise(ledger)
    balance = ledger.balance("ada")
    assert (balance.entries, balance.last_contact, balance.is_known) == (0, None, True)


@pytest.mark.parametrize("link", [lambda made: Ref("p"), lambda made: made, lambda made: Ref(f"p@{DUE_NAME}")])
def test_to_answer_a_promise_is_to_answer_its_breach(ledger: Ledger, link: Any) -> None:
    made = promise(ledger)
    ledger.deposit("ada", "gift", 3, in_response_to=link(made), occurred_at=DUE)
    assert worths(ledger) == pytest.approx({"breach 0": -6, "deposit 1": 3}, rel=1e-6)
    assert ledger.contributions("ada")[1].recovers == f"p@{DUE_NAME}"


def test_to_answer_a_promise_that_is_not_broken_is_an_ordinary_gesture(ledger: Ledger) -> None:
    promise(ledger)
    ledger.deposit("ada", "gift", 30, in_response_to=Ref("p"), occurred_at=START)
    assert worths(ledger, as_of=DUE - TICK) == {"deposit 0": 30}
    keep(ledger)
    assert worths(ledger) == {"deposit 0": 30, "kept 1": 3}


# What becomes known later


def test_a_keep_that_is_recorded_late_takes_the_breach_out_only_from_then_on(ledger: Ledger, clock: FixedClock) -> None:
    clock.set(START)
    promise(ledger)
    clock.set(DUE + timedelta(days=7))
    keep(ledger, day=5)
    clock.set(LATER)
    assert worths(ledger, as_of=DUE, known_at=DUE) == {"breach 0": -6}
    assert worths(ledger, as_of=DUE) == {"kept 0": 3}


def test_a_breach_stands_whatever_was_known_if_its_promise_was(ledger: Ledger, clock: FixedClock) -> None:
    clock.set(START)
    promise(ledger)
    clock.set(LATER)
    assert worths(ledger, as_of=LATER, known_at=START) == {"breach 0": -6}
    assert worths(ledger, as_of=LATER, known_at=START - TICK) == {}


def test_a_promise_taken_back_was_never_broken(ledger: Ledger) -> None:
    made = promise(ledger)
    keep(ledger, day=20)
    ledger.reverse(made)
    assert worths(ledger) == {}
    assert [item.reason for item in ledger.balance("ada").unvalued] == ["no promise"]


def test_a_keep_taken_back_leaves_the_promise_broken(ledger: Ledger) -> None:
    promise(ledger)
    ledger.reverse(keep(ledger))
    assert worths(ledger) == {"breach 0": -6}


def test_links_follow_a_promise_that_is_amended(ledger: Ledger) -> None:
    made = ledger.promise("ada", "callback", occurred_at=START, due=DUE)
    ledger.keep(made, occurred_at=DUE + timedelta(days=2))
    assert worths(ledger) == pytest.approx({"breach 0": -6, "kept 1": 6})
    amended = ledger.amend(made, due=DUE + timedelta(days=3))
    assert isinstance(amended, Promise)
    assert worths(ledger) == {"kept 0": 3}


def test_what_if_knows_promises_and_reversals_of_them(ledger: Ledger) -> None:
    promise(ledger)
    gift = Deposit(account="ada", kind="gift", magnitude=3, occurred_at=DUE, in_response_to=Ref("p"))
    assert ledger.what_if("ada", gift).points == pytest.approx(-3, rel=1e-6)
    kept = Kept(account="ada", kind="callback", occurred_at=START, in_response_to=Ref("p"))
    assert ledger.what_if("ada", kept).points == 3


# Again and again


def monthly(ledger: Ledger, tz: str = "Europe/Berlin", rule: str = "FREQ=MONTHLY;COUNT=6", **said: Any) -> Promise:
    first = datetime(2026, 1, 31, 8, tzinfo=UTC)
    return promise(ledger, **{"due": first, "recurs": rule, "tz": tz, **said})


def test_a_recurring_promise_comes_due_on_the_clocks_of_its_zone(ledger: Ledger) -> None:
    monthly(ledger, rule="FREQ=MONTHLY;COUNT=4")
    due = [item.occurred_at.isoformat() for item in ledger.contributions("ada")]
    # 9 o'clock in Berlin; only months that have a 31st; summer time begins on 29 March 2026.
    assert due == [
        "2026-01-31T08:00:00+00:00",
        "2026-03-31T07:00:00+00:00",
        "2026-05-31T07:00:00+00:00",
        "2026-07-31T07:00:00+00:00",
    ]
    assert [item.id for item in ledger.contributions("ada")][1] == "p@2026-03-31T07:00:00.000000Z"


def test_each_due_date_is_kept_by_itself(ledger: Ledger) -> None:
    made = monthly(ledger)
    ledger.keep(made, due=datetime(2026, 3, 31, 7, tzinfo=UTC), occurred_at=datetime(2026, 3, 30, tzinfo=UTC))
    as_of = datetime(2026, 6, 1, tzinfo=UTC)
    assert worths(ledger, as_of=as_of) == {"breach 0": -6, "kept 1": 3, "breach 2": -6}


def test_a_due_date_of_a_recurring_promise_is_answered_by_its_name(ledger: Ledger) -> None:
    monthly(ledger)
    at = datetime(2026, 4, 2, tzinfo=UTC)
    ledger.deposit("ada", "gift", 6, in_response_to=Ref("p@2026-03-31T07:00:00.000000Z"), occurred_at=at)
    ledger.deposit("ada", "gift", 2, in_response_to=Ref("p"), occurred_at=at)
    read = {item.worth: item.recovers for item in ledger.contributions("ada", as_of=at) if item.type == "deposit"}
    assert read == pytest.approx({6: "p@2026-03-31T07:00:00.000000Z", 2: None})


def test_a_recurring_promise_is_read_up_to_the_instant_alone(ledger: Ledger) -> None:
    monthly(ledger, rule="FREQ=MONTHLY")
    assert len(worths(ledger, as_of=datetime(2026, 5, 31, 7, tzinfo=UTC))) == 3
    assert len(worths(ledger, as_of=datetime(2026, 5, 31, 7, tzinfo=UTC) - TICK)) == 2


def test_a_promise_comes_due_at_most_a_thousand_times(ledger: Ledger) -> None:
    promise(ledger, recurs="FREQ=DAILY", tz="UTC")
    assert len(worths(ledger, as_of=START + timedelta(days=3000))) == 1000


# The door


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"due": START - TICK}, "is before the promise was made"),
        ({"recurs": "EVERY DAY", "tz": "UTC"}, "'EVERY DAY' in 'UTC' cannot be read"),
        ({"recurs": "FREQ=DAILY", "tz": "Mars/Olympus"}, "cannot be read"),
        (
            {"recurs": "FREQ=HOURLY", "tz": "UTC"},
            "a promise comes due by days; FREQ is DAILY, WEEKLY, MONTHLY or YEARLY",
        ),
        ({"recurs": "FREQ=DAILY;INTERVAL=0", "tz": "UTC"}, "INTERVAL is at least 1"),
        ({"recurs": "RDATE:20260101T000000", "tz": "UTC"}, "not one RRULE, such as FREQ=MONTHLY"),
        ({"recurs": "FREQ=DAILY"}, "recurs and tz go together"),
        ({"tz": "UTC"}, "recurs and tz go together"),
        ({"recurs": "FREQ=MONTHLY;BYMONTHDAY=1", "tz": "UTC"}, "is no date of recurs"),
        ({"severity": -1}, "severity"),
        ({"due": datetime(2026, 2, 1)}, "due"),  # noqa: DTZ001 - that is the fault
    ],
)
def test_a_promise_that_cannot_be_read_is_refused(ledger: Ledger, said: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidEntry, match=words):
        promise(ledger, **said)
    assert list(ledger.entries()) == []


def test_only_a_promise_is_kept_and_of_a_recurring_one_a_due_date(ledger: Ledger) -> None:
    gift = ledger.deposit("ada", "gift", 1, reference="g")
    monthly(ledger)
    with pytest.raises(InvalidLink, match="is a deposit; only a promise is kept"):
        ledger.keep(gift)
    with pytest.raises(InvalidLink, match="say which with due="):
        ledger.keep(Ref("p"))
    with pytest.raises(UnknownEntry):
        ledger.keep(Ref("never made"))
    with pytest.raises(InvalidLink, match="a Kept names the promise"):
        ledger.record(Kept(account="ada", kind="callback", occurred_at=START))


def test_a_keep_is_of_its_promises_account(ledger: Ledger) -> None:
    made = promise(ledger)
    with pytest.raises(InvalidLink, match="belongs to account 'ada'"):
        ledger.record(Kept(account="bob", kind="callback", occurred_at=START, in_response_to=made.id))


def test_a_promise_is_neither_deposit_nor_withdrawal(ledger: Ledger) -> None:
    with pytest.raises(WrongDirection, match="callback is a promise, not a deposit; use ledger.promise"):
        ledger.deposit("ada", "callback")
    with pytest.raises(WrongDirection):
        ledger.promise("ada", "gift", 1, due=LATER)


def test_a_promise_and_its_keeping_repeat_by_reference(ledger: Ledger) -> None:
    made, again = promise(ledger), promise(ledger)
    assert (again.id, again.replayed) == (made.id, True)
    kept, twice = keep(ledger, reference="k"), keep(ledger, reference="k")
    assert (twice.id, twice.replayed) == (kept.id, True)
    assert ledger.entry(Ref("p")) == made
    assert [type(entry) for entry in ledger.entries()] == [Promise, Kept]


def test_a_rule_may_end_in_utc(ledger: Ledger) -> None:
    first = NOW - timedelta(days=20)
    rule = f"FREQ=DAILY;INTERVAL=5;UNTIL={NOW:%Y%m%dT%H%M%SZ}"
    ledger.promise("ada", "callback", due=first, occurred_at=first, recurs=rule, tz="Europe/Berlin")
    assert len(ledger.contributions("ada")) == 5


def test_an_amended_promise_that_recurs_keeps_what_was_kept(ledger: Ledger) -> None:
    first = NOW - timedelta(days=5)
    made = ledger.promise("ada", "callback", due=first, occurred_at=first, recurs="FREQ=DAILY;COUNT=2", tz="UTC")
    ledger.keep(made, due=first, occurred_at=first)
    ledger.amend(made, severity=2.0)
    kept = [item for item in ledger.contributions("ada") if item.type == "kept"]
    assert [item.points > 0 for item in kept] == [True]
    assert ledger.balance("ada").unvalued == ()
