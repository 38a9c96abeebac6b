"""What the three people write, as they write it: the contract of the library."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, String, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from goodwill import Decay, Ledger, Money, presets
from goodwill.decays import HalfLife
from goodwill.policies.component import preserved_registry
from goodwill.policies.formula import power
from goodwill.policies.parameters import Days, Positive
from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all
from goodwill.testing import check_decay


class Base(DeclarativeBase):
    pass


class Order(Base):
    """The host's own table."""

    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(20))


@dataclass
class Late:
    """An order as the CRM's job sees it."""

    id: int
    customer_id: str
    promised_at: datetime


@pytest.fixture
def engine(tmp_path: Any) -> Engine:
    engine = create_engine(f"sqlite:///{tmp_path / 'crm.db'}")
    Base.metadata.create_all(engine)
    create_all(engine)
    return engine


ORDER = Late(7, "ada", datetime.now(UTC) - timedelta(days=2))


def note_late_order(session: Session, order: Late) -> None:
    """The block of the README: the order and the goodwill, or neither; a retried job records nothing twice."""
    ledger = Ledger(SQLAlchemyStore(session), policy=presets.default(), catalog=presets.service_catalog())
    late = ledger.withdraw(
        order.customer_id,
        "late_delivery",
        magnitude=1,
        occurred_at=order.promised_at + timedelta(days=1),
        reference=f"order:{order.id}:late",
    )
    if ledger.balance(order.customer_id).is_overdrawn:
        ledger.deposit(
            order.customer_id,
            "fee_waived",
            cost=Money("14.99", "USD"),
            in_response_to=late.id,
            reference=f"order:{order.id}:waiver",
        )
    session.commit()


def recorded(engine: Engine) -> list[str]:
    with Session(engine) as session:
        ledger = Ledger(SQLAlchemyStore(session), policy=presets.default(), catalog=presets.service_catalog())
        return [entry.kind for entry in ledger.entries()]


def test_a_crm_backend_records_the_order_and_the_goodwill_in_one_transaction(engine: Engine) -> None:
    with Session(engine) as session:
        session.add(Order(id=7, customer_id="ada", state="late"))
        note_late_order(session, ORDER)
    assert recorded(engine) == ["late_delivery", "fee_waived"]
    with Session(engine) as session:
        assert session.get(Order, 7) is not None


def test_a_retried_job_records_nothing_twice(engine: Engine) -> None:
    for _ in range(3):
        with Session(engine) as session:
            note_late_order(session, ORDER)
    assert recorded(engine) == ["late_delivery", "fee_waived"]


def test_what_the_host_rolls_back_was_never_recorded(engine: Engine) -> None:
    with Session(engine) as session:
        ledger = Ledger(SQLAlchemyStore(session), policy=presets.default(), catalog=presets.service_catalog())
        session.add(Order(id=8, customer_id="bob", state="late"))
        ledger.withdraw("bob", "late_delivery", 1, reference="order:8:late")
        assert ledger.balance("bob").is_overdrawn
        session.rollback()
    assert recorded(engine) == []
    with Session(engine) as session:
        assert session.get(Order, 8) is None


def test_a_policy_author_tries_a_new_decay_in_one_class_and_two_policies_on_one_history() -> None:
    with preserved_registry():

        class Ebbinghaus(Decay, type="ebbinghaus"):
            """Fast at first, then ever slower, as memories fade."""

            days: Days
            exponent: Positive = 0.5

            def remaining(self, age: Any) -> Any:
                return power(1 + age / self.days, -self.exponent)

        check_decay(Ebbinghaus)
        policy = presets.default()
        ledger = Ledger.in_memory(policy)
        ledger.deposit("ada", "service_heroics", occurred_at=datetime.now(UTC) - timedelta(days=200))
        candidate = policy.replace(decay=Ebbinghaus(days=30).grace(days=14) * HalfLife(days=365))
        assert ledger.balance("ada", policy=candidate).points > ledger.balance("ada").points
