"""The numeric cases of the published models (computed with 50 digits), each within its own tolerance."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from goodwill.decays import HalfLife, Linear, NoDecay, PowerLaw
from goodwill.policies.combinators import blend
from goodwill.policies.decay import Decay
from goodwill.policies.schedule import DecaySchedule

Params = dict[str, Any]

NOT_YET = """
adstock.binomial.weights adstock.delayed.weights adstock.weibull_cdf.weights adstock.weibull_pdf.weights
decay.weibull decay.weibull.half_life koyck.half_life_periods koyck.long_run_multiplier koyck.mean_lag
nerlove_arrow.constant_inflow nerlove_arrow.steady_state
"""
"""Models of decay and carry-over that no member expresses yet."""

NEVER = """
decay.ebbinghaus_savings
forward_decay.weights forward_decay.sum forward_decay.count forward_decay.average forward_decay.sum_by_sign
forward_decay.ratio_invariance
"""
"""Models that are no decay by age: in minutes (Ebbinghaus), or relative to a landmark (polynomial forward decay)."""


def at_ages(decay: Callable[[Params], Decay]) -> Callable[[Params, Params], Any]:
    return lambda params, given: decay(params).curve(given["ages"])


def part(data: Params) -> Decay:
    """A decay as the cases write it within another: {"exponential": 84}."""
    ((name, days),) = data.items()
    return {"exponential": lambda: HalfLife(days=days), "cliff": lambda: NoDecay().expire(days=days)}[name]()


def balance(params: Params, stream: list[list[float]]) -> float:
    decay = HalfLife(days=params["half_life"])
    return math.fsum(value * decay.share(params["now"] - day) for day, value in stream)


def converted(params: Params, given: Params) -> float:
    if given["to"] == "delta_per_day":
        return -math.log(HalfLife(days=params["half_life"]).share(1))
    if given["to"] == "retention_per_7_days":
        return HalfLife(days=params["half_life"]).share(7)
    if given["to"] == "retention_per_week":
        return HalfLife(days=params["half_life_weeks"] * 7).share(7)
    if given["to"] == "alpha_per_second":
        return math.log(2) * HalfLife(days=1).age_at(params["target"]) / params["at_seconds"]
    raise NotImplementedError(given["to"])


def koyck_stock(params: Params, given: Params) -> list[float]:
    carry_over = HalfLife(days=math.log(0.5) / math.log(params["theta"]))
    spent = given["x"]
    return [sum(x * carry_over.share(n - i) for i, x in enumerate(spent[: n + 1])) for n in range(len(spent))]


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
    "decay.cliff": at_ages(lambda p: NoDecay().expire(days=p["lifetime"])),
    "decay.q_exponential": q_exponential,
    "decay.grace": at_ages(lambda p: part(p["then"]).grace(days=p["grace"])),
    "decay.floor": at_ages(lambda p: part(p["of"]).floor(share=p["floor"])),
    "decay.mixture": at_ages(lambda p: blend(*(HalfLife(days=h) for h in p["half_lives"]), weights=p["weights"])),
    "decay.product": at_ages(lambda p: part(p["factors"][0]) * part(p["factors"][1])),
    "decay.by_sign": by_sign,
    "adstock.geometric": koyck_stock,
    "forward_decay.exponential_equals_backward": lambda p, given: balance(p, given["stream"]),
    "ledger.incremental_state": lambda p, given: balance(p, given["stream_sorted"]),
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


def test_every_model_of_decay_is_reproduced_or_listed(cases: list[Any]) -> None:
    ours = ("decay.", "adstock.", "koyck.", "nerlove_arrow.", "forward_decay.")
    listed = {*MODELS, *NOT_YET.split(), *NEVER.split()}
    assert {case["model"] for case in cases if case["model"].startswith(ours)} <= listed
    assert not MODELS.keys() & {*NOT_YET.split(), *NEVER.split()}
