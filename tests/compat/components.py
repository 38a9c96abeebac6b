"""The parts of a policy that releases have written: one of each component that ships, the models, the presets.

A component is written as the example in its docstring, so a new one needs nothing but `python tests/compat/write.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import goodwill.decays
import goodwill.lags
import goodwill.presets
import goodwill.readouts
import goodwill.terms
import goodwill.valuations
from goodwill import Policy, Rate
from goodwill.decays import Cliff, HalfLife, Linear, NoDecay
from goodwill.domain.canonical import canonical_json
from goodwill.policies import combinators, decay, schedule, standing
from goodwill.policies.component import Component, load_members, registered
from goodwill.policies.model import Model, families
from goodwill.policies.schedule import DecaySchedule, SevereFrom
from goodwill.policies.standing import Band, Hysteresis, Standing
from goodwill.policies.valuation import Valuation
from goodwill.terms import Silence
from goodwill.testing.examples import example_of
from goodwill.valuations import Prospect, RateCard

NAME = "components.json"

SCHEDULE = DecaySchedule(
    default=HalfLife(days=84),
    by_direction={"withdrawal": HalfLife(days=168)},
    by_severity=(SevereFrom(severity=2, decay=NoDecay()),),
    by_dimension={"channel": {"phone": Linear(days=90)}},
    by_kind={"fee_waived": Cliff(days=365)},
)
STANDING = Standing(
    bands=(Band(name="overdrawn", below=0), Band(name="thin", below=20)),
    top="solid",
    hysteresis=Hysteresis(down=-10, up=5, critical=("dispute",)),
)
POLICY = Policy(
    name="everything",
    description="every field of a policy",
    caveats=("none",),
    revision=3,
    currency="EUR",
    rates={"USD": 0.9},
    valuation=Valuation(steps=(RateCard(rates={"fee_waived": Rate("money", material=1, symbolic=2)}), Prospect())),
    decay=SCHEDULE,
    terms=(Silence(points=5, grace=60, half_life=90),),
    standing=STANDING,
    saturation=100,
)


def shipped() -> dict[str, Model]:
    """One of everything that ships and stands in a policy's JSON, by name.

    Raises:
        LookupError: for a component that shows no instance of itself.
    """
    members = {f"{member.family}.{member.tag}": example_of(member) for member in ours()}
    presets = {f"preset.{name}": make() for name, make in vars(goodwill.presets).items() if makes_policy(make)}
    return {**members, **presets, "schedule": SCHEDULE, "standing": STANDING, "policy": POLICY}


def ours() -> Iterator[type[Component]]:
    """Every registered component that ships."""
    load_members()
    for family in list(families.values()):
        if issubclass(family, Component):
            yield from (member for member in registered(family).values() if member.__module__.startswith("goodwill."))


def makes_policy(value: Any) -> bool:
    return getattr(value, "__annotations__", {}).get("return") in {Policy, "Policy"}


def written(folder: Path) -> dict[str, Any]:
    """What a release wrote of each, by name."""
    path = folder / NAME
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def write_missing(folder: Path, elsewhere: set[str]) -> list[str]:
    """Add what no release has written yet, and leave all else as it is; the names of what was added."""
    found = written(folder)
    new = {name: told(model) for name, model in shipped().items() if name not in found.keys() | elsewhere}
    if new:
        lines = (f"{json.dumps(name)}: {canonical_json(each)}" for name, each in sorted({**found, **new}.items()))
        (folder / NAME).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    return sorted(new)


def told(model: Model) -> dict[str, Any]:
    """A model as code, as JSON, and its digest."""
    return {"code": repr(model), "json": model.to_dict(), "digest": model.digest}


def from_code(code: str) -> Any:
    """What the code makes."""
    places = (
        goodwill, goodwill.decays, goodwill.lags, goodwill.readouts, goodwill.terms, goodwill.valuations, combinators,
        decay, schedule, standing,
    )  # fmt: skip
    return eval(code, {name: value for place in places for name, value in vars(place).items()})


def from_json(name: str, data: Any) -> Model:
    """What the JSON loads as; a component by its family, since its type says which it is."""
    of = {"schedule": DecaySchedule, "standing": Standing, "policy": Policy, "preset": Policy}
    family = name.partition(".")[0]
    return (of[family] if family in of else families[family]).from_json(json.dumps(data))
