"""Sessions with several databases behind them, replicas for reading, and a host's own classes over our tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, ForeignKey, Insert, String, Update, and_, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, foreign, mapped_column, relationship

from goodwill import Ledger, presets
from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all, metadata, open_engine
from goodwill.testing.asking import append, listed
from goodwill.testing.clock import FixedClock
from goodwill.testing.drafts import NOON, deposit, draft, reversal_of, withdrawal
from tests.databases import Database

TABLES = metadata().tables


class Base(DeclarativeBase):
    pass


class Customer(Base):
    """The host's own."""

    __tablename__ = "customers"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(255))


class Note(Base):
    """Another of the host's, which points at an entry of goodwill's."""

    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    entry_seq: Mapped[int] = mapped_column(ForeignKey(TABLES["goodwill_entries"].c.seq))


class GoodwillAccount(Base):
    __table__ = TABLES["goodwill_accounts"]


class GoodwillEntry(Base):
    __table__ = TABLES["goodwill_entries"]
    account: Mapped[GoodwillAccount] = relationship(viewonly=True)


Customer.goodwill = relationship(  # type: ignore[attr-defined]
    GoodwillEntry,
    primaryjoin=lambda: and_(
        Customer.number == foreign(GoodwillAccount.name),
        GoodwillAccount.ledger == "crm",
    ),
    secondary=TABLES["goodwill_accounts"],
    secondaryjoin=lambda: GoodwillAccount.id == foreign(GoodwillEntry.account_id),
    order_by=lambda: GoodwillEntry.occurred_us,
    viewonly=True,
)


@pytest.fixture
def leader_and_follower(tmp_path: Path) -> Iterator[tuple[Engine, Engine]]:
    """Two databases; nothing is copied from one to the other here, so that who was asked can be told."""
    engines = [open_engine(f"sqlite:///{tmp_path / name}.db") for name in ("leader", "follower")]
    for engine in engines:
        create_all(engine)
    yield engines[0], engines[1]
    for engine in engines:
        engine.dispose()


def test_a_session_that_routes_by_statement_reads_from_the_replica_and_writes_to_the_leader(
    leader_and_follower: tuple[Engine, Engine],
) -> None:
    leader, follower = leader_and_follower

    class Routing(Session):
        """As SQLAlchemy's documentation has it, with Core's inserts."""

        def get_bind(self, mapper: Any = None, *, clause: Any = None, **_: Any) -> Engine:
            return leader if self._flushing or isinstance(clause, Insert | Update) else follower

    append(SQLAlchemyStore(follower), draft(deposit("copied")))
    with Routing() as session:
        store = SQLAlchemyStore(session)
        (first,) = append(store, draft(deposit("written", reference="r")))
        (again,) = append(store, draft(deposit("written", reference="r")))
        append(store, draft(reversal_of(first)), draft(withdrawal("new")))
        assert again.replayed
        assert [entry.account for entry in listed(store)] == ["copied"]
        session.commit()
    assert [entry.account for entry in listed(SQLAlchemyStore(leader))] == ["written", "written", "new"]
    assert [entry.account for entry in listed(SQLAlchemyStore(follower))] == ["copied"]


def test_a_ledger_over_a_replica_reads_and_the_ledger_over_the_leader_writes(
    leader_and_follower: tuple[Engine, Engine],
) -> None:
    leader, follower = leader_and_follower
    append(SQLAlchemyStore(follower), draft(deposit("copied", kind="upgrade")))
    with Session(leader) as writes, Session(follower) as reads:
        ledgers = [
            Ledger(SQLAlchemyStore(session), policy=presets.default(), catalog=presets.service_catalog())
            for session in (writes, reads)
        ]
        ledgers[0].deposit("ada", "upgrade")
        writes.commit()
        assert [account.id for account in ledgers[1].accounts()] == ["copied"]
        assert not ledgers[1].balance("ada").is_known


def test_a_session_that_binds_tables_finds_the_database_of_ours(leader_and_follower: tuple[Engine, Engine]) -> None:
    leader, follower = leader_and_follower
    Base.metadata.tables["customers"].create(follower)
    with Session(binds={Customer: follower, **dict.fromkeys(TABLES.values(), leader)}) as session:
        session.add(Customer(id=1, number="ada"))
        append(SQLAlchemyStore(session), draft(deposit()))
        assert len(listed(SQLAlchemyStore(session))) == 1
        session.commit()
    assert len(listed(SQLAlchemyStore(leader))) == 1
    assert listed(SQLAlchemyStore(follower)) == []


def test_a_hosts_customer_relates_to_entries(database: Database) -> None:
    store = SQLAlchemyStore(database.engine, ledger="crm")
    name = f"customer of {database.ledger}"
    ledger = Ledger(store, policy=presets.default(), catalog=presets.service_catalog(), clock=FixedClock(NOON))
    late = ledger.withdraw(name, "late_delivery", magnitude=2)
    ledger.deposit(name, "upgrade")
    append(SQLAlchemyStore(database.engine, ledger="another"), draft(deposit(name)))
    hosts = [Base.metadata.tables[table] for table in ("customers", "notes")]
    with database.host() as engine, Session(engine) as session:
        Base.metadata.create_all(engine, tables=hosts)
        try:
            customer = Customer(id=1, number=name)
            session.add_all([customer, Note(id=1, entry_seq=late.seq)])
            session.flush()
            related = customer.goodwill  # type: ignore[attr-defined]
            assert [entry.kind for entry in related] == ["late_delivery", "upgrade"]
            assert {entry.account.name for entry in related} == {name}
            counted = (
                select(Customer.number, func.count())
                .join(Customer.goodwill)  # type: ignore[attr-defined]
                .group_by(Customer.number)
            )
            assert session.execute(counted).all() == [(name, 2)]
            session.rollback()
        finally:
            session.close()
            Base.metadata.drop_all(engine, tables=hosts)
