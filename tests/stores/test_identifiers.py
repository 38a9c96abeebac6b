"""Names that look alike, or like SQL, are names like any others: the same on all three databases and in memory."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from functools import partial
from itertools import count

import pytest
from sqlalchemy import text

from goodwill import Deposit, Kind, Ledger, presets
from goodwill.domain.errors import GoodwillError, InvalidAccount, InvalidKind, UnknownKind
from goodwill.ledger.ports import Store
from goodwill.stores import MemoryStore
from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all, metadata
from goodwill.testing.asking import append, listed
from goodwill.testing.clock import FixedClock
from goodwill.testing.drafts import NOON, deposit, draft
from tests.databases import Database

ALIKE = (
    "A1", "a1", "a1 ", " a1", "a1  ", "á1", unicodedata.normalize("NFD", "á1"), "a\u03011\u0323", "a\u0323\u03011",
    "ß", "ss", "SS", "ẞ", "ﬁ", "fi", "K", "\u212a", "\u0131", "i", "I", "İ", "Å", "\u212b", "🦊", "👩\u200d🚀", "👩🚀", "名前",
    "\uff11", "1", "01", "\u00a0", "\u2003", "\u200b", "\ufeff", "-", "\u2010", "x" * 255, "x" * 254 + "y", "🦊" * 255, "é" * 255,
)  # fmt: skip
"""By case, by spaces, by composition, by width, by look, by length: all of them different customers."""

INJECTIONS = (
    "'; DROP TABLE goodwill_entries; --", '" OR 1=1 --', "x' OR 'x'='x", "\\'; DELETE FROM goodwill_entries; #", "`", "\\",
    "%s", "%(ledger)s", ":ledger", "?", "{ledger}", "$1", "%", "%%", "_", "'", '"', "';", "/* */", "-- ", "#", "NULL", "\\0",
    "\\N", "$$", "$guard$", "a,b", "[1]", "(select 1)", "<script>alert(1)</script>", "{{7*7}}", "\u2019; DROP TABLE x",
)  # fmt: skip


@pytest.fixture(params=["memory", "sqlite", "postgresql", "mariadb"])
def store(request: pytest.FixtureRequest, shared: Callable[[str], Database]) -> Store:
    """An empty ledger in memory and in each database."""
    return MemoryStore() if request.param == "memory" else shared(request.param).anew().store()


@pytest.fixture
def ledger(store: Store) -> Ledger:
    clock = FixedClock(NOON)
    return Ledger(store, policy=presets.default(), catalog=presets.service_catalog(), clock=clock)


def test_customers_who_look_alike_are_different_customers(ledger: Ledger) -> None:
    for name in ALIKE:
        ledger.deposit(name, "upgrade", actor=name, channel=name)
    assert [account.id for account in ledger.accounts()] == sorted(ALIKE, key=str.encode)
    assert {account.entries for account in ledger.accounts()} == {1}
    for name in ALIKE:
        assert [entry.account for entry in ledger.entries(account=name)] == [name]
        assert {entry.actor for entry in ledger.entries(actor=name)} == {name}


def test_references_that_look_alike_are_different_references(ledger: Ledger) -> None:
    first = [ledger.deposit("ada", "upgrade", reference=name) for name in ALIKE]
    again = [ledger.deposit("ada", "upgrade", reference=name) for name in ALIKE]
    assert [entry.id for entry in again] == [entry.id for entry in first]
    assert all(entry.replayed for entry in again)
    assert len({entry.id for entry in first}) == len(ALIKE)


def test_customers_who_look_alike_are_merged_by_their_exact_names(ledger: Ledger) -> None:
    for name in ("A1", "a1", "a1 ", "á1", ALIKE[6]):
        ledger.deposit(name, "upgrade")
    ledger.merge("a1", into="A1")
    ledger.merge(ALIKE[6], into="á1")
    points = {name: ledger.balance(name).points for name in ("A1", "a1", "a1 ", "á1", ALIKE[6])}
    assert (
        points["A1"] == points["a1"] == points["á1"] == points[ALIKE[6]] == pytest.approx(2 * points["a1 "], rel=1e-6)
    )


@pytest.mark.parametrize("name", ["", "\0", "a\0", "a\n", "\x7f", "\ud800", "x" * 256, "🦊" * 256])
def test_what_cannot_be_kept_everywhere_is_kept_nowhere(ledger: Ledger, name: str) -> None:
    with pytest.raises(InvalidAccount):
        ledger.deposit(name, "upgrade")
    for field in ("reference", "actor", "channel"):
        with pytest.raises(GoodwillError):
            ledger.deposit("ada", "upgrade", **{field: name})
    assert list(ledger.accounts()) == []


def test_nul_is_refused_in_a_note_and_kept_in_an_attribute(ledger: Ledger) -> None:
    with pytest.raises(GoodwillError):
        ledger.deposit("ada", "upgrade", note="a\0")
    entry = ledger.deposit("ada", "upgrade", attributes={"key\0": "value\0"})  # JSON writes it as six characters
    assert ledger.entry(entry.id).attributes == {"key\0": "value\0"}


def test_text_that_looks_like_sql_is_text_in_every_field(ledger: Ledger) -> None:
    for words in INJECTIONS:
        fields = {"reference": words, "actor": words, "channel": words, "note": words, "attributes": {words: [words]}}
        entry = ledger.deposit(words, "upgrade", **fields)
        assert ledger.entry(entry.id) == entry
        (found,) = ledger.entries(account=words)
        assert (found.reference, found.actor, found.channel, found.note) == (words,) * 4
        assert found.attributes == {words: [words]}
    assert [account.id for account in ledger.accounts()] == sorted(INJECTIONS, key=str.encode)
    assert {account.entries for account in ledger.accounts()} == {1}


def test_many_names_at_once_are_text_too(ledger: Ledger) -> None:
    number = count()
    facts = [
        Deposit(account=words, kind="upgrade", occurred_at=NOON, reference=f"{words}{next(number)}"[:255])
        for words in INJECTIONS + ALIKE
    ]
    recorded = ledger.record_many(facts)
    assert [entry.account for entry in recorded] == [*INJECTIONS, *ALIKE]
    read = ledger.balances(INJECTIONS + ALIKE)
    assert {(balance.account, balance.entries) for balance in read} == {(name, 1) for name in INJECTIONS + ALIKE}


def test_a_kind_that_looks_like_sql_is_no_kind(ledger: Ledger) -> None:
    for words in INJECTIONS:
        with pytest.raises(InvalidKind):
            Kind(words, "deposit", unit="none")
        with pytest.raises(UnknownKind):
            ledger.deposit("ada", words)
        with pytest.raises(UnknownKind):
            ledger.record(Deposit(account="ada", kind=words, occurred_at=NOON))


def test_a_filter_that_looks_like_sql_finds_nothing(ledger: Ledger) -> None:
    ledger.deposit("ada", "upgrade", actor="eve", reference="r")
    for words in INJECTIONS:
        assert list(ledger.entries(account=words)) == list(ledger.entries(actor=words)) == []
        with pytest.raises(GoodwillError):
            ledger.entry(words)


def test_a_ledgers_name_that_looks_like_sql_is_a_name(database: Database) -> None:
    stores = [SQLAlchemyStore(database.engine, ledger=f"{words}{database.ledger}"[:64]) for words in INJECTIONS]
    for store in stores:
        append(store, draft(deposit(store.ledger)))
    for store in stores:
        assert [entry.account for entry in listed(store)] == [store.ledger]


def test_a_prefix_that_looks_like_sql_is_refused(on_sqlite: Database) -> None:
    for words in INJECTIONS:
        prefix = f"goodwill_{words}!"
        for use in (
            metadata,
            lambda prefix: create_all(on_sqlite.engine, prefix=prefix),
            partial(SQLAlchemyStore, on_sqlite.engine),
        ):
            with pytest.raises(ValueError, match="a prefix is"):
                use(prefix=prefix)


def test_a_schema_that_looks_like_sql_is_a_name(on_postgresql: Database) -> None:
    schema = f'x"; DROP TABLE goodwill_entries; -- {on_postgresql.ledger}'
    quoted = on_postgresql.engine.dialect.identifier_preparer.quote_identifier(schema)
    with on_postgresql.engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {quoted}"))
        create_all(connection, schema=schema)
        store = SQLAlchemyStore(connection, schema=schema)
        append(store, draft(deposit(attributes={"%s": json.dumps("%(x)s")})))
        assert len(listed(store)) == 1
        connection.execute(text(f"DROP SCHEMA {quoted} CASCADE"))
    assert listed(on_postgresql.store()) == []
