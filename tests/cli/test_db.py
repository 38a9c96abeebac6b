"""`goodwill db`: the tables of a ledger's database, from release to release."""

from __future__ import annotations

from pathlib import Path
from typing import Any

Ask = Any


def test_an_upgrade_makes_the_tables_and_says_which_they_are(ask: Ask, tmp_path: Path) -> None:
    db = f"sqlite:///{tmp_path / 'goodwill.db'}"
    before = ask("db", "check", "--db", db)
    assert (before.code, before.out.strip()) == (1, "not up to date; run `goodwill db upgrade`")
    assert ask("db", "current", "--db", db, "--json").document == {"revision": None}
    assert ask("db", "upgrade", "--db", db).out.startswith("the tables are of revision 0")
    assert ask("db", "check", "--db", db).code == 0
    assert ask("db", "current", "--db", db).out.strip().isdigit()


def test_a_prefix_is_the_hosts_choice(ask: Ask, tmp_path: Path) -> None:
    db = f"sqlite:///{tmp_path / 'goodwill.db'}"
    ask("db", "upgrade", "--db", db, "--prefix", "crm_")
    assert ask("db", "check", "--db", db, "--prefix", "crm_").code == 0
    assert ask("db", "check", "--db", db).code == 1


def test_the_sql_is_written_for_whoever_runs_it_by_hand(ask: Ask) -> None:
    written = ask("db", "sql", "mariadb", "--since", "0003").out
    assert "goodwill_merges" in written
    assert "CREATE TABLE IF NOT EXISTS goodwill_entries" not in written


def test_a_url_that_leads_nowhere_is_told_in_one_line(ask: Ask) -> None:
    told = ask("db", "upgrade", "--db", "nonsense")
    assert told.code == 2
    assert "no database URL" in told.err
