"""The schema is the host's to place: every name carries its prefix, and columns hold what they say exactly."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Double, Engine, Float, MetaData, Numeric, create_engine, text
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.schema import CreateTable

from goodwill.domain.errors import SchemaMissing
from goodwill.ledger.ports import Accounts, Append
from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all, metadata, open_engine
from goodwill.testing.asking import answer, append, listed, raised
from goodwill.testing.drafts import deposit, draft, reversal_of


@pytest.fixture
def engine() -> Iterator[Engine]:
    """A host's engine, with nothing in its database."""
    engine = create_engine("sqlite://")
    yield engine
    engine.dispose()


def names_of(schema: MetaData) -> set[str]:
    """Every name that the schema gives: tables, constraints, indexes."""
    tables = schema.tables.values()
    constraints = {str(rule.name) for table in tables for rule in table.constraints if rule.name is not None}
    return (
        {table.name for table in tables}
        | constraints
        | {str(index.name) for table in tables for index in table.indexes}
    )


def test_every_name_carries_the_prefix(engine: Engine) -> None:
    with engine.connect() as connection:
        create_all(connection, prefix="crm_")
        made = connection.scalars(text("SELECT name FROM sqlite_master")).all()
    ours = [name for name in made if not name.startswith("sqlite_")]
    assert len(ours) >= 6
    assert [name for name in ours if not name.startswith("crm_")] == []
    assert [name for name in names_of(metadata("crm_")) if not name.startswith("crm_")] == []


def test_names_fit_every_database_under_the_longest_prefix() -> None:
    longest = "p" * 28
    assert max(len(name.encode()) for name in names_of(metadata(longest))) <= 63


@pytest.mark.parametrize("prefix", ["", "p" * 29, "a-b", 'a"; DROP TABLE x; --', "1a", "é"])
def test_a_prefix_that_is_none_is_refused(engine: Engine, prefix: str) -> None:
    with pytest.raises(ValueError, match="a prefix is"):
        metadata(prefix)
    with pytest.raises(ValueError, match="a prefix is"):
        SQLAlchemyStore(engine, prefix=prefix)


def test_tables_live_in_the_schema_that_the_host_names(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(text("ATTACH DATABASE ':memory:' AS crm"))
        create_all(connection, schema="crm")
        store = SQLAlchemyStore(connection, schema="crm")
        first, _ = append(store, draft(deposit(reference="r")), draft(deposit("bob", note="n")))
        append(store, draft(reversal_of(first)))
        assert len(listed(store)) == 3
        assert answer(store, Accounts())[0].entries == 2
        assert connection.scalar(text("SELECT count(*) FROM crm.goodwill_entries")) == 3
        assert connection.scalars(text("SELECT name FROM main.sqlite_master")).all() == []


def test_a_hosts_schema_translation_is_followed(engine: Engine) -> None:
    with engine.connect().execution_options(schema_translate_map={None: "tenant"}) as connection:
        connection.execute(text("ATTACH DATABASE ':memory:' AS tenant"))
        create_all(connection)
        store = SQLAlchemyStore(connection)
        append(store, draft(deposit()))
        append(store, draft(deposit()), draft(deposit("bob")))
        assert len(listed(store)) == connection.scalar(text("SELECT count(*) FROM tenant.goodwill_entries")) == 3


def test_prefixes_side_by_side_never_see_one_another() -> None:
    engine = open_engine("sqlite://")
    stores = [SQLAlchemyStore(engine, prefix=prefix) for prefix in ("a_", "b_")]
    for store in stores:
        create_all(engine, prefix=store.prefix)
    append(stores[0], draft(deposit(reference="r")))
    assert listed(stores[1]) == []
    append(stores[1], draft(deposit("other", reference="r")))
    engine.dispose()


def test_missing_tables_say_how_to_create_them() -> None:
    engine = open_engine("sqlite://")
    store = SQLAlchemyStore(engine, prefix="crm_")
    for request in (Accounts(), Append([draft(deposit())]), Append([draft(deposit()), draft(deposit())])):
        error = raised(SchemaMissing, answer, store, request)
        assert "create_all(engine, prefix='crm_', schema=None)" in str(error)
    create_all(engine, prefix="crm_")
    create_all(engine, prefix="crm_")
    assert answer(store, Accounts()) == []
    engine.dispose()


def test_money_and_time_are_whole_numbers() -> None:
    floats = {
        column.name
        for table in metadata().tables.values()
        for column in table.columns
        if isinstance(column.type, Float | Numeric)
    }
    of_entries = {"sincerity", "severity", "positive", "negative"}  # the latter two are points
    # The points that a decision saw; the key that sorts kept readings and adds up to nothing.
    assert floats == {*of_entries, "balance", "rank_key"}
    assert all(isinstance(metadata().tables["goodwill_entries"].c[name].type, Double) for name in of_entries)


@pytest.mark.parametrize(
    ("dialect", "collation"), [(mysql.dialect(), "utf8mb4_nopad_bin"), (postgresql.dialect(), 'COLLATE "C"')]
)
def test_text_is_compared_exactly_on_every_database(dialect: object, collation: str) -> None:
    for table in metadata().tables.values():
        made = str(CreateTable(table).compile(dialect=dialect))  # type: ignore[arg-type]
        # The version's column has the form that Alembic gives it.
        columns = [line for line in made.splitlines() if "VARCHAR" in line and "version_num" not in line]
        assert [line for line in columns if collation not in line] == []
