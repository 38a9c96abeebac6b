"""One formula runs on every operand: the components that lack one are listed here by name, with the reason."""

from __future__ import annotations

import pytest

from goodwill.policies.component import EVERY_OPERAND, Component, load_members, registered
from goodwill.policies.model import families
from goodwill.policies.valuation import FoldedStep

CALENDAR = "its share depends on an entry's date; the cliff that it becomes runs on all"
FOLDED = "what came before the entry decides, so it is folded"

LACKING = {
    "decay.calendar_expiry": (CALENDAR, EVERY_OPERAND),
    "step.expectation": (FOLDED, EVERY_OPERAND - {"float"}),
    "step.habituation": (FOLDED, EVERY_OPERAND - {"float"}),
    "step.double_deviation": (FOLDED, EVERY_OPERAND - {"float"}),
    "step.betrayal": (FOLDED, EVERY_OPERAND - {"float"}),
}


def shipped() -> dict[str, type[Component]]:
    load_members()
    of = [family for family in list(families.values()) if issubclass(family, Component)]
    members = [member for family in of for member in registered(family).values()]
    ours = [member for member in members if member.__module__.startswith("goodwill.")]
    return {f"{member.family}.{member.tag}": member for member in ours}


def test_only_calendar_expiry_and_folded_steps_lack_an_operand() -> None:
    formulas = {name: member for name, member in shipped().items() if member.family != "readout"}
    lacking = {name: EVERY_OPERAND - member.operands for name, member in formulas.items()}
    assert {name: lacks for name, lacks in lacking.items() if lacks} == {
        name: lacks for name, (_, lacks) in LACKING.items()
    }


@pytest.mark.parametrize("name", [name for name, (why, _) in LACKING.items() if why == FOLDED])
def test_each_that_is_folded_has_state(name: str) -> None:
    assert issubclass(shipped()[name], FoldedStep)


def test_a_readout_reads_a_whole_relationship_and_has_no_formula() -> None:
    readouts = {name: member for name, member in shipped().items() if member.family == "readout"}
    assert readouts
    assert {member.operands for member in readouts.values()} == {frozenset({"float"})}
