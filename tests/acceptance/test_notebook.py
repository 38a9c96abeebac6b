"""What an analyst writes in a notebook, as house and README have it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from goodwill import presets
from goodwill.analytics import balances, contributions, drivers, trajectory, waivers

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """The entries of three customers, as a warehouse keeps them."""
    late = {"type": "withdrawal", "kind": "late_delivery", "magnitude": 2.0}
    waived = {"type": "deposit", "kind": "fee_waived", "magnitude": 14.99, "currency": "USD", "cost": 14.99}
    rows = [
        {"account": "ada", "id": "1", "reference": "order:1:late", "days": 40, **late},
        {"account": "ada", "id": "2", "in_response_to": "order:1:late", "days": 39, **waived},
        {"account": "bob", "id": "3", "days": 3, **late},
        {"account": "cy", "id": "4", "type": "deposit", "kind": "upgrade", "magnitude": 1.0, "days": 10},
    ]
    entries = pl.DataFrame([{**row, "occurred_at": NOW - timedelta(days=row.pop("days"))} for row in rows])
    entries.write_parquet(tmp_path / "entries.parquet")
    return tmp_path


def test_a_notebook_asks_who_leaves_what_drove_it_and_what_was_waived(
    exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(exported)
    now, start = NOW, NOW - timedelta(weeks=6)

    # The block as an analyst writes it.
    entries = pl.read_parquet("entries.parquet")
    policy = presets.default()
    closest = balances(entries, policy, as_of=now).sort("balance").head()
    drove = drivers(entries, policy, as_of=now)
    weeks = trajectory(entries, policy, start=start, end=now, every="1w")
    waived = waivers(entries, policy, as_of=now)

    assert closest["account"][0] == "bob"
    assert drove["points"].sum() == pytest.approx(closest["balance"].sum())
    last = weeks.filter(pl.col("as_of_us") == pl.col("as_of_us").max())
    assert dict(last.select("account", "balance").iter_rows()) == pytest.approx(
        dict(closest.select("account", "balance").iter_rows())
    )
    assert drove.sort("points")["kind"][0] == "late_delivery"
    assert waived.select("account", "cost", "currency", "recovers_kind").rows() == [
        ("ada", 14.99, "USD", "late_delivery")
    ]
    lost = contributions(entries, policy, as_of=now).filter(id="1")["worth"][0]
    assert 0.0 < waived["bought"][0] < -lost  # of what was lost, what was left a day later


def test_the_same_cells_run_by_pipe_on_pandas(exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = pl.read_parquet(exported / "entries.parquet").to_pandas()
    policy = presets.default()
    assert entries.pipe(balances, policy, NOW).sort_values("balance")["account"].iloc[0] == "bob"
    assert entries.pipe(waivers, policy, NOW, by="kind")["concessions"].tolist() == [1]
