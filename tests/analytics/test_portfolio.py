"""The benchmark of portfolios at a hundredth of its size: every way comes to the sum that was written by hand."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from benchmarks.portfolio import AS_OF, CASES, LOADED, OURS, entries, way_of
from goodwill.analytics import balances, plan, reading


@pytest.fixture(scope="module")
def portfolio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("portfolio") / "entries.parquet"
    pq.write_table(entries(100_000), path)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("engine", [name for name in LOADED if name != "spark"])
@pytest.mark.parametrize("case", CASES)
def test_a_portfolio_adds_up_as_it_does_by_hand(case: str, engine: str, portfolio: Path) -> None:
    frame = LOADED[engine](str(portfolio), CASES[case].columns)
    by_hand = way_of(case, engine, "rival")(frame)
    assert by_hand < 0.0
    for way in OURS:
        assert way_of(case, engine, way)(frame) == pytest.approx(by_hand, rel=1e-10)


def test_more_of_duckdb_than_fits_is_read_in_buckets_of_whole_accounts(
    portfolio: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = CASES["folded"]
    frame, policy = LOADED["duckdb"](str(portfolio), case.columns), case.policy()
    assert plan(frame, policy).engine == "arrays"
    whole = balances(frame, policy, AS_OF).order("account").fetchall()
    monkeypatch.setattr(reading, "BUCKET", 15_000)
    assert balances(frame, policy, AS_OF).order("account").fetchall() == whole
