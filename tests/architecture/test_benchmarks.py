"""The benchmarks run, and tell an aim that is missed; what they measure is for a quiet machine."""

from __future__ import annotations

from pathlib import Path

from benchmarks import store
from benchmarks.store import Section, Spent, Way


def test_the_benchmark_of_the_store_runs_in_its_small_size(capsys):
    assert store.main(["--small"]) == 0
    said = capsys.readouterr().out
    assert said.count("times the floor") == len(store.SECTIONS)
    assert "the ledger, record_many" in said
    assert "eventsourcing, load and save" in said


def taking(seconds):
    return lambda path: Spent(*seconds)


def test_an_aim_is_missed_where_both_ratios_are_above_it(tmp_path, capsys):
    ways = [
        Way("floor", taking((1.0, 1.0)), 1),
        Way("slow", taking((4.0, 3.5)), 1, aim=3),
        Way("waiting for others", taking((4.0, 2.5)), 1, aim=3),
        Way("of ten operations", taking((20.0, 20.0)), 10, aim=3),
    ]
    assert store.compare(Section("Ways", ways), 1, tmp_path) == ["slow: 4.00 (3.50 by processor), the aim is 3"]
    assert "waiting for others" in capsys.readouterr().out


def test_a_way_is_measured_turn_by_turn_and_its_best_is_told(tmp_path, capsys):
    once: list[Path] = []
    taken = iter([(5.0, 5.0), (2.0, 4.0), (3.0, 3.0)])
    ways = [
        Way("floor", taking((1.0, 1.0)), 1),
        Way("ever different", lambda path: Spent(*next(taken)), 1),
        Way("once", lambda path: once.append(path) or Spent(1.0, 1.0), 1, rounds=1),
    ]
    store.compare(Section("Ways", ways), 3, tmp_path)
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("ever different"))
    assert line.split()[2:] == ["2,000,000.0", "2.00", "3.00"]
    assert len(once) == 1
