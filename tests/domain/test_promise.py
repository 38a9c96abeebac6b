"""When promises come due, and how much of each was kept: laws of the pure part."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill.domain.entry import Fact, Ref
from goodwill.domain.history import History
from goodwill.domain.instant import from_us, to_us
from goodwill.domain.promise import (
    MOST_RECURRENCES,
    begins_with,
    due_instants,
    next_due,
    obligations,
    recurrences,
    stamp,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
DUE = to_us(START + timedelta(days=30))
DAY = 86_400_000_000
NOW = DUE + 1000 * DAY


def promise(**said: Any) -> Fact:
    made = Fact("p", 1, "promise", "ada", "vow", to_us(START), 0, magnitude=8.0, due_us=DUE)
    return made._replace(**said)


def kept(number: int, at_us: int, magnitude: float | None = None, link: str | Ref = "p") -> Fact:
    return Fact(f"k{number}", number + 2, "kept", "ada", "vow", at_us, 0, magnitude=magnitude or 0.0,
                reference=f"k{number}", in_response_to=link, entire=magnitude is None)  # fmt: skip


parts = st.lists(st.tuples(st.integers(-40, 40), st.integers(0, 8)), max_size=8)


@given(parts)
def test_what_was_kept_by_due_and_the_shortfall_make_a_whole(found: list[tuple[int, int]]) -> None:
    facts = [promise(), *(kept(n, DUE + day * DAY, float(size)) for n, (day, size) in enumerate(found))]
    history = History(facts, NOW)
    made = to_us(START)
    in_time = sum(size for day, size in found if made <= DUE + day * DAY <= DUE) / 8
    recorded = [fact for fact in history.in_force if fact.type != "breach"]
    (obligation,) = obligations(recorded, NOW, lambda _: facts[0])
    assert obligation.shortfall == pytest.approx(max(1 - in_time, 0))
    assert bool(history.broken) == (in_time < 1)
    late = {f"k{n}": size / 8 for n, (day, size) in enumerate(found) if day > 0}
    assert obligation.late == pytest.approx(late)


@given(parts, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(found: list[tuple[int, int]], random: Any) -> None:
    facts = [promise(), *(kept(n, DUE + day * DAY, float(size)) for n, (day, size) in enumerate(found))]
    shuffled = list(facts)
    random.shuffle(shuffled)
    one, other = (History(items, NOW) for items in (facts, shuffled))
    assert one.in_force == other.in_force
    assert one.kept == other.kept


def test_the_first_keep_that_reaches_all_completes_it_and_no_later_one() -> None:
    facts = [promise(), *(kept(n, DUE - (9 - n) * DAY, size) for n, size in enumerate((4.0, 4.0, 4.0)))]
    assert History(facts, NOW).kept["k1"].completed_by == "k1"


def test_a_keep_without_magnitude_and_one_of_a_promise_of_nothing_are_whole() -> None:
    assert not History([promise(), kept(0, DUE)], NOW).broken
    assert not History([promise(magnitude=0.0), kept(0, DUE, 0.0)], NOW).broken
    assert History([promise(magnitude=0.0)], NOW).broken


def test_a_breach_is_the_promise_as_a_withdrawal_at_due() -> None:
    history = History([promise(severity=2.0, sincerity=0.5, reference="order:1")], DUE)
    (breach,) = (fact for fact in history.in_force if fact.type == "breach")
    assert breach.id == breach.reference == f"order:1@{stamp(DUE)}" == "order:1@2026-01-31T00:00:00.000000Z"
    assert (breach.occurred_us, breach.kind, breach.severity, breach.sincerity) == (DUE, "vow", 2.0, 1.0)
    assert not History([promise()], DUE - 1).broken


def test_a_breach_comes_after_what_was_recorded_and_before_what_answers_it() -> None:
    gift = Fact("g", 9, "deposit", "ada", "gift", DUE, 0, in_response_to="p")
    late = Fact("w", 8, "withdrawal", "ada", "delay", DUE, 0)
    history = History([gift, promise(), late], DUE)
    assert [fact.type for fact in history.in_force] == ["promise", "withdrawal", "breach", "deposit"]
    target = history.target("p")
    assert target is not None
    assert target.type == "breach"


# Recurrences


def test_a_rule_follows_the_clocks_of_its_zone_over_both_changes() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    first = to_us(datetime(2026, 3, 28, 2, 30, tzinfo=berlin))
    local = [from_us(us).astimezone(berlin) for us in recurrences("FREQ=DAILY;COUNT=3", "Europe/Berlin", first)]
    # 2:30 on 29 March 2026 does not exist: an hour is skipped, and the instant is 3:30.
    assert [(date.day, date.hour, date.minute) for date in local] == [(28, 2, 30), (29, 3, 30), (30, 2, 30)]
    autumn = to_us(datetime(2026, 10, 24, 2, 30, tzinfo=berlin))
    spans = [b - a for a, b in pairwise(recurrences("FREQ=DAILY;COUNT=3", "Europe/Berlin", autumn))]
    assert spans == [24 * 3600 * 10**6, 25 * 3600 * 10**6]  # of the two 2:30 on 25 October, the first


@given(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]), st.integers(1, 4), st.integers(0, 800))
def test_a_rule_is_followed_up_to_the_first_date_after_the_instant(freq: str, interval: int, days: int) -> None:
    rule = f"FREQ={freq};INTERVAL={interval}"
    until = DUE + days * DAY
    found = list(due_instants(promise(recurs=rule, tz="America/New_York"), until))
    assert found[0] == DUE
    assert found == list(islice(recurrences(rule, "America/New_York", DUE), len(found)))
    assert [due for due in found if due > until] == found[-1:]


def test_a_rule_ends_after_a_thousand_dates() -> None:
    assert len(recurrences("FREQ=MINUTELY", "UTC", DUE)) == MOST_RECURRENCES
    assert len(list(due_instants(promise(recurs="FREQ=MINUTELY", tz="UTC"), NOW))) == MOST_RECURRENCES


@pytest.mark.parametrize("freq", ["DAILY", "WEEKLY", "MONTHLY", "YEARLY", "HOURLY", "SECONDLY"])
def test_a_rule_without_any_date_is_refused_at_once(freq: str) -> None:
    started = perf_counter()
    with suppress(ValueError):
        assert not begins_with(f"FREQ={freq};BYMONTH=2;BYMONTHDAY=30", "UTC", DUE)
    assert perf_counter() - started < 1.0  # milliseconds; dateutil looks for it up to the year 9999, for 12 s


def test_a_rule_whose_dates_are_years_apart_is_followed_no_further_than_needed() -> None:
    leap = to_us(datetime(2024, 2, 29, tzinfo=UTC))
    rule = "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29"
    assert begins_with(rule, "UTC", leap)
    assert not begins_with(rule, "UTC", leap + DAY)
    started = perf_counter()
    made = promise(due_us=leap, recurs=rule, tz="UTC")
    assert [from_us(due).year for due in due_instants(made, leap + DAY)] == [2024, 2028]
    assert perf_counter() - started < 1.0


def test_what_is_no_promise_is_never_due() -> None:
    assert list(due_instants(promise(due_us=None), NOW)) == []
    assert list(due_instants(promise(), 0)) == [DUE]


def test_each_date_of_a_rule_is_kept_by_its_name() -> None:
    made = promise(recurs="FREQ=WEEKLY", tz="UTC", reference="order:1")
    third = f"order:1@{stamp(DUE + 14 * DAY)}"
    facts = [made, kept(0, DUE, link=Ref(third)), kept(1, DUE, link="p")]
    history = History(facts, DUE + 21 * DAY)
    assert history.kept["k0"].name == third
    assert "k1" not in history.kept  # it does not say which
    assert sorted(history.broken) == [f"order:1@{stamp(DUE + week * 7 * DAY)}" for week in (0, 1, 3)]


def test_the_next_due_date_is_the_first_after_an_instant() -> None:
    soon, later = promise(), promise(id="q", due_us=DUE + 5 * DAY)
    monthly = promise(id="m", due_us=DUE + 2 * DAY, recurs="FREQ=DAILY;INTERVAL=10;COUNT=3", tz="UTC")
    facts = [later, soon, monthly, kept(1, DUE)]
    dues = [0, 2, 5, 12, 22]
    for before, after in pairwise([-1, *dues]):
        assert next_due(facts, DUE + before * DAY) == DUE + after * DAY
        assert next_due(facts, DUE + after * DAY - 1) == DUE + after * DAY
    assert next_due(facts, DUE + 22 * DAY) is None
    assert next_due([kept(1, DUE)], 0) is None
