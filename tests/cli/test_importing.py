"""The import command: what comes in, what is refused, what the exit code says."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Ask = Callable[..., Any]

MAP = """
[source]
zone = "Europe/London"

[[entries]]
kind = "late_delivery"
account = "{customer}"
magnitude = "{days}"
occurred_at = "{promised}"
reference = "shop:{order}:late"
"""
HEADER = "order,customer,promised,days\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "shop.toml").write_text(MAP)
    file = tmp_path / "orders.csv"
    file.write_text(HEADER + "1,ada,2025-03-01,2\n2,bob,2025-03-02,1\n")
    return file


def test_an_import_says_how_many_entries_it_recorded(ask: Ask, shop: Path) -> None:
    answer = ask("import", shop, "--map", "shop.toml", "--db", "a.db", "--json")
    assert answer.code == 0
    assert (answer.document["rows"], answer.document["recorded"], answer.document["rejected"]) == (2, 2, 0)
    assert answer.document["kinds"] == {"late_delivery": 2}
    assert ask("overdrawn", "--db", "a.db", "--as-of", "2025-03-10", "--json").document["count"] == 2


def test_the_same_import_again_records_nothing(ask: Ask, shop: Path) -> None:
    ask("import", shop, "--map", "shop.toml")
    again = ask("import", shop, "--map", "shop.toml", "--json").document
    assert (again["recorded"], again["replayed"]) == (0, 2)


def test_rows_that_cannot_become_entries_go_to_a_file_and_into_the_exit_code(ask: Ask, shop: Path) -> None:
    shop.write_text(shop.read_text() + "3,cy,last Monday,1\n")
    answer = ask("import", shop, "--map", "shop.toml")
    assert answer.code == 3
    assert "orders.rejects.csv" in answer.out
    header, row = csv.reader(Path("orders.rejects.csv").read_text(encoding="utf-8").splitlines())
    assert header[:4] == ["file", "line", "rule", "reason"]
    assert row[1] == "4"
    assert "not a date" in row[3]
    assert "cy" in row
    assert len(ask("balance", "--json").document["balances"]) == 2


def test_no_rejects_file_is_left_where_nothing_was_refused(ask: Ask, shop: Path) -> None:
    assert ask("import", shop, "--map", "shop.toml", "--json").document["rejects"] is None
    assert not Path("orders.rejects.csv").exists()


def test_the_rejects_file_may_be_named(ask: Ask, shop: Path) -> None:
    ask("import", shop, "--map", "shop.toml", "--rejects", "bad.csv")
    assert Path("bad.csv").exists()


def test_two_exports_of_one_shop_do_not_share_a_rejects_file(ask: Ask, shop: Path) -> None:
    for month in ("jan", "feb"):
        Path(f"orders.{month}.csv").write_text(HEADER + "3,cy,last Monday,1\n")
        ask("import", f"orders.{month}.csv", "--map", "shop.toml")
    assert sorted(path.name for path in Path().glob("*.rejects.csv")) == [
        "orders.feb.rejects.csv",
        "orders.jan.rejects.csv",
    ]


@pytest.mark.parametrize("target", ["orders.csv", "shop.toml"])
def test_the_rejects_file_never_overwrites_what_is_imported(ask: Ask, shop: Path, target: str) -> None:
    before = Path(target).read_text()
    answer = ask("import", shop, "--map", "shop.toml", "--rejects", target)
    assert answer.code == 2
    assert "would overwrite" in answer.err
    assert Path(target).read_text() == before


def test_a_changed_row_is_refused_unless_it_may_amend(ask: Ask, shop: Path) -> None:
    ask("import", shop, "--map", "shop.toml")
    shop.write_text(HEADER + "1,ada,2025-03-01,4\n")
    refused = ask("import", shop, "--map", "shop.toml", "--json")
    assert (refused.code, refused.document["rejected"]) == (3, 1)
    amended = ask("import", shop, "--map", "shop.toml", "--amend", "--json")
    assert (amended.code, amended.document["amended"]) == (0, 1)


def test_an_import_without_its_mapping_is_wrong_usage(ask: Ask, shop: Path) -> None:
    answer = ask("import", shop)
    assert answer.code == 2
    assert "--map" in answer.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nowhere.csv", "--map", "shop.toml"), "nowhere.csv: No such file or directory"),
        (("orders.csv", "--map", "nowhere.toml"), "nowhere.toml: No such file or directory"),
        (("orders.csv", "--map", "orders.csv"), "orders.csv: not TOML"),
    ],
)
def test_a_file_that_cannot_be_read_is_said_in_one_line(
    ask: Ask, shop: Path, words: tuple[str, ...], said: str
) -> None:
    answer = ask("import", *words)
    assert answer.code == 2
    assert said in answer.err
    assert answer.err.count("\n") == 1
    assert answer.out == ""
    assert not Path("goodwill.db").exists()


def test_a_mapping_that_names_an_unknown_kind_is_refused_before_anything_is_written(ask: Ask, shop: Path) -> None:
    Path("shop.toml").write_text(MAP.replace("late_delivery", "late_delivry"))
    answer = ask("import", shop, "--map", "shop.toml")
    assert answer.code == 2
    assert "late_delivery" in answer.err
    assert "balances" in ask("balance", "--json").out
    assert ask("balance", "--json").document == {"balances": []}


def test_the_home_currency_may_be_named(ask: Ask, shop: Path) -> None:
    Path("refunds.toml").write_text(
        MAP.replace(
            'kind = "late_delivery"', 'kind = "refund"\ncost = { template = "{days}", currency = "EUR" }'
        ).replace('magnitude = "{days}"\n', "")
    )
    assert ask("import", shop, "--map", "refunds.toml", "--db", "usd.db").code != 0
    assert ask("import", shop, "--map", "refunds.toml", "--db", "eur.db", "--currency", "EUR").code == 0


def test_a_library_that_is_missing_is_named(ask: Ask, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "charset_normalizer", None)
    shop.write_bytes(shop.read_bytes().replace(b"bob", "Zo\N{LATIN SMALL LETTER E WITH DIAERESIS}".encode("cp1252")))
    answer = ask("import", shop, "--map", "shop.toml")
    assert answer.code == 2
    assert "charset_normalizer" in answer.err
    assert answer.err.count("\n") == 1
