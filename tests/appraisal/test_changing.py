"""Laws of money: what a lift of goodwill changes in a customer's value."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill import Money
from goodwill.appraisal import AppraisalError, CustomerValue, RetentionLink
from goodwill.appraisal.changing import Change, change, present_value
from goodwill.appraisal.value import Timing
from goodwill.decays import HalfLife
from goodwill.domain.errors import PolicyError

links = st.builds(
    RetentionLink,
    base=st.floats(0.05, 0.98),
    slope=st.floats(0.001, 0.3),
    form=st.sampled_from(["logistic", "cloglog"]),
)
timings: st.SearchStrategy[Timing] = st.sampled_from(["end_of_period", "immediate", "first_certain"])
values = st.builds(
    CustomerValue,
    margin=st.integers(1, 100_000).map(lambda cents: Money.from_minor(cents, "USD")),
    discount=st.floats(0.001, 0.5),
    period_days=st.floats(1, 365),
    timing=timings,
    horizon=st.none() | st.integers(1, 60),
)
points = st.floats(-30, 30)


def path(value: CustomerValue, start: float, half_life: float) -> Any:
    """Points that fade, at the end of each period."""
    ends = np.arange(1, (value.horizon or 400) + 1) * value.period_days
    return start * HalfLife(days=half_life).remaining(ends)


def of(value: CustomerValue, link: RetentionLink, base: float, lift: float, half_life: float = 84.0) -> Change:
    lifted = path(value, lift, half_life)
    return change(value, link, path(value, base, 84.0), lifted, np.full_like(lifted, lift))


@given(values, links, points)
def test_no_lift_changes_nothing(value: CustomerValue, link: RetentionLink, base: float) -> None:
    found = of(value, link, base, 0.0)
    assert (found.exact, found.first_order, found.if_permanent) == (0.0, 0.0, 0.0)


@given(values, links, points, st.floats(0.1, 20), st.floats(1.01, 3))
def test_more_goodwill_is_worth_more(
    value: CustomerValue, link: RetentionLink, base: float, lift: float, times: float
) -> None:
    assert 0.0 <= of(value, link, base, lift).exact <= of(value, link, base, times * lift).exact


@given(values, links, points, st.floats(5, 500), st.floats(1.01, 3))
def test_goodwill_that_fades_more_slowly_is_worth_more(
    value: CustomerValue, link: RetentionLink, base: float, half_life: float, times: float
) -> None:
    quick, slow = of(value, link, base, 8.0, half_life), of(value, link, base, 8.0, times * half_life)
    assert 0.0 <= quick.exact <= slow.exact <= slow.if_permanent * (1 + 1e-9)


@given(values, links, st.floats(0.1, 20))
def test_goodwill_that_hardly_fades_is_worth_what_it_were_if_it_never_faded(
    value: CustomerValue, link: RetentionLink, lift: float
) -> None:
    found = of(value, link, 0.0, lift, half_life=1e9)
    assert found.exact == pytest.approx(found.if_permanent, rel=1e-3)
    assert found.first_order == pytest.approx(found.if_permanent_first_order, rel=1e-3)


@given(values, links, points, st.floats(0.1, 20))
def test_the_first_order_is_the_slope_of_the_exact_change(
    value: CustomerValue, link: RetentionLink, base: float, lift: float
) -> None:
    small = 1e-5
    each = of(value, link, base, small * lift).exact / small
    assert each == pytest.approx(of(value, link, base, lift).first_order, rel=2e-3, abs=1e-4)


@given(st.floats(0.3, 0.98), st.floats(0.001, 0.1), st.floats(0.001, 0.2), st.floats(5, 500))
def test_the_first_order_of_a_steady_customer_is_the_closed_form(
    base: float, slope: float, discount: float, half_life: float
) -> None:
    value = CustomerValue(margin=Money(20, "USD"), discount=discount, period_days=30)
    found = of(value, RetentionLink(base=base, slope=slope), 0.0, 10.0, half_life)
    q, rho = base / (1 + discount), math.exp2(-30 / half_life)
    closed = 20 * slope * (1 - base) * 10 * q * rho / ((1 - q) * (1 - q * rho))
    assert found.first_order == pytest.approx(closed, rel=1e-9)


@given(values, st.floats(0.01, 0.98))
def test_a_margin_at_once_is_one_margin_more(value: CustomerValue, rate: float) -> None:
    at_ends = value.replace(timing="end_of_period").at(rate)
    margin = float(value.margin.amount)
    assert value.replace(timing="immediate").at(rate) == pytest.approx(margin + at_ends, rel=1e-12)
    first = value.replace(timing="first_certain").at(rate)
    assert first == pytest.approx((margin + at_ends) / (1 + value.discount), rel=1e-12)


@given(values, st.floats(0.01, 0.98))
def test_a_steady_path_is_worth_the_closed_form(value: CustomerValue, rate: float) -> None:
    rates = np.full(value.horizon or 10, rate)
    assert float(present_value(value, rates)) == pytest.approx(value.at(rate), rel=1e-12)


@given(values, st.lists(st.floats(0.01, 0.98), min_size=1, max_size=30))
def test_the_value_is_the_sum_of_margins_reached_and_discounted(value: CustomerValue, rates: list[float]) -> None:
    rates = (rates * 60)[: value.horizon or len(rates)]
    told = rates if value.horizon else rates + [rates[-1]] * 2000
    reached, total = 1.0, 0.0
    for place, rate in enumerate(told, start=1):
        reached *= rate
        total += float(value.margin.amount) * reached * (1 + value.discount) ** -place
    assert float(present_value(value, np.array(rates))) == pytest.approx(value.timed(total), rel=1e-9)


@given(links, points, points)
def test_staying_is_a_probability_and_rises_with_goodwill(link: RetentionLink, one: float, other: float) -> None:
    low, high = sorted([one, other])
    assert 0.0 <= link.rate(low) <= link.rate(high) <= 1.0  # at the ends by rounding alone
    falls = link.replace(slope=-link.slope)
    assert falls.rate(low) >= falls.rate(high)


@given(links, points)
def test_the_marginal_is_the_derivative(link: RetentionLink, goodwill: float) -> None:
    step = 1e-5
    slope = (link.rate(goodwill + step) - link.rate(goodwill - step)) / (2 * step)
    assert link.marginal(goodwill) == pytest.approx(slope, rel=1e-4, abs=1e-9)


def test_one_more_point_matters_most_to_who_is_undecided() -> None:
    link = RetentionLink(base=0.5, slope=0.2)
    assert max(range(-20, 21), key=link.marginal) == 0


@given(links)
def test_the_base_is_where_there_is_no_goodwill(link: RetentionLink) -> None:
    assert link.rate(0.0) == pytest.approx(link.base, rel=1e-12)
    assert link.shifted(0.5).rate(0.0) == pytest.approx(link.replace(slope=1.0).rate(0.5), rel=1e-9)


@given(values, links)
def test_models_print_as_code_store_as_json_and_compare_by_value(value: CustomerValue, link: RetentionLink) -> None:
    names = {"CustomerValue": CustomerValue, "RetentionLink": RetentionLink, "Money": Money}
    for model in (value, link):
        assert eval(repr(model), names) == model
        assert type(model).from_json(model.to_json()) == model


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"base": 0.95}, "no slope"),
        ({"base": 1.0, "slope": 0.1}, "not below 1"),
        ({"base": 0.0, "slope": 0.1}, "not above 0"),
        ({"base": 0.9, "slope": math.nan}, "not a finite number"),
        ({"base": 0.9, "slope": 0.1, "form": "probit"}, "form"),
    ],
)
def test_a_link_that_cannot_be_says_why(given: dict[str, Any], said: str) -> None:
    with pytest.raises(PolicyError, match=said):
        RetentionLink(**given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"discount": -1.0}, r"not above -1 \(discount, must be finite and > -1\)"),
        ({"discount": -1.5}, "not above -1|below -1"),
        ({"horizon": 0}, "horizon: 0"),
        ({"period_days": 0.0}, "period_days"),
        ({"margin": 20}, "margin: 20"),
        ({"margin": {"amount": "1.999", "currency": "USD"}}, "2 decimals"),
        ({"timing": "sometimes"}, "timing"),
    ],
)
def test_a_value_that_cannot_be_says_why(given: dict[str, Any], said: str) -> None:
    with pytest.raises(PolicyError, match=said):
        CustomerValue(**{"margin": Money(20, "USD"), "discount": 0.01, "period_days": 30.0, **given})


def test_who_always_stays_at_no_discount_has_no_finite_value() -> None:
    value = CustomerValue(margin=Money(20, "USD"), discount=0.0, period_days=30)
    with pytest.raises(AppraisalError, match="give a discount or a horizon"):
        value.at(1.0)
    assert value.replace(horizon=12).at(1.0) == 240.0
