"""Policies beside each other, and a policy beside itself with other numbers."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from goodwill.analytics import balances, compare, sensitivity
from goodwill.analytics.comparing import correlated, ranked
from goodwill.decays import NoDecay
from goodwill.domain.errors import PolicyError
from goodwill.policies.policy import Policy
from tests.analytics.test_balances import ENGINES, POLICIES, START, entry

LATER = START + timedelta(days=300)
OURS = POLICIES["default"]
UNFORGIVING = OURS.replace(decay=NoDecay())
ENTRIES = pl.DataFrame(
    [
        entry(id="1", magnitude=1.0),
        entry(id="2", type="deposit", kind="gift", magnitude=1.0, occurred_at=LATER - timedelta(days=3)),
        entry(id="3", account="bob", type="deposit", kind="gift", magnitude=1.0),
        entry(id="4", account="cy", magnitude=3.0),
    ]
).with_columns(reference=pl.lit(None, pl.String), in_response_to=pl.lit(None, pl.String))


@pytest.mark.parametrize("engine", ENGINES)
def test_two_policies_are_told_apart_by_standing_by_rank_and_by_entry(engine: str) -> None:
    made, seen = ENGINES[engine]
    found = compare(made(ENTRIES), {"ours": OURS, "unforgiving": UNFORGIVING}, LATER)
    accounts, entries = seen(found.accounts).sort("account"), seen(found.entries)
    for name, policy in (("ours", OURS), ("unforgiving", UNFORGIVING)):
        read = balances(ENTRIES, policy, LATER).sort("account")
        assert accounts[f"balance_{name}"].to_list() == pytest.approx(read["balance"].to_list())
        assert accounts[f"standing_{name}"].to_list() == read["standing"].to_list()
    differs = accounts.filter(pl.col("standing_ours") != pl.col("standing_unforgiving"))["account"].to_list()
    assert accounts.filter("differs")["account"].to_list() == differs != []
    assert set(entries["account"]) == set(differs)
    moved = entries.sort("id").select("id", pl.col("points_unforgiving") - pl.col("points_ours"), "difference").rows()
    assert all(difference == pytest.approx(abs(change)) for _, change, difference in moved)
    assert found.correlation.keys() == {("ours", "unforgiving")}


def test_a_policy_beside_itself_makes_no_difference() -> None:
    found = compare(ENTRIES, {"a": OURS, "b": OURS, "c": OURS}, LATER)
    assert not found.accounts["differs"].any()
    assert len(found.entries) == 0
    assert found.correlation == dict.fromkeys([("a", "b"), ("a", "c"), ("b", "c")], 1.0)
    with pytest.raises(PolicyError, match="two policies or more"):
        compare(ENTRIES, {"a": OURS}, LATER)


@given(pairs=st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=2, max_size=12))
def test_ranks_correlate_as_scipy_says_ties_included(pairs: list[tuple[float, float]]) -> None:
    a, b = ([float(pair[place]) for pair in pairs] for place in (0, 1))
    found = correlated(ranked(a), ranked(b))
    if len(set(a)) == 1 or len(set(b)) == 1:
        assert found is None
    else:
        assert found == pytest.approx(spearmanr(a, b).statistic, abs=1e-9)


def varied(days: float) -> Policy:
    data = OURS.to_dict()
    data["decay"]["default"]["days"] = days
    return Policy.from_dict(data)


@pytest.mark.parametrize("engine", ENGINES)
def test_each_parameter_is_moved_by_itself(engine: str) -> None:
    made, seen = ENGINES[engine]
    found = seen(sensitivity(made(ENTRIES), OURS, LATER, {"decay.default.days": [42], "valuation.steps[2].alpha": 0.1}))
    own, other = balances(ENTRIES, OURS, LATER).sort("account"), balances(ENTRIES, varied(42), LATER).sort("account")
    assert found.select("path", "was", "value").rows() == [
        ("decay.default.days", 84.0, 42.0),
        ("valuation.steps[2].alpha", 0.88, pytest.approx(0.792)),
        ("valuation.steps[2].alpha", 0.88, pytest.approx(0.968)),
    ]
    assert found["balance"][0] == pytest.approx(other["balance"].sum())
    assert found["change"][0] == pytest.approx(other["balance"].sum() - own["balance"].sum())
    assert found["mean_absolute_change"][0] == pytest.approx((other["balance"] - own["balance"]).abs().mean())
    assert found["overdrawn"][0] == other["is_overdrawn"].sum()
    assert found["standings_changed"][0] == (other["standing"] != own["standing"]).sum()


def test_a_path_that_leads_nowhere_is_told_with_the_nearest_one() -> None:
    with pytest.raises(PolicyError, match="no number at decay.default.day; .*decay.default.days"):
        sensitivity(ENTRIES, OURS, LATER, {"decay.default.day": 0.1})
    with pytest.raises(PolicyError, match="days"):
        sensitivity(ENTRIES, OURS, LATER, {"decay.default.days": [-1]})
