"""Which gesture, now or later: each weighed against nothing, the reasons told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import nan
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodwill import Ledger, Money, presets
from goodwill.appraisal import (
    AppraisalError,
    CustomerValue,
    Option,
    Recommendation,
    RetentionLink,
    Uncertainty,
    WordOfMouth,
    appraise,
    recommend,
)
from goodwill.domain.entry import Deposit, Entry, Ref, Withdrawal
from goodwill.domain.errors import NaiveDatetime, UnknownKind, WrongDirection

NOW = datetime(2026, 6, 1, tzinfo=UTC)
LINK = RetentionLink(base=0.95, slope=0.02, source="an assumption")
VALUE = CustomerValue(margin=Money(20, "USD"), discount=0.01, period_days=30)
LATE = Withdrawal(
    account="ada", kind="late_delivery", magnitude=Decimal(2), occurred_at=NOW - timedelta(days=3), reference="late"
)
WAIVER = Option(kind="fee_waived", cost=Money("14.99", "USD"))
UPGRADE = Option(kind="upgrade", cost=Money(4, "USD"))
THANKS = Option(kind="thank_you", cost=Money("0.50", "USD"))
HEROICS = Option(kind="service_heroics", cost=Money(60, "USD"))
OPTIONS = [WAIVER, UPGRADE, THANKS, HEROICS]


def asked(options: Any = OPTIONS, book: list[Entry] | None = None, **also: Any) -> Recommendation:
    given: dict[str, Any] = {"value": VALUE, "link": LINK, "as_of": NOW} | also
    return recommend([LATE] if book is None else book, "ada", options, **given)


@given(
    bought=st.lists(st.sampled_from(["upgrade", "thank_you", "late_delivery", "dispute"]), max_size=4),
    policy=st.sampled_from(["default", "habituation"]),
    margin=st.integers(1, 200),
)
@settings(max_examples=8, deadline=None)
def test_each_number_is_that_of_an_appraisal_and_the_best_is_the_highest(
    bought: list[str], policy: str, margin: int
) -> None:
    forms = {"upgrade": Deposit, "thank_you": Deposit}
    book = [
        forms.get(kind, Withdrawal)(
            account="ada", kind=kind, magnitude=Decimal(1), occurred_at=NOW - timedelta(days=9 * place)
        )
        for place, kind in enumerate(bought)
    ]
    said = {
        "value": VALUE.replace(margin=Money(margin, "USD")), "link": LINK, "policy": getattr(presets, policy)(),
    }  # fmt: skip
    told = asked([UPGRADE, THANKS], book, wait_days=(0, 10), **said)
    assert len(told.ranked) == 4
    for choice in told.ranked:
        alone = appraise(book, choice.option.gesture("ada", choice.at), as_of=NOW, **said)
        assert choice.weighed.net == pytest.approx(alone.net_value, abs=1e-9)
        assert choice.net == alone.net
        assert choice.cost == alone.cost
    nets = [choice.weighed.net for choice in told.ranked]
    assert nets == sorted(nets, reverse=True)
    assert (told.best is None) == (nets[0] <= 0.0)
    assert told.best is None or told.best is told.ranked[0]


def test_the_best_comes_with_its_appraisal_and_says_why() -> None:
    told = asked(wait_days=[0])
    assert told.best is not None
    assert told.best.option == UPGRADE
    assert told.best.at == NOW
    assert told.best.appraisal.net == told.best.net
    assert told.reason == f"upgrade now: it nets {told.best.net}, the most of 4 choices"
    assert "not worth what it costs" in str(told)
    assert "slope_assumed" in [caveat.code for caveat in told.caveats]
    assert "decides_at_ends" not in [caveat.code for caveat in told.caveats]


def test_a_wait_is_compared_as_of_the_present_and_says_on_what_it_rests() -> None:
    told = asked([UPGRADE], wait_days=(0, 29))
    assert [choice.wait_days for choice in told.ranked] == [29.0, 0.0]  # fresh when the customer decides
    assert told.ranked[0].at == NOW + timedelta(days=29)
    assert "decides_at_ends" in [caveat.code for caveat in told.caveats]


def test_what_is_worth_it_only_because_it_comes_just_in_time_never_is_seen_from_when_it_is_given() -> None:
    told = asked([Option(kind="upgrade", cost=Money(8, "USD"))], wait_days=(0, 29))
    assert told.best is not None
    assert told.best.wait_days == 29.0
    assert told.best.appraisal.break_even is not None
    assert told.best.appraisal.break_even.until is None


def test_what_costs_more_than_the_budget_is_named_and_not_recommended() -> None:
    told = asked(budget=Money(1, "USD"), wait_days=[0])
    assert [choice.option.name for choice in told.ranked] == ["thank_you"]
    assert {choice.option.name for choice in told.beyond_budget} == {"fee_waived", "upgrade", "service_heroics"}
    assert told.best is not None
    assert told.best.option == THANKS
    assert asked([UPGRADE], budget=Money(4, "USD")).beyond_budget == ()


def test_where_nothing_is_worth_its_cost_nothing_is_recommended() -> None:
    told = asked([HEROICS], wait_days=[0])
    assert told.best is None
    assert told.reason.startswith("nothing: no choice is worth its cost; the best, service_heroics now, would net -")
    none = asked(budget=Money(0, "USD"))
    assert (none.best, none.ranked) == (None, ())
    assert none.reason == "nothing: every option costs more than the budget of 0.00 USD"
    free = asked([*OPTIONS, Option(kind="genuine_interest")], budget=Money(0, "USD"))
    assert free.best is not None
    assert free.best.option.kind == "genuine_interest"


def test_a_customer_of_no_margin_is_worth_no_gesture() -> None:
    told = asked(value=VALUE.replace(margin=Money(0, "USD")))
    assert told.best is None


def test_the_cheapest_that_reaches_the_target_is_found_and_said() -> None:
    target = -2.0
    told = asked([WAIVER, UPGRADE, HEROICS], target=target, wait_days=[0])
    assert told.cheapest_to_target is not None
    name = told.cheapest_to_target.option.name
    reach = {choice.option.name: choice.points >= target for choice in told.ranked}
    costs = {choice.option.name: choice.cost for choice in told.ranked}
    assert reach[name]
    assert costs[name] == min(cost for each, cost in costs.items() if reach[each])
    assert f"the least that reaches {target:g}" in told.target_reason
    assert any(not reached for reached in reach.values())


def test_a_target_that_nothing_reaches_or_nobody_can_pay_or_that_is_there_already_is_said_to_be_so() -> None:
    none = asked([THANKS], target=50.0, wait_days=[0])
    assert none.cheapest_to_target is None
    assert none.target_reason.startswith("no option reaches 50: thank_you now comes to -")
    dear = asked([THANKS, HEROICS], target=-2.0, budget=Money(1, "USD"), wait_days=[0])
    assert dear.cheapest_to_target is None
    assert dear.target_reason.endswith("costs 60.00 USD: beyond the budget")
    there = asked(target=0.0, book=[])
    assert there.cheapest_to_target is None
    assert there.target_reason.startswith("nothing is needed")
    assert asked().target_reason == "no target was asked for"


def test_a_wait_in_which_the_balance_gets_there_by_itself_brings_nothing() -> None:
    # Half of the debt is gone after 84 days, without any gesture.
    debt = asked([THANKS], wait_days=[0]).ranked[0].weighed.before
    told = asked([THANKS], target=0.6 * debt, wait_days=[0, 84])
    assert told.cheapest_to_target is None


def test_an_answer_to_what_happened_is_read_as_one() -> None:
    answer = Option(kind="refund", cost=Money(4, "USD"), in_response_to=Ref("late"), name="answer")
    plain = Option(kind="refund", cost=Money(4, "USD"), name="plain")
    told = asked([answer, plain], wait_days=[0])
    points = {choice.option.name: choice.weighed.bought for choice in told.ranked}
    gesture = answer.gesture("ada", NOW)
    assert points["answer"] == pytest.approx(appraise([LATE], gesture, value=VALUE, link=LINK, as_of=NOW).bought)
    assert points["answer"] != pytest.approx(points["plain"])


def test_a_ledger_is_read_by_its_clock() -> None:
    ledger = Ledger.in_memory()
    late = ledger.withdraw("ada", "late_delivery", 2)
    told = recommend(ledger, "ada", OPTIONS, value=VALUE, link=LINK, wait_days=[0])
    assert told.as_of >= late.occurred_at
    assert told.best is not None
    assert told.best.option == UPGRADE


def test_what_may_be_added_is_added() -> None:
    plain, spoken = (
        asked([UPGRADE], wait_days=[0], word_of_mouth=word)
        for word in (None, WordOfMouth(told_if_overdrawn=0, told_if_positive=3, shift=0.1))
    )
    assert spoken.ranked[0].weighed.net == plain.ranked[0].weighed.net  # overdrawn before and after: nobody tells
    fresh = [
        asked([UPGRADE], [], wait_days=[0], word_of_mouth=word).ranked[0].weighed.net
        for word in (None, WordOfMouth(told_if_overdrawn=0, told_if_positive=3, shift=0.1))
    ]
    assert fresh[1] > fresh[0] + 1.0
    sure = asked([UPGRADE], wait_days=[0], uncertainty=Uncertainty(slope_error=0.01, draws=100))
    assert sure.best is not None
    assert sure.best.appraisal.chance is not None
    doubted = asked([UPGRADE], wait_days=[0], claim_probability=0.5).ranked[0].weighed
    assert doubted.bought == pytest.approx(plain.ranked[0].weighed.bought / 2)


def test_costs_of_another_currency_need_a_rate() -> None:
    euros = [Option(kind="upgrade", cost=Money(4, "EUR"))]
    with pytest.raises(AppraisalError, match="not mixed without a rate"):
        asked(euros, home="EUR")
    told = asked(euros, home="EUR", rates={"EUR": 1.25}, budget=Money(4, "EUR"), wait_days=[0])
    assert told.ranked[0].cost == Money(5, "USD")
    assert told.beyond_budget == ()


@pytest.mark.parametrize(
    ("also", "words"),
    [
        ({"options": []}, "no options"),
        ({"options": ["fee_waived"]}, "options are of goodwill.appraisal.Option"),
        ({"options": [UPGRADE, Option(kind="upgrade", cost=Money(9, "USD"))]}, "two options are called 'upgrade'"),
        ({"budget": Money(-1, "USD")}, "is below 0"),
        ({"wait_days": []}, "wait_days are"),
        ({"wait_days": [-1]}, "wait_days are"),
        ({"wait_days": [nan]}, "wait_days are"),
        ({"target": nan}, "a target is a finite number"),
        ({"as_of": None}, "as_of="),
        ({"claim_probability": 1.5}, "a probability is in"),
    ],
)
def test_what_contradicts_itself_is_refused(also: dict[str, Any], words: str) -> None:
    with pytest.raises(AppraisalError, match=words):
        asked(**also)


def test_what_could_not_be_recorded_is_refused_as_the_ledger_would() -> None:
    with pytest.raises(UnknownKind):
        asked([Option(kind="fee_wavied", cost=Money(1, "USD"))])
    with pytest.raises(WrongDirection):
        asked([Option(kind="dispute")])
    with pytest.raises(NaiveDatetime):
        asked(as_of=datetime(2026, 6, 1))  # noqa: DTZ001 - that is what is refused


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"cost": Money(-1, "USD")}, "below 0"),
        ({"cost": 4}, "an option costs Money"),
        ({"name": 4}, "are texts"),
    ],
)
def test_an_option_that_is_none_is_refused(said: dict[str, Any], words: str) -> None:
    with pytest.raises(AppraisalError, match=words):
        Option(**({"kind": "upgrade"} | said))
