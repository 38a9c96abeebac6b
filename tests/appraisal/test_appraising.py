"""What a gesture is worth against its cost: the account replayed with it and without it."""

from __future__ import annotations

import dataclasses
import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from goodwill import Deposit, Direction, Entry, Ledger, Money, Policy, Promise, Ref, Withdrawal, presets
from goodwill.appraisal import (
    Appraisal,
    AppraisalError,
    CustomerValue,
    Norms,
    RetentionLink,
    Uncertainty,
    VolatilityAversion,
    WordOfMouth,
    appraise,
)
from goodwill.appraisal.book import opened, present
from goodwill.appraisal.replaying import Counterfactual, counterfactual
from goodwill.decays import HalfLife, NoDecay
from goodwill.domain.errors import GoodwillError, InvalidEntry, NaiveDatetime, PolicyError
from goodwill.domain.instant import to_us
from goodwill.policies.valuation import Valuation
from goodwill.terms import Silence
from goodwill.testing.clock import FixedClock
from goodwill.testing.histories import CATALOG, END, histories, instants, policies
from goodwill.valuations import Prospect, RateCard

NOW = datetime(2026, 3, 2, tzinfo=UTC)
LINK = RetentionLink(base=0.95, slope=0.02)
VALUE = CustomerValue(margin=Money(20, "USD"), discount=0.01, period_days=30)


def waived(**more: Any) -> Deposit:
    """A waived fee of $15."""
    given = {"account": "ada", "kind": "fee_waived", "cost": Money(15, "USD"), "occurred_at": NOW, **more}
    return Deposit(**given)


def late(days: int = 3, ago: int = 5, reference: str = "order:1") -> Withdrawal:
    return Withdrawal(
        account="ada", kind="late_delivery", magnitude=Decimal(days), occurred_at=NOW - timedelta(days=ago),
        reference=reference,
    )  # fmt: skip


def told(entries: list[Entry] | Ledger, gesture: Deposit, **more: Any) -> Appraisal:
    return appraise(entries, gesture, **{"value": VALUE, "link": LINK, **more})


# The worked case, and its neighbors


def test_the_worked_case_of_the_catalog() -> None:
    found = told([], waived(magnitude=10, currency="USD"), policy=presets.linear())
    assert (found.cost, found.value, found.net) == (Money(15, "USD"), Money("9.03", "USD"), Money("-5.97", "USD"))
    assert found.break_even is not None
    assert found.break_even.goodwill == pytest.approx(16.97, abs=0.005)
    assert found.bought == pytest.approx(10.0)
    assert not found.is_worth_it


def test_the_same_fee_under_the_default_policy() -> None:
    found = told([], waived())
    assert found.bought == pytest.approx(10.84, abs=0.005)
    assert found.value == Money("9.76", "USD")


def test_a_fee_that_answers_a_late_delivery_may_be_worth_it() -> None:
    found = told([late()], waived(in_response_to=Ref("order:1")))
    assert found.is_worth_it
    assert found.value > found.cost
    assert found.break_even is not None
    assert found.break_even.until is not None
    assert found.break_even.until > NOW


def test_it_says_what_is_left_after_a_month_a_quarter_and_a_year() -> None:
    found = told([], waived())
    assert list(found.left) == [30, 90, 365]
    for days, points in found.left.items():
        assert points == pytest.approx(found.bought * HalfLife(days=84).share(days), rel=1e-12)


def test_the_path_says_how_staying_changes_period_by_period() -> None:
    found = told([], waived())
    assert found.retention[0].at == NOW + timedelta(days=30)
    assert all(stay.with_it > stay.without == pytest.approx(0.95) for stay in found.retention[:5])
    gains = [stay.with_it - stay.without for stay in found.retention]
    assert gains == sorted(gains, reverse=True)


def test_it_prints_what_one_must_know() -> None:
    text = str(told([], waived(), uncertainty=Uncertainty(slope_error=0.01)))
    assert "not worth what it costs" in text
    assert "the slope was given" in text
    assert "The half-life of 84 days is an analogy" in text


# The counterfactual


PRESETS = [
    presets.default(CATALOG), presets.linear(CATALOG), presets.entitlement(CATALOG), presets.habituation(CATALOG),
    presets.double_deviation(CATALOG), presets.honeymoon(CATALOG), presets.grace21(CATALOG),
]  # fmt: skip
PER_ENTRY = presets.default(CATALOG).replace(valuation=Valuation(steps=(RateCard.from_catalog(CATALOG), Prospect())))


@st.composite
def recorded(draw: st.DrawFn, policy: st.SearchStrategy[Policy]) -> tuple[Ledger, Deposit]:
    """A ledger of one account, and one of its deposits that the policy has an opinion on."""
    clock = FixedClock(END + timedelta(days=30))
    ledger = Ledger.in_memory(draw(policy), CATALOG, currencies=("USD", "EUR"), clock=clock)
    gift = Deposit(account="ada", kind="gift", occurred_at=draw(instants), reference="gift")
    ledger.record_many([*draw(histories()), gift], rejects=[])
    unvalued = {each.id for each in ledger.balance("ada").unvalued}
    deposits = [e for e in ledger.entries(account="ada") if isinstance(e, Deposit) and e.id not in unvalued]
    return ledger, draw(st.sampled_from(deposits))


def case_of(ledger: Ledger, gesture: Deposit) -> Counterfactual:
    book = opened(ledger, "ada", now=None, known_at=None, policy=None, catalog=None, home=None)
    return counterfactual(present(book, None, None, ()), gesture, to_us(END + timedelta(days=2000)))


@given(recorded(st.sampled_from(PRESETS) | policies()), st.integers(0, 1900))
def test_with_it_is_the_ledger_and_without_it_is_the_ledger_after_a_reversal(
    made: tuple[Ledger, Deposit], days: int
) -> None:
    ledger, gesture = made
    at = END + timedelta(days=30 + days)
    at_us = np.array([to_us(at)])
    case = case_of(ledger, gesture)
    clock = FixedClock(at)
    ledger.clock = clock
    balance, each = ledger.balance("ada"), ledger.contributions("ada")
    size = 1e-9 * (1.0 + sum(abs(one.points) for one in each) + sum(map(abs, balance.terms.values())))
    assert float(case.with_it.points(at_us)[0]) == pytest.approx(balance.points, rel=0, abs=size)
    ledger.reverse(gesture)
    without = ledger.balance("ada").points
    assert float(case.without.points(at_us)[0]) == pytest.approx(without, rel=0, abs=size)
    lift = float(case.with_it.points(at_us)[0]) - without
    assert float(case.lift(at_us)[0]) == pytest.approx(lift, rel=0, abs=size)


@given(recorded(st.just(PER_ENTRY)))
def test_without_state_leave_one_out_is_the_own_contribution_and_they_add_up(made: tuple[Ledger, Deposit]) -> None:
    ledger, gesture = made
    now_us = np.array([to_us(ledger.clock.now())])
    every = {each.id: each.points for each in ledger.contributions("ada")}
    own = every[gesture.id]
    assert math.fsum(every.values()) == pytest.approx(ledger.balance("ada").points, abs=1e-9)
    case = case_of(ledger, gesture)
    assert float(case.faded(now_us)[0]) == pytest.approx(own, rel=1e-9, abs=1e-12)


def test_what_it_taught_the_customer_to_expect_counts() -> None:
    policy = presets.entitlement()
    omitted = Deposit(
        account="ada", kind="fee_waived", magnitude=Decimal(0), currency="USD", occurred_at=NOW + timedelta(days=20)
    )
    plain = told([], waived(), policy=policy)
    with_a_lesson = told([], waived(), policy=policy, then=[omitted])
    assert with_a_lesson.bought == plain.bought
    assert with_a_lesson.change.exact < plain.change.exact


def test_a_recorded_gesture_is_taken_out_and_what_followed_counts() -> None:
    ledger = Ledger.in_memory(presets.entitlement(), clock=FixedClock(NOW + timedelta(days=60)))
    first = ledger.deposit("ada", "fee_waived", cost=Money(15, "USD"), occurred_at=NOW)
    before = told(ledger, first)
    assert before.as_of == NOW
    ledger.deposit("ada", "fee_waived", magnitude=0, occurred_at=NOW + timedelta(days=20))
    assert told(ledger, first).change.exact < before.change.exact


def test_an_appraisal_writes_nothing() -> None:
    ledger = Ledger.in_memory(clock=FixedClock(NOW))
    told(ledger, waived())
    assert not ledger.balance("ada").is_known


def test_a_history_of_entries_is_read_like_its_ledger() -> None:
    ledger = Ledger.in_memory(clock=FixedClock(NOW))
    ledger.record(late())
    gesture = waived(in_response_to=Ref("order:1"))
    one, other = told(ledger, gesture), told(list(ledger.entries(account="ada")), gesture)
    assert one.change == other.change == told([late()], gesture).change


def test_a_promise_that_falls_due_breaks_in_both_worlds() -> None:
    (kind, *_) = (name for name, kind in presets.service_catalog().items() if kind.direction == Direction.PROMISE)
    promised = Promise(account="ada", kind=kind, occurred_at=NOW, due=NOW + timedelta(days=40), reference="p")
    found = told([promised], waived())
    assert found.retention[1].goodwill_without < found.retention[0].goodwill_without
    assert found.retention[1].without < found.retention[0].without


def test_a_gesture_that_is_a_contact_ends_a_silence() -> None:
    policy = presets.linear().replace(terms=(Silence(points=30, grace=30, half_life=30),))
    quiet = Deposit(account="ada", kind="upgrade", occurred_at=NOW - timedelta(days=200))
    spoken, silent = told([quiet], waived(), policy=policy), told([quiet], waived(), policy=presets.linear())
    assert spoken.bought > silent.bought


# Now or later


def test_what_is_given_later_costs_less_today_and_lifts_later() -> None:
    # A second after the customer has decided on the second period.
    waits = timedelta(days=60, seconds=1)
    now, later = told([], waived(), as_of=NOW), told([], waived(occurred_at=NOW + waits), as_of=NOW)
    assert later.as_of == NOW
    assert later.expected_cost == pytest.approx(15 * (0.95 / 1.01) ** 2)
    assert 0.0 < later.change.exact < now.change.exact
    at_the_end = told([], waived(occurred_at=NOW + timedelta(days=60)), as_of=NOW)
    assert at_the_end.expected_cost == pytest.approx(
        15 * 0.95 / 1.01**2
    )  # paid before the second decision, which it sways
    # Seen from then it is the same decision.
    assert later.change.exact == pytest.approx(now.change.exact * (0.95 / 1.01) ** 2, rel=1e-6)


# Break-even


@settings(max_examples=10)  # each finds five roots
@given(st.floats(0.5, 0.97), st.floats(0.01, 0.05), st.integers(100, 3000))
def test_at_the_break_even_the_net_is_nothing(base: float, slope: float, cents: int) -> None:
    link, cost = RetentionLink(base=base, slope=slope), Money.from_minor(cents, "USD")
    found = told([], waived(cost=cost), link=link, policy=presets.linear()).break_even
    assert found is not None
    assume(found.goodwill is not None)
    points = Decimal(repr(found.goodwill)).quantize(Decimal("0.000001"))
    assume(0 < points < 10**6)
    again = told([], waived(cost=cost, magnitude=points, currency="USD"), link=link, policy=presets.linear())
    assert again.net_value == pytest.approx(0.0, abs=1e-4)


def test_at_the_slope_and_at_the_half_life_that_break_even_the_net_is_nothing() -> None:
    found = told([], waived()).break_even
    assert found is not None
    assert found.slope is not None
    assert found.half_life is not None
    assert told([], waived(), link=LINK.replace(slope=found.slope)).net_value == pytest.approx(0.0, abs=1e-8)
    slower = presets.default().replace(decay=HalfLife(days=found.half_life))
    assert told([], waived(), policy=slower).net_value == pytest.approx(0.0, abs=1e-8)


@settings(max_examples=10)  # each finds ten roots
@given(st.integers(1, 10_000), st.integers(0, 10_000))
def test_the_net_is_affine_in_the_cost(cents: int, more: int) -> None:
    gesture = waived(magnitude=10, currency="USD", cost=Money.from_minor(cents, "USD"))
    one = told([], gesture, policy=presets.linear())
    other = told([], gesture, policy=presets.linear(), handling=Money.from_minor(more, "USD"))
    assert one.net_value - other.net_value == pytest.approx(more / 100, abs=1e-9)


def test_it_is_worth_more_than_it_cost_until_what_is_left_is_not() -> None:
    found = told([], waived(magnitude=30, currency="USD"), policy=presets.linear())
    assert found.break_even is not None
    until = found.break_even.until
    assert until is not None
    # What is left then, given then, is worth just what it costs.
    left = Decimal(repr(30 * HalfLife(days=84).share((until - NOW) / timedelta(days=1)))).quantize(Decimal("0.000001"))
    rest = waived(magnitude=left, currency="USD", occurred_at=until)
    assert told([], rest, policy=presets.linear()).net_value == pytest.approx(0.0, abs=1e-5)


def test_what_never_fades_is_worth_it_for_ever_or_never() -> None:
    policy = presets.linear().replace(decay=NoDecay())
    found = told([], waived(), policy=policy)
    assert found.break_even is not None
    assert found.is_worth_it
    assert found.break_even.for_ever
    assert found.change.exact == pytest.approx(found.change.if_permanent, rel=1e-12)
    costly = told([], waived(cost=Money(500, "USD"), magnitude=1, currency="USD"), policy=policy).break_even
    assert costly is not None
    assert costly.until is None
    assert not costly.for_ever


def test_what_costs_nothing_has_no_break_even_and_says_so() -> None:
    found = told([], waived(cost=None, magnitude=10, currency="USD"))
    assert found.break_even is None
    assert "no_cost" in {caveat.code for caveat in found.caveats}


def test_where_no_goodwill_is_enough_it_says_none() -> None:
    # Not even who stays for certain brings in so much.
    found = told([], waived(cost=Money(100_000, "USD"), magnitude=10, currency="USD"))
    assert found.break_even is not None
    assert found.break_even.goodwill is None
    assert found.break_even.slope is None


# How sure


def test_without_uncertainty_there_is_no_chance_and_with_certain_numbers_it_is_all_or_nothing() -> None:
    assert told([], waived()).chance is None
    found = told([], waived(), uncertainty=Uncertainty(draws=100)).chance
    assert found is not None
    assert found.worth_it == 0.0
    assert found.low == found.high == told([], waived()).net


def test_the_chance_is_that_of_the_slope_where_nothing_else_is_uncertain() -> None:
    stated = Uncertainty(slope_error=0.01, draws=4000)
    found = told([], waived(), uncertainty=stated)
    assert found.chance is not None
    assert found.break_even is not None
    assert found.break_even.slope is not None
    above = 0.5 * math.erfc((found.break_even.slope - LINK.slope) / 0.01 / math.sqrt(2))
    assert found.chance.worth_it == pytest.approx(above, abs=4 * math.sqrt(above * (1 - above) / 4000))


def test_the_same_seed_gives_the_same_chance() -> None:
    stated = Uncertainty(slope_error=0.01, half_life_factor=2, worth_factor=1.5, margin_factor=1.2, draws=500)
    one, again = told([], waived(), uncertainty=stated).chance, told([], waived(), uncertainty=stated).chance
    other = told([], waived(), uncertainty=stated.replace(seed=1)).chance
    assert one == again != other


def test_the_error_of_a_fitted_slope_is_taken_where_none_is_stated() -> None:
    fitted = LINK.replace(slope_error=0.01, is_fitted=True)
    found = told([], waived(), link=fitted, uncertainty=Uncertainty(draws=500))
    assert found.chance is not None
    assert found.chance.low < found.chance.high
    assert "slope_associational" in {caveat.code for caveat in found.caveats}


# What may be added


def test_a_claim_that_may_be_untrue_buys_less() -> None:
    whole, half = told([], waived()), told([], waived(), claim_probability=0.5)
    assert half.bought == pytest.approx(whole.bought / 2)
    assert half.cost == whole.cost
    assert told([], waived(), claim_probability=0.0).change.exact == 0.0


def test_word_of_mouth_is_off_and_adds_what_is_no_longer_told() -> None:
    overdrawn = [late(days=1, ago=1)]
    gesture = waived(in_response_to=Ref("order:1"), magnitude=40, currency="USD")
    policy = presets.linear().replace(valuation=presets.default().valuation)
    assert told(overdrawn, gesture, policy=policy).word_of_mouth == 0.0
    tarp = WordOfMouth(told_if_overdrawn=10, told_if_positive=3, shift=0.02)
    found = told(overdrawn, gesture, word_of_mouth=tarp)
    assert found.word_of_mouth == pytest.approx(10 * 0.02 * found.change.without)
    assert found.net_value == pytest.approx(found.change.exact + found.word_of_mouth - 15)
    small = told(overdrawn, waived(magnitude=Decimal("0.01"), currency="USD"), word_of_mouth=tarp)
    assert small.word_of_mouth == 0.0  # overdrawn with it as without


def test_a_balance_that_has_swung_makes_staying_less_likely() -> None:
    swung = [late(days=4, ago=50, reference="a"), late(days=4, ago=20, reference="b")]
    calm = told(swung, waived())
    wary = told(swung, waived(), volatility=VolatilityAversion(weight=0.05))
    assert wary.retention[0].without < calm.retention[0].without
    young = told([], waived(), volatility=VolatilityAversion(weight=0.05))
    assert young.change == told([], waived()).change


def test_norms_weigh_a_gesture_by_what_the_relation_is_to_the_customer() -> None:
    norms = Norms(gains={"communal": {"fee_waived": 0.5}, "exchange": {}})
    whole = told([], waived())
    assert told([], waived(), norms=norms).bought == whole.bought
    assert told([], waived(), norms=norms, norm="exchange").bought == whole.bought
    assert told([], waived(), norms=norms, norm="communal").bought == pytest.approx(whole.bought / 2)
    with pytest.raises(AppraisalError, match="no gains for the norm 'kinship'"):
        told([], waived(), norms=norms, norm="kinship")


# Money of several currencies


def test_currencies_are_mixed_by_rates_that_are_given_and_by_no_others() -> None:
    euros = waived(cost=Money(15, "EUR"), magnitude=10, currency="USD")
    with pytest.raises(GoodwillError, match="EUR"):
        told([], euros, home="USD")
    value = VALUE.replace(margin=Money(2000, "JPY"))
    with pytest.raises(AppraisalError, match="give rates="):
        told([], waived(), value=value)
    found = told([], waived(), value=value, rates={"USD": 150.0})
    assert found.cost == Money(2250, "JPY")
    assert found.value.currency == "JPY"
    assert "converted" in {caveat.code for caveat in found.caveats}


# Bad input


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"gesture": waived(kind="no_such_kind")}, InvalidEntry, "no_such_kind"),
        ({"gesture": waived(occurred_at=datetime(2026, 3, 2))}, NaiveDatetime, "zone"),  # noqa: DTZ001 - naive on purpose
        ({"gesture": waived(magnitude=-1, currency="USD")}, InvalidEntry, "-1"),
        ({"gesture": late()}, AppraisalError, "a gesture is a Deposit, not Withdrawal"),
        ({"claim_probability": 1.5}, AppraisalError, "claim_probability=1.5"),
        ({"claim_probability": math.nan}, AppraisalError, "claim_probability=nan"),
        ({"handling": Money(-1, "USD")}, AppraisalError, "below 0"),
        ({"entries": [dataclasses.replace(late(), account="bob")]}, AppraisalError, "entries of 'bob'"),
        ({"then": [late(ago=5)]}, AppraisalError, "record it"),
        ({"value": VALUE.replace(discount=-0.5)}, AppraisalError, "give a discount or a horizon"),
        ({"value": VALUE.replace(period_days=400_000.0)}, AppraisalError, "beyond the year 9999"),
        ({"rates": {"JPY": -1.0}, "value": VALUE.replace(margin=Money(1, "JPY"))}, AppraisalError, "without a rate"),
    ],
)
def test_what_cannot_be_appraised_is_refused_with_the_way_out(
    given: dict[str, Any], error: type[Exception], said: str
) -> None:
    more = {name: each for name, each in given.items() if name not in ("gesture", "entries")}
    with pytest.raises(error, match=said):
        told(given.get("entries", []), given.get("gesture", waived()), **more)


def test_a_gesture_without_a_rate_is_refused() -> None:
    mystery = Deposit(account="ada", kind="mystery", occurred_at=NOW)
    policy = Policy(valuation=Valuation(steps=(RateCard.from_catalog(CATALOG),)), decay=HalfLife(days=84))
    with pytest.raises(AppraisalError, match="has no opinion on 'mystery'"):
        told([], mystery, policy=policy, catalog=CATALOG)


def test_uncertainty_has_limits() -> None:
    with pytest.raises(PolicyError, match="draws"):
        Uncertainty(draws=0)
    with pytest.raises(PolicyError, match="half_life_factor"):
        Uncertainty(half_life_factor=0.5)
