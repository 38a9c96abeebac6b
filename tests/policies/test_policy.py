"""A policy prints as code, stores as JSON, compares by value, and refuses what cannot be run with the path to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import goodwill.decays
import goodwill.policies.decay as combinators
import goodwill.valuations
from goodwill import Band, DecaySchedule, Policy, Rate, Standing, Valuation, blend, presets
from goodwill.decays import HalfLife, Linear, NoDecay, PowerLaw
from goodwill.domain.errors import PolicyError
from goodwill.valuations import LinkedRecovery, Prospect, RateCard, SCurve, Severity, Sincerity

CARD = RateCard(rates={"upgrade": Rate("event", material=8.0, symbolic=2.0)})


def support() -> Policy:
    return Policy(
        name="support-2026",
        description="what support thinks",
        currency="EUR",
        rates={"USD": 0.9},
        valuation=Valuation(
            steps=(CARD, Sincerity(), Prospect(), Severity(), LinkedRecovery(curve=SCurve(), speed=HalfLife(days=9)))
        ),
        decay=DecaySchedule(
            default=HalfLife(days=84).grace(days=21) * PowerLaw(days=30, exponent=0.5),
            by_direction={"withdrawal": blend(HalfLife(days=30), NoDecay(), weights=(0.7, 0.3))},
            by_kind={"late_delivery": Linear(days=90).floor(share=0.1).expire(days=400)},
        ),
        standing=Standing(bands=(Band(name="overdrawn", below=0.0), Band(name="thin", below=20.0)), top="solid"),
    )


@pytest.mark.parametrize("policy", [presets.default(), support()], ids=lambda policy: policy.name)
def test_a_policy_prints_as_code_and_stores_as_json(policy: Policy) -> None:
    names = {
        **vars(goodwill),
        **vars(goodwill.decays),
        **vars(goodwill.valuations),
        **vars(combinators),
        **vars(goodwill.policies.combinators),
    }
    assert eval(repr(policy), names) == policy
    assert Policy.from_json(policy.to_json()) == policy
    assert Policy.from_dict(json.loads(policy.to_json())).digest == policy.digest
    assert hash(Policy.from_json(policy.to_json())) == hash(policy)


def test_the_digest_is_of_what_is_computed_and_not_of_names() -> None:
    policy = support()
    renamed = policy.replace(name="other", description="other words", caveats=("none",))
    assert renamed.digest == policy.digest
    assert renamed.fingerprint == f"other@{policy.digest[:8]}"
    for change in ({"revision": 2}, {"currency": "USD"}, {"decay": HalfLife(days=83)}, {"standing": Standing()}):
        assert policy.replace(**change).digest != policy.digest


def test_a_decay_alone_is_one_for_every_entry() -> None:
    policy = support().replace(decay=HalfLife(days=7))
    assert policy.decay == DecaySchedule(default=HalfLife(days=7))
    assert Policy.from_dict({**support().to_dict(), "decay": {"type": "half_life", "days": 7}}) == policy


def test_replace_checks_as_a_new_policy_is_checked() -> None:
    with pytest.raises(PolicyError, match="currency"):
        support().replace(currency="XXY")
    with pytest.raises(PolicyError, match="colour"):
        support().replace(colour="red")


def test_a_difference_is_named_by_its_path() -> None:
    ours, theirs = support(), support().replace(decay=HalfLife(days=84), name="other")
    paths = [difference.path for difference in ours.diff(theirs)]
    assert "decay.by_kind.late_delivery.type" in paths
    assert all(path.startswith("decay.") for path in paths)
    (one,) = presets.default().diff(presets.default().replace(decay=HalfLife(days=42)))
    assert str(one) == "decay.default.days: 84.0 -> 42.0"
    assert ours.diff(support()) == ()


def test_a_policy_says_what_callers_may_rely_on() -> None:
    default = presets.default()
    assert (default.policy_class, default.is_additive) == ("linked", True)
    assert not default.replace(decay=PowerLaw(days=30, exponent=0.5)).is_additive
    alone = default.replace(valuation=Valuation(steps=(CARD,)))
    assert (alone.policy_class, alone.is_additive) == ("per_entry", True)
    assert alone.columns == ("account", "type", "kind", "magnitude", "occurred_at", "currency")
    assert {"in_response_to", "severity", "sincerity"} <= set(default.columns)


def test_the_default_policy_prints_its_caveats() -> None:
    assert "analogy from advertising carry-over" in str(presets.default())
    assert "convention" in str(presets.default())


def test_a_policy_prints_a_line_for_each_thing_that_it_says() -> None:
    policy = support().replace(description="", caveats=("Nobody measured this.",))
    lines = str(policy).splitlines()
    assert lines[0] == policy.fingerprint
    assert lines[1] == f"  decay      {policy.decay!r}"
    assert lines[-1] == "  caveat     Nobody measured this."
    steps = [line for line in lines if any(repr(step) in line for step in policy.valuation.steps)]
    assert len(steps) == len(policy.valuation.steps)
    assert str(policy.replace(description="Ours.")).splitlines()[0] == f"{policy.fingerprint}: Ours."


def test_a_policy_file_may_begin_with_the_mark_of_its_encoding(tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_bytes(b"\xef\xbb\xbf" + support().replace(description="für \u00fc").to_json().encode())
    assert Policy.from_file(path).description == "für \u00fc"


def test_the_json_schema_of_the_registry_accepts_policies_and_refuses_faults() -> None:
    schema = Policy.json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    validator.validate(support().to_dict())
    for fault in ({"decay": {"default": {"type": "half_lif", "days": 3}}}, {"colour": "red"}):
        assert not validator.is_valid({**support().to_dict(), **fault})


def stored(**changes: Any) -> str:
    return json.dumps({**support().to_dict(), **changes})


def nested(levels: int) -> dict[str, Any]:
    decay: dict[str, Any] = {"type": "half_life", "days": 3}
    for _ in range(levels):
        decay = {"type": "grace", "days": 1, "of": decay}
    return decay


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (stored(decay={"default": {"type": "half_lif", "days": 3}}), r"decay.default.type.*half_life"),
        (stored(decay={"default": {"type": "half_life", "days": 3, "weeks": 1}}), r"decay.default.weeks"),
        (stored(decay={"default": {"type": "half_life", "days": -3}}), r"decay.default.days: -3 is"),
        (stored(decay={"default": {"type": "half_life", "days": True}}), r"decay.default.days: True is not a number"),
        (stored(decay={"default": {"type": "half_life", "days": "3"}}), r"decay.default.days: '3' is not a number"),
        (stored(colour="red"), "colour"),
        (stored(valuation={"steps": [{"type": "severity"}, CARD.to_dict()]}), "valuation: .*the order is"),
        (stored(valuation={"steps": []}), "valuation: .*rate card"),
        (stored(rates={"USD": "much"}), "rates.USD"),
        (stored().replace('"days": 90.0', '"days": 1e400'), "decay.by_kind.late_delivery"),
        (stored().replace('"days": 90.0', '"days": NaN'), "decay.by_kind.late_delivery"),
        (stored(decay={"default": nested(40)}), "more than 32"),
        ("[" * 100_000, "within each other|JSON"),
        ('{"name": "a", "name": "b"}', "name: is given twice"),
        ("{", "JSON"),
        ("[]", "valid dictionary"),
    ],
)
def test_a_policy_file_that_cannot_be_run_is_refused_with_the_path_to_the_fault(
    text: str, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "policy.json"
    path.write_text(text)
    with pytest.raises(PolicyError, match=words):
        Policy.from_file(path)


def test_a_policy_is_read_from_toml_and_json_files(tmp_path: Path) -> None:
    (tmp_path / "policy.json").write_text(support().to_json())
    (tmp_path / "policy.toml").write_text(
        """
        name = "short"
        [decay]
        type = "half_life"
        days = 7
        [[valuation.steps]]
        type = "rate_card"
        [valuation.steps.rates.upgrade]
        per = "event"
        material = 8.0
        symbolic = 2.0
        """
    )
    assert Policy.from_file(tmp_path / "policy.json") == support()
    short = Policy.from_file(tmp_path / "policy.toml")
    assert short == Policy(name="short", valuation=Valuation(steps=(CARD,)), decay=HalfLife(days=7))
    (tmp_path / "bad.toml").write_text("name = ")
    with pytest.raises(PolicyError, match="not TOML"):
        Policy.from_file(tmp_path / "bad.toml")
