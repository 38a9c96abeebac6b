"""What one event, one unit or one unit of money of each kind is worth."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill import Catalog, Direction, Kind, Rate, presets
from goodwill.domain.entry import Fact
from goodwill.domain.errors import PolicyError
from goodwill.policies.valuation import Columns
from goodwill.valuations import RateCard

CARD = RateCard(
    rates={
        "refund": Rate("money", material=1.0, symbolic=0.25),
        "upgrade": Rate("event", material=8.0),
        "late_delivery": Rate("unit", material=4.0),
        "callback": Rate("event", material=3.0, symbolic=3.0, kept=0.5),
        "repair": Rate("unit", material=5.0, kept=0.25),
    }
)


def columns(kind: str, sign: float = 1.0, magnitude: float = 1.0, **given: Any) -> Columns:
    return Columns(kind, sign, magnitude, **given)


def fact(kind: str, currency: str | None = None) -> Fact:
    return Fact("id", 1, "deposit", "ada", kind, 0, 0, currency=currency)


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        (columns("refund", magnitude=10.0, exchange=1.1), (11.0, 2.75)),
        (columns("upgrade", magnitude=3.0, exchange=1.1), (8.0, 0.0)),
        (columns("upgrade", magnitude=0.0), (0.0, 0.0)),
        (columns("late_delivery", -1.0, 3.0), (-12.0, 0.0)),
        (columns("late_delivery", -1.0, 3.0, exchange=2.0), (-24.0, 0.0)),  # a unit that is money converts too
    ],
)
def test_it_prices_by_money_event_or_unit(given: Columns, parts: tuple[float, float]) -> None:
    assert CARD.apply(None, given) == pytest.approx(parts)


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        (columns("callback", -1.0, part=1.0), (-3.0, -3.0)),
        (columns("callback", -1.0, part=0.25), (-0.75, -0.75)),
        (columns("callback", 1.0, kept=1.0), (1.5, 1.5)),
        (columns("repair", -1.0, 4.0, part=0.5), (-10.0, 0.0)),
        (columns("repair", 1.0, 4.0, kept=1.0), (5.0, 0.0)),
        (columns("repair", 1.0, 0.0, kept=1.0), (0.0, 0.0)),
    ],
)
def test_a_breach_costs_its_shortfall_and_a_promise_kept_is_worth_its_kept_share(
    given: Columns, parts: tuple[float, float]
) -> None:
    assert CARD.apply(None, given) == pytest.approx(parts)


@given(st.floats(0.0, 1e6), st.floats(0.0, 10.0))
def test_a_withdrawal_takes_what_a_deposit_of_the_same_kind_would_give(magnitude: float, exchange: float) -> None:
    gives = CARD.apply(None, columns("refund", 1.0, magnitude, exchange=exchange))
    takes = CARD.apply(None, columns("refund", -1.0, magnitude, exchange=exchange))
    assert (takes.material, takes.symbolic) == (-gives.material, -gives.symbolic)


def test_what_it_cannot_price_is_unvalued_with_the_reason() -> None:
    assert CARD.unvalued(fact("bribe"), 1.0) == "no rate for kind"
    assert CARD.unvalued(fact("refund", "EUR"), None) == "no rate for currency"
    assert CARD.unvalued(fact("refund"), 1.0) == "a rate per money, and the magnitude is not money"
    assert CARD.unvalued(fact("upgrade", "EUR"), None) is None
    assert CARD.unvalued(fact("late_delivery", "EUR"), None) == "no rate for currency"


def test_a_rate_per_money_for_a_kind_that_is_not_money_is_refused_where_a_catalog_is_at_hand() -> None:
    catalog = Catalog([Kind("refund", Direction.DEPOSIT, unit="hour")])
    with pytest.raises(PolicyError, match=r"rates.refund.per.*counted in hours"):
        CARD.check(catalog)


def test_kinds_that_a_catalog_does_not_know_are_left_alone() -> None:
    # A policy is read over years and by many ledgers: a kind that is not there now may have been, or may come.
    CARD.check(Catalog())


def test_it_is_made_of_a_catalogs_starter_rates() -> None:
    catalog = presets.service_catalog()
    card = RateCard.from_catalog(catalog)
    assert card.rates["late_delivery"] == catalog["late_delivery"].starter
    assert "review" not in card.rates
    card.check(catalog)
