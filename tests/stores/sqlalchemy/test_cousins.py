"""CockroachDB and YugabyteDB, which speak PostgreSQL: nothing that they lack is asked of them.

Their dialects pin an SQLAlchemy of their own, so the tests run on those that are installed, and always on PostgreSQL's
under another name, which is what those dialects are. No server of theirs is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import ClauseElement, Dialect, make_url
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import NoSuchModuleError
from sqlalchemy.schema import CreateIndex, CreateTable

from goodwill.stores.sqlalchemy.guards import guard_ddl, triggers_of
from goodwill.stores.sqlalchemy.migrations import offline_sql
from goodwill.stores.sqlalchemy.statements import Statements, family_of, statements
from goodwill.stores.sqlalchemy.tables import metadata

URLS = {"cockroachdb": "cockroachdb+psycopg://u@h/d", "yugabytedb": "yugabytedb+psycopg2://u@h/d"}
LACKING = {
    "advisory locks": r"advisory",
    "locks of tables": r"\bLOCK TABLE\b",
    "locks of rows that are read": r"\bFOR (SHARE|UPDATE|NO KEY UPDATE|KEY SHARE)\b",
    "savepoints": r"\bSAVEPOINT\b",
    "triggers and functions in PL/pgSQL": r"\b(TRIGGER|FUNCTION|plpgsql)\b",
    "collations": r"\bCOLLATE\b",
    "the numbers of transactions": r"\b(xmin|pg_snapshot|pg_current_xact_id|txid)",
    "listening": r"\b(LISTEN|NOTIFY)\b",
}


class Cousin(PGDialect_psycopg):
    """PostgreSQL's dialect under another name."""

    name = "cousin"
    supports_statement_cache = True


def installed() -> Iterator[Dialect]:
    """PostgreSQL's cousins that are here."""
    yield Cousin()
    for url in URLS.values():
        try:
            yield make_url(url).get_dialect()()
        except NoSuchModuleError:
            continue


COUSINS = list(installed())


@pytest.fixture(params=COUSINS, ids=lambda dialect: dialect.name)
def cousin(request: pytest.FixtureRequest) -> Dialect:
    return request.param  # type: ignore[no-any-return]


def told(dialect: Dialect) -> Iterator[str]:
    """Every statement that the store runs, and what makes its tables."""
    sql = statements("goodwill_", None, family_of(dialect), returning=dialect.insert_returning)
    built = [*vars(sql).values(), *vars(sql.purge).values(), *vars(sql.deciding).values(), *pages(sql)]
    yield from (str(each.compile(dialect=dialect)) for each in built if isinstance(each, ClauseElement))
    for table in metadata().sorted_tables:
        yield str(CreateTable(table).compile(dialect=dialect))
        yield from (str(CreateIndex(index).compile(dialect=dialect)) for index in table.indexes)


def pages(sql: Statements) -> Iterator[ClauseElement]:
    """Pages of entries and of decisions, which are built when they are asked for."""
    for filters in ((), ("account",), ("accounts", "kinds", "types", "actor"), ("unrestricted",)):
        yield sql.page(filters)
    for filters in ((), ("accounts", "actor", "role", "answer"), ("unrestricted",)):
        yield sql.deciding.page(filters)


def test_it_is_of_postgresqls_family(cousin: Dialect) -> None:
    assert family_of(cousin) == "postgresql"


def test_every_statement_compiles_and_none_needs_what_it_lacks(cousin: Dialect) -> None:
    found = list(told(cousin))
    assert len(found) > 40
    for lacking, words in LACKING.items():
        asked = [each for each in found if re.search(words, each, re.IGNORECASE)]
        assert asked == [], lacking


def test_what_is_there_already_is_left_out_without_an_error(cousin: Dialect) -> None:
    inserts = [each for each in told(cousin) if each.startswith("INSERT INTO goodwill_entries")]
    assert len(inserts) == 2
    assert all("ON CONFLICT DO NOTHING" in each for each in inserts)


def test_it_gets_no_triggers(cousin: Dialect) -> None:
    entries = metadata().tables["goodwill_entries"]
    assert guard_ddl(cousin, "goodwill_entries", None, ["seq"], [["seq"]]) == []
    assert triggers_of(cousin, entries) == []


@pytest.mark.parametrize("name", [each.name for each in COUSINS if each.name in URLS])
def test_every_revision_is_written_for_it(name: str) -> None:
    script = offline_sql(URLS[name])
    assert "CREATE TABLE IF NOT EXISTS goodwill_purged" in script
    for lacking, words in LACKING.items():
        assert re.search(words, script, re.IGNORECASE) is None, lacking
