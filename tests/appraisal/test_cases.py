"""The numeric cases of money (computed with 50 digits), each within its own tolerance, through what callers use."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from goodwill import Deposit, Money, presets
from goodwill.appraisal import (
    Appraisal,
    CustomerValue,
    RetentionLink,
    WordOfMouth,
    appraise,
    blattberg_deighton,
    break_even_retention,
    p_alive,
    shifted_beta_geometric,
)
from goodwill.decays import HalfLife

Params = dict[str, Any]

OURS = ("concession.", "clv.", "retention.", "wom.", "dormancy.")


def link(params: Params) -> RetentionLink:
    assert params["a"] == "ln 4"
    return RetentionLink(base=0.8, slope=params["b"])


def lifetime(params: Params, **more: Any) -> CustomerValue:
    return CustomerValue(margin=Money(params["m"], "USD"), discount=params["i"], period_days=365, **more)


def concession(params: Params, given: Params) -> Appraisal:
    """A gesture of so many points to a customer without a history, under one half-life and a linear value function."""
    now = datetime(2026, 3, 2, tzinfo=UTC)
    bought, cost = given.get("dG", 10), Money(params.get("cost", 15), "USD")
    gesture = Deposit(account="ada", kind="fee_waived", magnitude=bought, currency="USD", cost=cost, occurred_at=now)
    return appraise(
        [],
        gesture,
        policy=presets.linear().replace(decay=HalfLife(days=params["half_life"])),
        link=RetentionLink(base=params["p0"], slope=params["b"]),
        value=CustomerValue(margin=Money(params["m"], "USD"), discount=params["i"], period_days=params["period_days"]),
    )


def break_even(params: Params, given: Params) -> Any:
    found = concession(params, given).break_even
    assert found is not None
    return found


MODELS: dict[str, Callable[[Params, Params], Any]] = {
    "retention.logistic": lambda p, given: link(p).rate(given["G"]),
    "retention.logistic.marginal": lambda p, given: link(p).marginal(given["G"]),
    "retention.sbg": lambda p, given: [shifted_beta_geometric(p["alpha"], p["beta"], t) for t in given["t"]],
    "retention.blattberg_deighton": lambda p, given: [blattberg_deighton(spend, **p) for spend in given["spend"]],
    "clv.infinite.end_of_period": lambda p, _: lifetime(p).at(p["r"]),
    "clv.infinite.immediate_margin": lambda p, _: lifetime(p, timing="immediate").at(p["r"]),
    "clv.infinite.first_payment_certain": lambda p, _: lifetime(p, timing="first_certain").at(p["r"]),
    "clv.finite.end_of_period": lambda p, _: lifetime(p, horizon=p["T"]).at(p["r"]),
    "clv.sensitivity_r": lambda p, _: lifetime(p).marginal(p["r"]),
    "concession.base_clv": lambda p, given: concession(p, given).change.without,
    "concession.delta_clv.exact": lambda p, given: concession(p, given).change.exact,
    "concession.delta_clv.first_order": lambda p, given: concession(p, given).change.first_order,
    "concession.delta_clv.if_permanent": lambda p, given: concession(p, given).change.if_permanent_first_order,
    "concession.break_even_dG.exact": lambda p, given: break_even(p, given).goodwill,
    "concession.break_even_dG.first_order": lambda p, given: break_even(p, given).goodwill_first_order,
    "concession.net_value": lambda p, given: concession(p, given).net_value,
    "concession.break_even_delta_retention": lambda p, _: break_even_retention(
        Money(p["cost"], "USD"), Money(p["clv_if_retained"], "USD")
    ),
    "dormancy.bgnbd_p_alive": lambda p, given: p_alive(
        given["x"], given["t_x"], given["T"], **{name: p[name] for name in ("r", "alpha", "a", "b")}
    ),
    "wom.expected_value": lambda p, given: WordOfMouth(told_if_overdrawn=p["told"], shift=p["conversion_shift"]).worth(
        given["sign"], customer_value=p["clv"]
    ),
}


@pytest.fixture(scope="module")
def cases(project_root: Path) -> list[Any]:
    path = project_root.parent / "shared" / "models" / "cases.json"
    if not path.exists():
        reason = f"the numeric cases are not at {path}"
        pytest.fail(reason) if "CI" in os.environ else pytest.skip(reason)
    return [case for case in json.loads(path.read_text(encoding="utf-8")) if case["model"].startswith(OURS)]


@pytest.mark.parametrize("model", MODELS)
def test_the_cases_of_a_model_are_reproduced(model: str, cases: list[Any]) -> None:
    chosen = [case for case in cases if case["model"] == model]
    assert chosen
    for case in chosen:
        found = MODELS[model](case["params"], case["input"])
        assert found == pytest.approx(case["expected"], rel=0, abs=case["tol"]), case


def test_every_case_of_money_is_reproduced(cases: list[Any]) -> None:
    assert {case["model"] for case in cases} == set(MODELS)


def test_the_published_overstatement_is_that_of_the_closed_form(cases: list[Any]) -> None:
    (case,) = (case for case in cases if case["model"] == "concession.delta_clv.if_permanent")
    q = case["params"]["p0"] / (1 + case["params"]["i"])
    rho = math.exp2(-case["params"]["period_days"] / case["params"]["half_life"])
    found = concession(case["params"], case["input"]).change.overstatement
    assert found == pytest.approx((1 - q * rho) / (rho * (1 - q)), rel=1e-12)
