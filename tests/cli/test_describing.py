"""kinds and policy: what a ledger accepts, and what a policy says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema

from goodwill import Policy, presets

Ask = Callable[..., Any]


def test_every_kind_of_the_catalog_is_listed(ask: Ask) -> None:
    listed = [kind["name"] for kind in ask("kinds", "--json").document["kinds"]]
    assert listed == list(presets.service_catalog())
    assert all(name in ask("kinds").out for name in listed)


def test_a_catalog_of_ones_own_is_listed_instead(ask: Ask) -> None:
    Path("mine.toml").write_text(
        '[kinds.free_coffee]\ndirection = "deposit"\nstarter = { per = "event", symbolic = 2 }\n'
    )
    (kind,) = ask("kinds", "--catalog", "mine.toml", "--json").document["kinds"]
    assert kind["name"] == "free_coffee"
    rates = ask("policy", "show", "--catalog", "mine.toml", "--json").document["valuation"]["steps"][0]["rates"]
    assert list(rates) == ["free_coffee"]


def test_the_shown_policy_is_a_policy_file(ask: Ask) -> None:
    text = ask("policy", "show", "--json").out
    assert Policy.from_json(text) == presets.default()
    Path("mine.json").write_text(text)
    assert ask("policy", "show", "--policy", "mine.json", "--json").out == text


def test_a_policy_is_shown_with_its_caveats(ask: Ask) -> None:
    text = " ".join(ask("policy", "show").out.split())
    assert presets.default().fingerprint in text
    assert all(caveat in text for caveat in presets.default().caveats)


def test_policies_that_read_alike_do_not_differ(ask: Ask) -> None:
    Path("mine.json").write_text(ask("policy", "show", "--json").out)
    answer = ask("policy", "diff", "mine.json")
    assert answer.code == 0
    assert "read alike" in answer.out


def test_a_difference_is_shown_by_its_path_and_is_a_no(ask: Ask) -> None:
    document = ask("policy", "show", "--json").document
    Path("first.json").write_text(json.dumps(document))
    document["decay"]["default"]["days"] = 30
    Path("second.json").write_text(json.dumps(document))
    answer = ask("policy", "diff", "first.json", "second.json", "--json")
    assert answer.code == 1
    assert answer.document["differences"] == [{"path": "decay.default.days", "ours": 84.0, "theirs": 30.0}]
    assert "decay.default.days" in ask("policy", "diff", "second.json").out


def test_the_schema_accepts_the_policies_that_ship(ask: Ask) -> None:
    schema = ask("policy", "schema").document
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(presets.default().to_dict(), schema)
    assert ask("policy", "schema", "--json").document == schema
