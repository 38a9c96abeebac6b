"""The numeric cases of the published models (computed with 50 digits), each within its own tolerance.

What is a component is asked through the public API. Three models are formulas here and nowhere else: savings after
Ebbinghaus (in minutes, of nonsense syllables), the "Weibull CDF" of marketing mix models (a running product), and
polynomial forward decay (relative to a landmark, so no function of age).
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from itertools import accumulate
from operator import mul
from pathlib import Path
from typing import Any

import pytest

from goodwill.decays import Binomial, Cliff, HalfLife, Linear, PowerLaw, Weibull
from goodwill.lags import Delayed, WeibullPdf
from goodwill.policies.combinators import blend
from goodwill.policies.decay import Decay
from goodwill.policies.schedule import DecaySchedule

Params = dict[str, Any]

OURS = ("decay.", "adstock.", "koyck.", "nerlove_arrow.", "forward_decay.", "ledger.incremental_state")
"""What the models of decay and carry-over begin with."""


def at_ages(decay: Callable[[Params], Decay]) -> Callable[[Params, Params], Any]:
    return lambda params, given: decay(params).curve(given["ages"])


def part(data: Params) -> Decay:
    """A decay as the cases write it within another: {"exponential": 84}."""
    ((name, days),) = data.items()
    return {"exponential": lambda: HalfLife(days=days), "cliff": lambda: Cliff(days=days)}[name]()


def balance(params: Params, stream: list[list[float]]) -> float:
    decay = HalfLife(days=params["half_life"])
    return math.fsum(value * decay.share(params["now"] - day) for day, value in stream)


def incremental(params: Params, given: Params) -> float:
    """Entry by entry: what stood before fades until the next one."""
    decay, state, at = HalfLife(days=params["half_life"]), 0.0, given["stream_sorted"][0][0]
    for day, value in given["stream_sorted"]:
        state, at = decay.stock(day - at, start=state) + value, day
    return decay.stock(params["now"] - at, start=state)


def converted(params: Params, given: Params) -> float:
    if given["to"] == "delta_per_day":
        return HalfLife(days=params["half_life"]).rate
    if given["to"] == "retention_per_7_days":
        return HalfLife(days=params["half_life"]).retention(7)
    if given["to"] == "retention_per_week":
        return HalfLife(days=params["half_life_weeks"] * 7).retention(7)
    if given["to"] == "alpha_per_second":
        return HalfLife.from_retention(params["target"], days=params["at_seconds"]).rate
    raise NotImplementedError(given["to"])


def koyck(params: Params) -> HalfLife:
    """Carry-over per period, a period being a day."""
    return HalfLife.from_retention(params["lam"], days=1)


def geometric(params: Params, given: Params) -> list[float]:
    carry_over = HalfLife.from_retention(params["theta"], days=1)
    return list(accumulate(given["x"], lambda stock, x: carry_over.stock(1, start=stock) + x))


def constant_inflow(params: Params, given: Params) -> float:
    return HalfLife.from_rate(params["delta"]).stock(given["t"], start=params["G0"], inflow=params["u"])


def delayed(params: Params, given: Params) -> list[float]:
    assert params["normalize"] is False
    lag = Delayed(retention=params["alpha"], delay=params["theta"])
    return [lag.weight(float(periods)) for periods in given["lags"]]


def weibull_pdf(params: Params, given: Params) -> list[float]:
    lag = WeibullPdf(shape=params["shape"], scale=params["scale"], periods=given["n"])
    return lag.weights(given["n"])


def weibull_cdf(params: Params, given: Params) -> list[float]:
    survival = Weibull(days=params["scale"], shape=params["shape"])
    return list(accumulate(survival.curve(given["lags"]), mul))


def binomial(params: Params, given: Params) -> list[float]:
    return Binomial(days=params["window"], power=1 / params["alpha"] - 1).curve(given["lags"])


def ebbinghaus(params: Params, given: Params) -> list[float]:
    k, c = params["k"], params["c"]
    return [k / (math.log10(minutes) ** c + k) for minutes in given["minutes"]]


def forward(params: Params, happened: float, now: float) -> float:
    """g(happened - landmark) / g(now - landmark), with g the square."""
    assert params["g"] == "n^2"
    return ((happened - params["landmark"]) / (now - params["landmark"])) ** 2


def forward_weights(params: Params, given: Params) -> list[float]:
    return [forward(params, happened, params["now"]) for happened, _ in given["stream"]]


def forward_worths(params: Params, given: Params) -> list[float]:
    weights = forward_weights(params, given)
    return [weight * value for weight, (_, value) in zip(weights, given["stream"], strict=True)]


def forward_by_sign(params: Params, given: Params) -> list[float]:
    worths = forward_worths(params, given)
    return [math.fsum(worth for worth in worths if (worth > 0) is positive) for positive in (True, False)]


def forward_ratios(params: Params, given: Params) -> list[float]:
    one, other = given["items"]
    return [forward(params, one, now) / forward(params, other, now) for now in given["now"]]


def q_exponential(params: Params, given: Params) -> list[float]:
    decay = {1: Linear(days=1), 0: HalfLife(days=math.log(2)), -1: PowerLaw(days=1)}[params["p"]]
    return decay.curve(given["x"])


def by_sign(params: Params, given: Params) -> list[float]:
    positive, negative = part(params["positive"]), part(params["negative"])
    schedule = DecaySchedule(default=positive, by_direction={"withdrawal": negative})
    directions = ["deposit" if value > 0 else "withdrawal" for value, _ in given["entries"]]
    return [
        value * schedule.pick("any", direction).share(age)
        for (value, age), direction in zip(given["entries"], directions, strict=True)
    ]


def ratios(decay: Decay, given: Params) -> list[float]:
    return [decay.share(a) / decay.share(b) for a, b in (given["ages_now"], given["ages_later"])]


def honeymoon(params: Params, given: Params) -> list[float]:
    decay = HalfLife(days=params["half_life"]).grace(days=params["grace"])
    return [params["G0"] * share for share in decay.curve(given["tenure_days"])]


def neglect(params: Params, given: Params) -> list[float]:
    decay = HalfLife(days=params["half_life"]).grace(days=params["grace"])
    return [-params["nu"] * decay.share_within(days) for days in given["silence_days"]]


MODELS: dict[str, Callable[[Params, Params], Any]] = {
    "decay.exponential": at_ages(lambda p: HalfLife(days=p["half_life"])),
    "decay.exponential.convert": converted,
    "decay.exponential.ratio_invariance": lambda p, given: ratios(HalfLife(days=p["half_life"]), given),
    "decay.hyperbolic": at_ages(lambda p: PowerLaw(days=p["half_life"])),
    "decay.power_law": at_ages(lambda p: PowerLaw(days=p["scale"], exponent=p["exponent"])),
    "decay.power_law.half_life": lambda p, _: PowerLaw(days=p["scale"], exponent=p["exponent"]).half_life,
    "decay.power_law.ratio_not_invariant": lambda p, given: ratios(
        PowerLaw(days=p["scale"], exponent=p["exponent"]), given
    ),
    "decay.linear": at_ages(lambda p: Linear(days=p["lifetime"])),
    "decay.cliff": at_ages(lambda p: Cliff(days=p["lifetime"])),
    "decay.weibull": at_ages(lambda p: Weibull(days=p["scale"], shape=p["shape"])),
    "decay.weibull.half_life": lambda p, _: Weibull(days=p["scale"], shape=p["shape"]).half_life,
    "decay.ebbinghaus_savings": ebbinghaus,
    "decay.q_exponential": q_exponential,
    "decay.grace": at_ages(lambda p: part(p["then"]).grace(days=p["grace"])),
    "decay.floor": at_ages(lambda p: part(p["of"]).floor(share=p["floor"])),
    "decay.mixture": at_ages(lambda p: blend(*(HalfLife(days=h) for h in p["half_lives"]), weights=p["weights"])),
    "decay.product": at_ages(lambda p: part(p["factors"][0]) * part(p["factors"][1])),
    "decay.by_sign": by_sign,
    "adstock.geometric": geometric,
    "adstock.binomial.weights": binomial,
    "adstock.delayed.weights": delayed,
    "adstock.weibull_pdf.weights": weibull_pdf,
    "adstock.weibull_cdf.weights": weibull_cdf,
    "koyck.mean_lag": lambda p, _: koyck(p).mean_lag(days=1),
    "koyck.long_run_multiplier": lambda p, _: koyck(p).long_run_multiplier(days=1),
    "koyck.half_life_periods": lambda p, _: koyck(p).half_life,
    "nerlove_arrow.constant_inflow": constant_inflow,
    "nerlove_arrow.steady_state": lambda p, _: HalfLife.from_rate(p["delta"]).steady_state(p["u"]),
    "forward_decay.weights": forward_weights,
    "forward_decay.sum": lambda p, given: math.fsum(forward_worths(p, given)),
    "forward_decay.count": lambda p, given: math.fsum(forward_weights(p, given)),
    "forward_decay.average": lambda p, given: sum(forward_worths(p, given)) / sum(forward_weights(p, given)),
    "forward_decay.sum_by_sign": forward_by_sign,
    "forward_decay.ratio_invariance": forward_ratios,
    "forward_decay.exponential_equals_backward": lambda p, given: balance(p, given["stream"]),
    "ledger.incremental_state": incremental,
    "account.endowment": honeymoon,
    "account.silence": neglect,
}


@pytest.fixture(scope="module")
def cases(project_root: Path) -> list[Any]:
    path = project_root.parent / "shared" / "models" / "cases.json"
    if not path.exists():
        reason = f"the numeric cases are not at {path}"
        pytest.fail(reason) if "CI" in os.environ else pytest.skip(reason)
    found: list[Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("model", MODELS)
def test_the_cases_of_a_model_are_reproduced(model: str, cases: list[Any]) -> None:
    chosen = [case for case in cases if case["model"] == model]
    assert chosen
    for case in chosen:
        found = MODELS[model](case["params"], case["input"])
        assert found == pytest.approx(case["expected"], rel=0, abs=case["tol"]), case


def test_a_balance_kept_entry_by_entry_is_that_of_the_whole_stream(cases: list[Any]) -> None:
    (case,) = (case for case in cases if case["model"] == "ledger.incremental_state")
    whole = balance(case["params"], case["input"]["stream_sorted"])
    assert incremental(case["params"], case["input"]) == pytest.approx(whole, rel=0, abs=case["tol"])


def test_every_case_of_decay_and_carry_over_is_reproduced(cases: list[Any]) -> None:
    assert {case["model"] for case in cases if case["model"].startswith(OURS)} <= MODELS.keys()
