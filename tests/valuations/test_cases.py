"""The numeric cases of the published models (computed with 50 digits), each within its own tolerance.

A model that is a component is read through a ledger; what is a formula alone is written out here.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from goodwill import Rate, Reversal, Standing
from goodwill.decays import HalfLife
from goodwill.policies.standing import Hysteresis
from goodwill.readouts import AverageAndPeak, PeakEnd, PositivityRatio
from goodwill.terms import Endowment, Silence
from goodwill.valuations import (
    Concave,
    DoubleDeviation,
    Expectation,
    Gains,
    Habituation,
    Kano,
    LinkedRecovery,
    Prospect,
    RateCard,
    SCurve,
    Sincerity,
    Tolerance,
)

CASES = Path(__file__).resolve().parents[3] / "shared" / "models" / "cases.json"
PREFIXES = ("value.", "expectation.", "modifier.", "recovery.", "account.", "readout.")

Params = dict[str, Any]
Handler = Callable[[Any, Params, Params], Any]


def signed(values: list[float], day: float = 0.0) -> list[tuple[Any, ...]]:
    """Deposits and withdrawals that are worth these values by the rate card alone."""
    return [(day, "gift" if value >= 0 else "fault", abs(value)) for value in values]


def prospect(params: Params) -> Prospect:
    alpha = params.get("alpha", 1.0)
    return Prospect(alpha=alpha, beta=params.get("beta", alpha), loss_aversion=params["lambda"])


def value_of(story: Any, params: Params, given: Params) -> float:
    (worth,) = story([prospect(params)], signed([given["x"]])).worths
    return worth


def split(story: Any, params: Params, given: Params) -> Params:
    gains, losses = given["gain_parts"], given["loss_parts"]

    def total(values: list[float]) -> float:
        return story([prospect(params)], signed(values)).points(0)

    return {
        "two_gains": total(gains),
        "one_gain": total([sum(gains)]),
        "two_losses": total(losses),
        "one_loss": total([sum(losses)]),
    }


def weight(p: float, gamma: float) -> float:
    """The weight of a probability (Tversky & Kahneman 1992); no component, since no entry is a lottery."""
    return p**gamma / (p**gamma + (1 - p) ** gamma) ** (1 / gamma)


def mixed_prospect(story: Any, params: Params, given: Params) -> float:
    value = prospect({"alpha": 0.88, "lambda": 2.25})
    worths = story([value], signed([x for x, _ in given["prospect"]])).worths
    return sum(
        worth * weight(p, 0.61 if x > 0 else 0.69) for worth, (x, p) in zip(worths, given["prospect"], strict=True)
    )


def kano(story: Any, params: Params, given: Params) -> list[float]:
    gains = Gains(above=params["gain_positive"], below=params["gain_negative"])
    return story([Kano(gains={"gift": gains, "fault": gains})], signed(given["x"])).worths


def berger(story: Any, params: Params, given: Params) -> Params:
    gains = Gains.from_survey(
        attractive=given["A"], one_dimensional=given["O"], must_be=given["M"], indifferent=given["I"]
    )
    return {"satisfaction": gains.above, "dissatisfaction": -gains.below}


def promised(story: Any, params: Params, given: Params) -> list[float]:
    read = []
    for exceeded in given["delivered_minus_promised"]:
        delivered = [(5, "keep", 1 + exceeded, {"answers": 0})] if exceeded > -1 else []
        events = [(0, "vow", 1, {"due": 9}), *delivered]
        linear = Prospect(alpha=1.0, beta=1.0, loss_aversion=params["break_gain"])
        read.append(story([linear], events).points(9))
    return read


def tolerated(story: Any, params: Params, given: Params) -> list[float]:
    return story([Tolerance(lower=params["lower"], upper=params["upper"])], signed(given["x"])).worths


def expectation(params: Params, kappa: float = 1.0) -> Expectation:
    return Expectation(rate=params["alpha_beta"], kappa=kappa, half_life=params.get("expectation_half_life"))


def learned(story: Any, params: Params, given: Params) -> Params:
    # An omitted gesture at the end is worth what was expected by then, with a minus.
    *errors, omitted = story([expectation(params)], signed([params["lambda"]] * given["trials"] + [0])).worths
    return {"V_before": [params["lambda"] - e for e in errors], "prediction_error": errors, "V_final": -omitted}


def learned_after(story: Any, params: Params, given: Params) -> list[float]:
    return [-story([expectation(params)], signed([params["lambda"]] * n + [0])).worths[-1] for n in given["n"]]


def surprises(story: Any, params: Params, given: Params) -> Params:
    errors = story([expectation(params)], signed([params["lambda"]] * given["n"])).worths
    return {"sum_prediction_errors": math.fsum(errors), "limit": params["lambda"] / params["alpha_beta"]}


def disconfirmed(story: Any, params: Params, given: Params) -> list[float]:
    return story([expectation(params, params["kappa"])], signed(given["outcomes"])).worths


def forgotten(story: Any, params: Params, given: Params) -> Params:
    events = [(day, "gift", x) for day, x in given["events_t_x"]]
    *errors, omitted = story([expectation(params)], [*events, (events[-1][0], "gift", 0)]).worths
    sizes = [x for _, x in given["events_t_x"]]
    before = [x - error for x, error in zip(sizes, errors, strict=True)]
    return {"V_before": before, "prediction_error": errors, "V_after": -omitted}


def habituated(story: Any, params: Params, given: Params) -> list[float]:
    half_life = None if params["half_life"] == "inf" else params["half_life"]
    days = given.get("gesture_days") or given["gesture_index"]
    return story([Habituation(eta=params["eta"], half_life=half_life)], [(day, "gift") for day in days]).worths


def sincere(story: Any, params: Params, given: Params) -> list[float]:
    card = RateCard(rates={"gift": Rate("event", material=params["material"], symbolic=params["symbolic"])})
    return story([card, Sincerity()], [(0, "gift", 1, {"sincerity": s}) for s in given["s"]]).worths


def recovered(story: Any, params: Params, given: Params) -> list[float]:
    curve = Concave(c0=params["c0"]) if "c0" in params else SCurve(mid=params["mid"])
    step = LinkedRecovery(curve=curve, rho=params["rho_max"], cap=params["cap"])
    return [
        story([step], [(0, "fault", 1, {}), (1, "gift", ratio, {"answers": 0})]).worths[1]
        for ratio in given["compensation_ratio"]
    ]


def linked(story: Any, params: Params, given: Params) -> Params:
    step = LinkedRecovery(curve=Concave(c0=params["c0"]), rho=params["rho_max"], cap=params["cap"])
    size = -given["failure"]
    events = [(0, "fault", size, {}), (1, "gift", size * given["compensation_ratio"], {"answers": 0})]
    failure, recovery = story([prospect(params), step], events).worths
    return {"failure_value": failure, "recovery_value": recovery}


def deviated(story: Any, params: Params, given: Params) -> list[float]:
    step = DoubleDeviation(kappa=params["kappa"], half_life=params["half_life"])
    return [-worth for worth in story([step], [(day, "fault") for day in given["failure_days"]]).worths]


def summed(story: Any, params: Params, given: Params) -> float:
    return story([], signed(given["values"])).points(0)


def read_out(make: Callable[[Params], Any]) -> Handler:
    return lambda story, params, given: story([], signed(given["values"])).ledger.readout("ada", make(params))


def saturated(story: Any, params: Params, given: Params) -> list[float]:
    return [
        story([], signed([points]), saturation=params["bound"]).ledger.balance("ada").displayed for points in given["G"]
    ]


def regimes(story: Any, params: Params, given: Params) -> list[str]:
    path = given["G"]
    moves = [after - before for before, after in zip([0, *path], path, strict=False)]
    standing = Standing(hysteresis=Hysteresis(down=params["theta_down"], up=params["theta_up"]))
    told = story([], [(day, *signed([move])[0][1:]) for day, move in enumerate(moves)], standing=standing)
    return [told.ledger.balance("ada", as_of=told.at(day)).standing for day in range(len(path))]


def equilibria(story: Any, params: Params, given: Params) -> list[float]:
    # Roots of b * y - y ** 3 = 0; no component, since a fold needs no potential (see Hysteresis).
    assert params["normal"] == 0
    return [-math.sqrt(params["splitting"]), 0.0, math.sqrt(params["splitting"])]


def fold_point(story: Any, params: Params, given: Params) -> float:
    return math.sqrt(4 * params["splitting"] ** 3 / 27)


def endowed(story: Any, params: Params, given: Params) -> list[float]:
    term = Endowment(points=params["G0"], decay=HalfLife(days=params["half_life"]).grace(days=params["grace"]))
    told = story([], [(0, "touch")], terms=(term,))
    return [told.points(day) for day in given["tenure_days"]]


def silent(story: Any, params: Params, given: Params) -> list[float]:
    told = story(
        [],
        [(0, "touch")],
        terms=(Silence(points=params["nu"], grace=params["grace"], half_life=params["half_life"]),),
    )
    return [told.points(day) for day in given["silence_days"]]


def without_the_compliment(story: Any, params: Params, given: Params) -> float:
    events: list[Any] = [
        (0, "gift", 10, {}),
        (30, "delay", 20, {}),
        (31, "gift", 10, {"answers": 1}),
        (60, "praise", 5, {}),
        (120, "fault", 5, {}),
    ]
    told = story([Prospect(), LinkedRecovery()], events, decay=HalfLife(days=params["half_life"]))
    as_of = told.at(params["as_of_day"])
    (compliment,) = (entry.id for entry in told.ledger.entries() if entry.kind == "praise")
    without = told.ledger.what_if("ada", Reversal(reverses=compliment), as_of=as_of)
    assert told.ledger.balance("ada", as_of=as_of).points == pytest.approx(-5.468, abs=1e-5)
    return told.ledger.balance("ada", as_of=as_of).points - without.points


HANDLERS: dict[str, Handler] = {
    "value.tk92": value_of,
    "value.piecewise_linear": value_of,
    "value.tk92.split": split,
    "value.tk92.weight_gain": lambda story, params, given: weight(given["p"], params["gamma"]),
    "value.tk92.weight_loss": lambda story, params, given: weight(given["p"], params["delta"]),
    "value.tk92.mixed_prospect": mixed_prospect,
    "value.kano": kano,
    "value.kano.berger_coefficients": berger,
    "value.promise": promised,
    "value.dead_zone": tolerated,
    "value.disconfirmation": disconfirmed,
    "expectation.rescorla_wagner": learned,
    "expectation.rescorla_wagner.closed_form": learned_after,
    "expectation.rescorla_wagner.telescoping": surprises,
    "expectation.rw_with_forgetting": forgotten,
    "modifier.habituation": habituated,
    "modifier.habituation.no_recovery": habituated,
    "modifier.sincerity": sincere,
    "modifier.double_deviation": deviated,
    "recovery.accepted_concave": recovered,
    "recovery.rejected_s_curve": recovered,
    "recovery.linked_value": linked,
    "readout.sum": summed,
    "readout.peak_end": read_out(lambda params: PeakEnd(w_peak=params["w_peak"])),
    "readout.average_peak": read_out(lambda params: AverageAndPeak(w_average=params["w_avg"], w_peak=params["w_peak"])),
    "readout.positivity_ratio": read_out(lambda params: PositivityRatio()),
    "readout.saturation_tanh": saturated,
    "account.hysteresis": regimes,
    "account.cusp.equilibria": equilibria,
    "account.cusp.fold": fold_point,
    "account.endowment": endowed,
    "account.silence": silent,
    "account.counterfactual_marginal": without_the_compliment,
}


def load() -> list[Params]:
    if not CASES.exists():
        if "CI" in os.environ:
            raise FileNotFoundError(f"{CASES} must be there under CI")
        return []
    return [case for case in json.loads(CASES.read_text()) if case["model"].startswith(PREFIXES)]


LOADED = load()


@pytest.mark.parametrize("case", LOADED, ids=lambda case: case["model"])
def test_a_published_case_reads_as_published(case: Params, story: Any) -> None:
    assert case["model"] in HANDLERS, f"no test reads {case['model']}"
    read = HANDLERS[case["model"]](story, case["params"], case["input"])
    if isinstance(case["expected"], list) and isinstance(case["expected"][0], str):
        assert read == case["expected"]
        return
    if isinstance(read, dict):
        assert read.keys() == case["expected"].keys()
        for name, value in read.items():
            assert value == pytest.approx(case["expected"][name], abs=case["tol"], rel=0), name
        return
    assert read == pytest.approx(case["expected"], abs=case["tol"], rel=0)


def test_no_published_model_is_without_a_case() -> None:
    if not LOADED:
        pytest.skip("the shared cases are not beside the project")
    assert {case["model"] for case in LOADED} == HANDLERS.keys()
