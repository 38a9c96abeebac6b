"""Hosts that roll back after us, and hosts that swallow our error and commit: all of a fact or nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from goodwill import Deposit, Ledger, Merge, Ref, presets
from goodwill.domain.entry import Amendment, Reversal
from goodwill.domain.errors import (
    AccountClosed,
    AlreadyReversed,
    GoodwillError,
    InvalidLink,
    InvalidMerge,
    ReferenceConflict,
    UnknownAccount,
    UnknownEntry,
)
from goodwill.ledger.ports import Store
from goodwill.testing.clock import FixedClock
from goodwill.testing.drafts import NOON
from tests.databases import Database

POLICY, CATALOG = presets.default(), presets.service_catalog()
DAY = timedelta(days=1)


def ledger_in(store: Store) -> Ledger:
    return Ledger(store, policy=POLICY, catalog=CATALOG, clock=FixedClock(NOON))


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A host's own session; beside it the ledger holds one of everything."""
    ledger = ledger_in(database.store())
    late = ledger.withdraw("ada", "late_delivery", magnitude=2, reference="late", note="rang twice")
    ledger.reverse(ledger.deposit("ada", "upgrade", reference="gone"))
    ledger.deposit("ada", "follow_up", in_response_to=late)
    ledger.promise("bob", "callback", due=NOON + DAY, reference="call")
    ledger.deposit("mail", "upgrade")
    ledger.merge("mail", into="ada")
    ledger.deposit("closed", "upgrade")
    ledger.close_account("closed")
    with database.host() as engine, Session(engine) as session:
        yield session


def kept(database: Database) -> list[Any]:
    """All that another connection sees."""
    ledger = ledger_in(database.store())
    return [list(ledger.entries()), list(ledger.accounts()), ledger.audit(), ledger.balances(["ada", "mail", "bob"])]


WRITES: dict[str, Callable[[Ledger], object]] = {
    "an entry": lambda ledger: ledger.deposit("new", "upgrade", reference="r", note="n"),
    "a batch": lambda ledger: ledger.record_many(
        Deposit(account=f"c{n}", kind="upgrade", occurred_at=NOON, note="n") for n in range(20)
    ),
    "a reversal": lambda ledger: ledger.reverse(Ref("late")),
    "an amendment": lambda ledger: ledger.amend(Ref("late"), magnitude=3),
    "a promise kept": lambda ledger: ledger.keep(Ref("call")),
    "a merge": lambda ledger: ledger.merge("bob", into="ada"),
    "an unmerge": lambda ledger: ledger.unmerge("mail"),
    "a closing": lambda ledger: ledger.close_account("ada", reason="asked for"),
    "a restriction": lambda ledger: ledger.restrict_account("ada"),
    "an erasure": lambda ledger: ledger.erase_account("ada"),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_what_a_host_rolls_back_was_never_there(
    database: Database, session: Session, write: Callable[[Ledger], object]
) -> None:
    before = kept(database)
    write(ledger_in(database.store(session)))
    session.rollback()
    assert kept(database) == before
    write(ledger_in(database.store(session)))
    session.commit()
    assert kept(database) != before


REFUSED: dict[str, tuple[type[GoodwillError], Callable[[Ledger], object]]] = {
    "a reference used before": (ReferenceConflict, lambda ledger: ledger.deposit("ada", "upgrade", reference="late")),
    "an entry reversed before": (AlreadyReversed, lambda ledger: ledger.reverse(Ref("gone"))),
    "an amendment of what is gone": (AlreadyReversed, lambda ledger: ledger.amend(Ref("gone"), kind="thank_you")),
    "an amendment that links to nothing": (
        InvalidLink,
        lambda ledger: ledger.amend(ledger.page(account="ada").entries[-1], in_response_to="nothing"),
    ),
    "an entry that is not there": (UnknownEntry, lambda ledger: ledger.reverse(Ref("nowhere"))),
    "an account that is closed": (AccountClosed, lambda ledger: ledger.deposit("closed", "upgrade")),
    "a batch with one for a closed account": (
        AccountClosed,
        lambda ledger: ledger.record_many(
            Deposit(account=name, kind="upgrade", occurred_at=NOON, note="n") for name in ("ada", "new", "closed")
        ),
    ),
    "a circle of merges": (InvalidMerge, lambda ledger: ledger.merge("ada", into="mail")),
    "an account that is not there": (UnknownAccount, lambda ledger: ledger.erase_account("nobody")),
}


@pytest.mark.parametrize(("error", "refused"), REFUSED.values(), ids=REFUSED)
def test_a_host_that_swallows_a_refusal_commits_nothing_of_what_was_refused(
    database: Database, session: Session, error: type[GoodwillError], refused: Callable[[Ledger], object]
) -> None:
    ledger = ledger_in(database.store(session))
    ledger.deposit("before", "upgrade", reference="before")
    session.commit()
    before = kept(database)
    ledger.deposit("with it", "upgrade", reference="with it")
    with pytest.raises(error):
        refused(ledger)
    ledger.deposit("with it", "upgrade", reference="after it")
    session.commit()
    after = kept(database)
    assert [entry for entry in after[0] if entry.account != "with it"] == before[0]
    assert [account for account in after[1] if account.id != "with it"] == before[1]
    assert after[2:] == before[2:]
    assert ledger.account("with it").entries == 2


def test_a_host_that_swallows_a_refused_correction_keeps_whole_facts_before_it_and_nothing_after(
    database: Database, session: Session
) -> None:
    facts = [
        Deposit(account="new", kind="upgrade", occurred_at=NOON, reference="first", note="n"),
        Amendment(amends=Ref("first"), changes={"kind": "thank_you"}),
        Merge(account="new", into="ada"),
        Reversal(reverses=Ref("gone")),
        Deposit(account="new", kind="upgrade", occurred_at=NOON, reference="last"),
    ]
    ledger = ledger_in(database.store(session))
    with pytest.raises(AlreadyReversed):
        ledger.record_many(facts)
    session.commit()
    ledger = ledger_in(database.store())
    assert [(entry.revision, entry.note) for entry in ledger.entries() if entry.reference == "first"] == [
        (1, "n"),
        (2, "n"),
    ]
    assert ledger.balance("new").account == "ada"
    with pytest.raises(UnknownEntry):
        ledger.entry(Ref("last"))
