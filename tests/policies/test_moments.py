"""What a fold tells a step of each entry, and what it writes down of a recovery."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from goodwill import Policy, Rate, Valuation
from goodwill.decays import CalendarExpiry, HalfLife, NoDecay
from goodwill.domain.balance import TraceStep
from goodwill.domain.entry import Fact
from goodwill.domain.history import History
from goodwill.policies.component import preserved_registry
from goodwill.policies.fold import Valued, fold
from goodwill.policies.schedule import DecaySchedule, SevereFrom
from goodwill.policies.valuation import Columns, FoldedStep, Moment, Stage
from goodwill.valuations import Concave, Kano, LinkedRecovery, RateCard, SCurve, Sincerity
from goodwill.valuations.kano import ATTRACTIVE

DAY = 86_400_000_000
CARD = RateCard(
    rates={
        "gift": Rate("event", material=6.0, symbolic=2.0),
        "fault": Rate("event", material=10.0),
        "delay": Rate("unit", material=4.0),
        "charge": Rate("money", material=1.0),
        "visit": Rate("unit", material=5.0, kept=0.5),
    }
)


def fact(name: str, type_: str, kind: str, day: int, **more: Any) -> Fact:
    return Fact(name, 1, type_, "ada", kind, day * DAY, 0, **more)


HISTORY = [
    fact("g", "deposit", "gift", 0, sincerity=0.5, severity=1.5),
    fact("f", "withdrawal", "fault", 84),
    fact("r", "deposit", "gift", 85, in_response_to="f"),
    fact("c", "withdrawal", "charge", 86, magnitude=20.0, currency="EUR"),
    fact("p", "promise", "visit", 87, magnitude=4.0, due_us=90 * DAY, severity=2.0),
    fact("k1", "kept", "visit", 88, magnitude=1.0, in_response_to="p"),
    fact("k2", "kept", "visit", 95, magnitude=1.5, in_response_to="p"),
]


def folded(policy: Policy, facts: list[Fact]) -> dict[str, Valued]:
    return {entry.fact.id: entry for entry in fold(policy, History(facts, 200 * DAY), "USD")}


def policy_of(*steps: Any, **more: Any) -> Policy:
    steps = tuple(sorted((CARD, *steps), key=lambda step: step.stage))
    return Policy(**{"valuation": Valuation(steps=steps), "decay": HalfLife(days=84), "rates": {"EUR": 1.5}, **more})


@pytest.fixture
def moments() -> Iterator[dict[str, list[Moment]]]:
    """What a step that only watches is told, when it values and when it advances."""
    told: dict[str, list[Moment]] = {"value": [], "advance": []}
    with preserved_registry():

        class Watches(FoldedStep, type="watches"):
            stage: ClassVar[Stage] = Stage.BETRAYAL

            def value(self, state: Any, moment: Moment) -> float:
                told["value"].append(moment._replace(goodwill=at_once(moment)))
                return moment.entering or 0.0

            def advance(self, state: Any, moment: Moment) -> Any:
                told["advance"].append(moment._replace(goodwill=at_once(moment)))
                return state

        folded(policy_of(Sincerity(), Watches(), LinkedRecovery()), HISTORY)
        yield told


def at_once(moment: Moment) -> Any:
    """The balance as it is now, since the fold goes on."""
    found = moment.goodwill()
    return lambda: found


def test_a_step_values_what_is_no_recovery(moments: dict[str, list[Moment]]) -> None:
    kinds = [(moment.columns.kind, moment.entering) for moment in moments["value"]]
    breach = -5.0 * 4.0 * 0.75
    assert kinds == [("gift", 7.0), ("fault", -10.0), ("charge", -30.0), ("visit", breach)]
    assert not any(moment.is_recovery for moment in moments["value"])
    assert [moment.plain for moment in moments["value"]] == [7.0, -10.0, -30.0, breach]
    assert [moment.at_us for moment in moments["value"]] == [0, 84 * DAY, 86 * DAY, 90 * DAY]


def test_a_step_is_told_the_columns_of_each_entry(moments: dict[str, list[Moment]]) -> None:
    gift, fault, charge, breach = (moment.columns for moment in moments["value"])
    assert gift == Columns("gift", 1.0, 1.0, sincerity=0.5, severity=1.5)
    assert fault == Columns("fault", -1.0, 1.0)
    assert charge == Columns("charge", -1.0, 20.0, exchange=1.5)
    assert breach == Columns("visit", -1.0, 4.0, severity=2.0, part=0.75)


def test_a_step_advances_at_every_entry_that_is_valued(moments: dict[str, list[Moment]]) -> None:
    """A `Kept` that is a part in time moves nothing; one that is late is a recovery of the breach."""
    told = [(moment.columns.kind, moment.entering, moment.is_recovery) for moment in moments["advance"]]
    assert told == [
        ("gift", 7.0, False),
        ("fault", -10.0, False),
        ("gift", None, True),
        ("charge", -30.0, False),
        ("visit", -15.0, False),
        ("visit", None, True),
    ]
    late = moments["advance"][-1]
    assert late.columns == Columns("visit", 1.0, 4.0 * 0.375, kept=1.0)
    assert late.plain == 5.0 * 1.5 * 0.5


def test_the_balance_before_an_entry_has_what_is_left_of_those_before(moments: dict[str, list[Moment]]) -> None:
    first, second = (moment.goodwill() for moment in moments["value"][:2])
    assert (first, second) == (0.0, pytest.approx(3.5))


# Recoveries


def test_the_trace_of_a_recovery_says_what_it_was_and_what_it_came_to() -> None:
    entry = folded(policy_of(Sincerity(), LinkedRecovery()), HISTORY)["r"]
    assert entry.trace[-1] == TraceStep("linked_recovery", 8.0, entry.worth, "recovers fault")
    assert entry.recovers is not None
    assert entry.recovers.id == "f"
    assert 0.0 < entry.worth < 10.0


def test_a_kind_of_failure_has_its_own_curve() -> None:
    facts = [fact("f", "withdrawal", "fault", 0), fact("r", "deposit", "gift", 0, in_response_to="f")]
    for curve, by_failure in ((Concave(), {}), (SCurve(), {"fault": SCurve()}), (Concave(), {"delay": SCurve()})):
        entry = folded(policy_of(LinkedRecovery(by_failure=by_failure)), facts)["r"]
        assert entry.worth == pytest.approx(10.0 * curve.share(0.8, 1.5))


def test_a_late_part_of_a_promise_gives_back_its_share_of_the_breach() -> None:
    found = folded(policy_of(LinkedRecovery()), HISTORY)
    breach = next(entry for name, entry in found.items() if name.startswith("p@"))
    late = found["k2"]
    assert late.recovers == breach.fact
    assert late.worth == pytest.approx(15.0 * Concave().share(0.375 / 0.75, 1.5))
    assert (found["k1"].worth, found["k1"].note) == (0.0, "part of a promise")


def test_a_late_part_says_why_it_gives_nothing_back() -> None:
    without = folded(policy_of(), HISTORY)["k2"]
    assert (without.worth, without.note, without.recovers) == (0.0, "the policy has no linked recovery", None)
    assert without.trace == []
    worthless = CARD.replace(rates={**CARD.rates, "visit": Rate("unit", material=0.0)})
    policy = policy_of(LinkedRecovery())
    _, *steps = policy.valuation.steps
    nothing = folded(policy.replace(valuation=Valuation(steps=(worthless, *steps))), HISTORY)["k2"]
    assert (nothing.worth, nothing.note) == (0.0, "what it answers was no loss")


@pytest.mark.parametrize(
    ("facts", "note"),
    [
        ([], "what it answers is not visible, or happened later"),
        ([fact("f", "withdrawal", "fault", 9)], "what it answers is not visible, or happened later"),
        ([fact("f", "deposit", "gift", 0)], "what it answers is a deposit, not a withdrawal"),
        ([fact("f", "observation", "call", 0)], "what it answers is a observation, not a withdrawal"),
        ([fact("f", "withdrawal", "fault", 0, magnitude=0.0)], "what it answers was no loss"),
        ([fact("f", "withdrawal", "mystery", 0)], "what it answers is unvalued: no rate for kind"),
    ],
)
def test_a_link_that_is_not_in_force_says_why(facts: list[Fact], note: str) -> None:
    gift = fact("r", "deposit", "gift", 5, in_response_to="f")
    entry = folded(policy_of(LinkedRecovery()), [*facts, gift])["r"]
    assert (entry.note, entry.recovers, entry.worth) == (note, None, 8.0)


def test_what_was_no_loss_to_the_customer_is_not_recovered() -> None:
    """A fault that leaves them cold is worth 0 when it happened, whatever it was by itself."""
    policy = policy_of(Kano(gains={"fault": ATTRACTIVE}), LinkedRecovery())
    facts = [fact("f", "withdrawal", "fault", 0), fact("r", "deposit", "gift", 0, in_response_to="f")]
    entry = folded(policy, facts)["r"]
    assert (entry.worth, entry.note) == (8.0, "what it answers was no loss")


def test_a_small_loss_can_be_recovered() -> None:
    facts = [
        fact("f", "withdrawal", "delay", 0, magnitude=0.125),
        fact("r", "deposit", "gift", 0, in_response_to="f"),
    ]
    assert folded(policy_of(LinkedRecovery()), facts)["r"].worth == pytest.approx(0.5)


# How it fades


def test_an_entry_fades_by_its_severity_and_its_dimensions() -> None:
    schedule = DecaySchedule(
        default=HalfLife(days=1),
        by_severity=(SevereFrom(severity=2.0, decay=HalfLife(days=2)),),
        by_dimension={"channel": {"phone": HalfLife(days=3)}},
    )
    facts = [
        fact("a", "deposit", "gift", 0),
        fact("b", "deposit", "gift", 0, severity=2.0),
        fact("c", "deposit", "gift", 0, severity=2.0, dimensions={"channel": "phone"}),
    ]
    found = folded(policy_of(decay=schedule), facts)
    assert [found[name].decay for name in "abc"] == [HalfLife(days=days) for days in (1, 2, 3)]


def test_a_kept_promise_fades_as_its_promise_whatever_kind_it_was_written_under() -> None:
    schedule = DecaySchedule(default=HalfLife(days=1), by_kind={"visit": NoDecay()})
    facts = [
        fact("p", "promise", "visit", 0, magnitude=4.0, due_us=5 * DAY),
        fact("k", "kept", "gift", 1, in_response_to="p", entire=True),
    ]
    (entry,) = folded(policy_of(decay=schedule), facts).values()
    assert (entry.fact.kind, entry.decay, entry.worth) == ("visit", NoDecay(), 10.0)


def test_the_parts_of_an_opening_expire_by_the_calendar_of_its_date() -> None:
    opening = fact("o", "opening", "opening", 0, positive=5.0, negative=-2.0)
    decay = CalendarExpiry(months=12)
    parts = fold(policy_of(decay=decay), History([opening], DAY), "USD")
    assert [(part.worth, part.plain, part.decay) for part in parts] == [
        (5.0, 5.0, decay.at(0)),
        (-2.0, -2.0, decay.at(0)),
    ]
