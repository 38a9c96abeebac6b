"""The valuation steps that ship: their laws, and the numeric cases of the published models."""

from __future__ import annotations

import json
import math
import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from goodwill import Catalog, Direction, Kind, Rate
from goodwill.decays import HalfLife, NoDecay
from goodwill.domain.entry import Fact
from goodwill.domain.errors import PolicyError
from goodwill.policies.component import registered
from goodwill.policies.valuation import Columns, Parts, Step, Valuation
from goodwill.valuations import Concave, LinkedRecovery, Prospect, RateCard, SCurve, Severity, Sincerity
from goodwill.valuations.recovery import RecoveryCurve

CASES = Path(__file__).resolve().parents[3] / "shared" / "models" / "cases.json"

numbers = st.floats(-1e6, 1e6).filter(lambda x: x == 0.0 or abs(x) > 1e-6)
gains = st.floats(1e-3, 1e3)
values = st.builds(
    lambda alpha, loss_aversion: Prospect(alpha=alpha, beta=alpha, loss_aversion=loss_aversion),
    st.floats(0.3, 1.0),
    st.floats(1.0, 5.0),
)
curves = st.builds(Concave, c0=st.floats(0.05, 5.0)) | st.builds(SCurve, mid=st.floats(0.1, 2.0))
recoveries = st.builds(LinkedRecovery, curve=curves, rho=st.just(0.0) | st.floats(1e-3, 2.0), cap=st.floats(0.5, 3.0))


def columns(**given: Any) -> Columns:
    """A deposit of an upgrade, with what the test says of it."""
    plain = {"kind": "upgrade", "sign": 1.0, "magnitude": 1.0, "exchange": 1.0, "sincerity": 1.0, "severity": 1.0}
    return Columns(**{**plain, **given})


def cases(model: str) -> list[dict[str, Any]]:
    if not CASES.exists():
        if "CI" in os.environ:
            raise FileNotFoundError(f"{CASES} must be there under CI")
        return []
    return [case for case in json.loads(CASES.read_text()) if case["model"] == model]


@pytest.mark.parametrize("case", cases("value.tk92") + cases("value.piecewise_linear"))
def test_the_value_function_gives_the_published_numbers(case: dict[str, Any]) -> None:
    given = case["params"]
    value = Prospect(alpha=given.get("alpha", 1.0), beta=given.get("beta", 1.0), loss_aversion=given["lambda"])
    assert value.apply(float(case["input"]["x"]), columns()) == pytest.approx(
        case["expected"], abs=case["tol"], rel=1e-14
    )


@pytest.mark.parametrize("case", cases("value.tk92.split"))
def test_gains_are_worth_more_apart_and_losses_hurt_less_together(case: dict[str, Any]) -> None:
    value = Prospect(loss_aversion=case["params"]["lambda"])
    parts, expected = case["input"], case["expected"]
    apart = math.fsum(value.apply(float(part), columns()) for part in parts["gain_parts"])
    assert apart == pytest.approx(expected["two_gains"], rel=1e-14)
    assert value.apply(float(sum(parts["loss_parts"])), columns()) == pytest.approx(expected["one_loss"], rel=1e-14)


@pytest.mark.parametrize("case", cases("modifier.sincerity"))
def test_sincerity_gives_the_published_numbers(case: dict[str, Any]) -> None:
    parts = Parts(float(case["params"]["material"]), float(case["params"]["symbolic"]))
    read = [Sincerity().apply(parts, columns(sincerity=float(s))) for s in case["input"]["s"]]
    assert read == pytest.approx(case["expected"], abs=case["tol"])


@pytest.mark.parametrize("case", cases("recovery.accepted_concave") + cases("recovery.rejected_s_curve"))
def test_the_recovery_curves_give_the_published_numbers(case: dict[str, Any]) -> None:
    given = case["params"]
    curve = Concave(c0=given["c0"]) if "c0" in given else SCurve(mid=given["mid"])
    recovery = LinkedRecovery(curve=curve, rho=given["rho_max"], cap=given["cap"])
    read = [recovery.returned(float(c), 1.0, 1.0) for c in case["input"]["compensation_ratio"]]
    assert read == pytest.approx(case["expected"], abs=case["tol"])


@pytest.mark.parametrize("case", cases("recovery.linked_value"))
def test_a_linked_recovery_gives_the_published_number(case: dict[str, Any]) -> None:
    lost = Prospect(loss_aversion=case["params"]["lambda"]).apply(float(case["input"]["failure"]), columns())
    assert lost == pytest.approx(case["expected"]["failure_value"], rel=1e-14)
    back = LinkedRecovery().returned(case["input"]["compensation_ratio"], -lost, 1.0)
    assert back == pytest.approx(case["expected"]["recovery_value"], rel=1e-14)


# Laws of value functions


@given(values, numbers, numbers)
def test_a_value_function_is_zero_at_zero_and_rises(value: Prospect, x: float, y: float) -> None:
    assert value.apply(0.0, columns()) == 0.0
    assume(abs(x - y) > 1e-6 * (abs(x) + abs(y)))
    assert (value.apply(x, columns()) < value.apply(y, columns())) == (x < y)


@given(values, gains)
def test_a_loss_weighs_loss_aversion_times_an_equal_gain(value: Prospect, x: float) -> None:
    assert -value.apply(-x, columns()) == pytest.approx(value.loss_aversion * value.apply(x, columns()), rel=1e-12)


@given(values, gains, gains)
def test_two_gains_are_worth_no_less_apart_and_two_losses_hurt_no_less_apart(
    value: Prospect, x: float, y: float
) -> None:
    def v(worth: float) -> float:
        return float(value.apply(worth, columns()))

    assert v(x + y) <= (v(x) + v(y)) * (1 + 1e-12)
    assert v(-x - y) >= (v(-x) + v(-y)) * (1 + 1e-12)


@given(values, numbers, gains)
def test_a_gain_before_the_curvature_is_its_power_after(value: Prospect, x: float, gain: float) -> None:
    after = gain**value.alpha * value.apply(x, columns())
    assert value.apply(gain * x, columns()) == pytest.approx(after, rel=1e-9)


# Laws of recovery


@given(recoveries, st.lists(st.floats(-1.0, 5.0), min_size=2), st.floats(0.0, 1e6), st.floats(0.0, 1.0))
def test_more_compensation_never_gives_back_less_and_never_more_than_rho_of_the_loss(
    recovery: LinkedRecovery, offers: list[float], loss: float, remains: float
) -> None:
    back = [recovery.returned(offer, loss, remains) for offer in sorted(offers)]
    assert recovery.returned(0.0, loss, remains) == 0.0
    assert all(before <= after * (1 + 1e-12) for before, after in pairwise(back))
    assert all(0.0 <= amount <= recovery.rho * loss * remains * (1 + 1e-12) for amount in back)


@given(curves, st.floats(0.1, 3.0))
def test_a_recovery_curve_reaches_all_at_the_cap(curve: RecoveryCurve, cap: float) -> None:
    assert curve.share(cap, cap) == pytest.approx(1.0, rel=1e-12)


def test_a_slow_recovery_offers_less() -> None:
    quick = LinkedRecovery(speed=HalfLife(days=10).grace(days=2))
    assert quick.compensation(10.0, -20.0, 1.0) == 0.5
    assert quick.compensation(10.0, -20.0, 12.0) == pytest.approx(0.25)


# The rate card

CARD = RateCard(
    rates={
        "refund": Rate("money", material=1.0, symbolic=0.25),
        "upgrade": Rate("event", material=8.0),
        "late_delivery": Rate("unit", material=4.0),
    }
)


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        ({"kind": "refund", "magnitude": 10.0, "exchange": 1.1}, (11.0, 2.75)),
        ({"kind": "upgrade", "magnitude": 3.0, "exchange": 1.1}, (8.0, 0.0)),
        ({"kind": "upgrade", "magnitude": 0.0}, (0.0, 0.0)),
        ({"kind": "late_delivery", "magnitude": 3.0, "sign": -1.0}, (-12.0, 0.0)),
    ],
)
def test_the_rate_card_prices_by_money_event_or_unit(given: dict[str, Any], parts: tuple[float, float]) -> None:
    assert CARD.apply(None, columns(**given)) == pytest.approx(parts)


def fact(kind: str, currency: str | None = None) -> Fact:
    return Fact("id", 1, "deposit", "ada", kind, 0, 0, currency=currency)


def test_what_the_card_cannot_price_is_unvalued_with_the_reason() -> None:
    assert CARD.unvalued(fact("bribe"), 1.0) == "no rate for kind"
    assert CARD.unvalued(fact("refund", "EUR"), None) == "no rate for currency"
    assert CARD.unvalued(fact("refund"), 1.0) == "a rate per money, and the magnitude is not money"
    assert CARD.unvalued(fact("upgrade", "EUR"), None) is None


def test_a_rate_per_money_for_a_kind_that_is_not_money_is_refused_where_a_catalog_is_at_hand() -> None:
    catalog = Catalog([Kind("refund", Direction.DEPOSIT, unit="hour")])
    with pytest.raises(PolicyError, match=r"rates.refund.per.*counted in hours"):
        CARD.check(catalog)


# Every step


@pytest.mark.parametrize(
    "step", [CARD, Sincerity(), Prospect(alpha=0.5), Severity(), LinkedRecovery(rho=0.8, speed=NoDecay())]
)
def test_every_step_prints_as_code_and_stores_as_json(step: Step) -> None:
    names = {name: value for name, value in globals().items() if not name.startswith("_")}
    assert eval(repr(step), names) == step
    assert Step.from_json(step.to_json()) == step


def test_every_registered_step_is_tested_here() -> None:
    assert set(registered(Step)) == {"rate_card", "sincerity", "prospect", "severity", "linked_recovery"}


def test_steps_stand_in_the_one_order_that_makes_sense() -> None:
    with pytest.raises(
        PolicyError, match="severity stands before value function; the order is rate card, value function"
    ):
        Valuation(steps=(CARD, Severity(), Prospect()))
    with pytest.raises(PolicyError, match="stands twice"):
        Valuation(steps=(CARD, Prospect(), Prospect(alpha=0.5)))
    with pytest.raises(PolicyError, match="starts with a rate card"):
        Valuation(steps=(Prospect(),))
    with pytest.raises(PolicyError, match="starts with a rate card"):
        Valuation(steps=())
