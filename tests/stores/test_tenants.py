"""Many ledgers share the tables, and none of them can read, change or merge what is another's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from goodwill import Ledger, Period, Ref, presets
from goodwill.domain.entry import Reversal
from goodwill.domain.errors import InvalidLink, UnknownAccount, UnknownEntry
from goodwill.ledger.ports import Accounts, Facts, Find, Merges, Select, Trail
from goodwill.stores.sqlalchemy import SQLAlchemyStore
from goodwill.testing.asking import answer, append
from goodwill.testing.clock import FixedClock
from goodwill.testing.drafts import NOON, deposit, draft
from goodwill.testing.store_deciding import decision
from tests.databases import Database

YEAR = Period(NOON - timedelta(days=365), NOON + timedelta(days=1))


class Tenants:
    """Two ledgers in the same tables; theirs holds one of everything, under names that ours uses too."""

    def __init__(self, database: Database, alike: Callable[[str], str]) -> None:
        self.stores = [
            SQLAlchemyStore(database.engine, ledger=name)
            for name in (f"Tenant-{database.ledger}", alike(f"Tenant-{database.ledger}"))
        ]
        ours, theirs = (
            Ledger(store, policy=presets.default(), catalog=presets.service_catalog(), clock=FixedClock(NOON))
            for store in self.stores
        )
        self.ours: Ledger = ours
        self.theirs: Ledger = theirs
        self.late = theirs.withdraw("ada", "late_delivery", magnitude=3, reference="late", note="secret", actor="eve")
        theirs.deposit("ada", "fee_waived", magnitude=5, in_response_to=self.late, reference="waived")
        theirs.deposit("bob", "upgrade", reference="r")
        theirs.promise("ada", "callback", due=NOON + timedelta(hours=1), reference="call")
        theirs.merge("bob", into="ada", actor="eve")
        theirs.record_decision(decision(actor="eve"), reference="r")
        theirs.restrict_account("ada", actor="eve", reason="asked for")


@pytest.fixture(
    params=[str.lower, lambda name: f"{name} ", lambda name: name.replace("T", "\uff34")],
    ids=["case", "space", "width"],
)
def tenants(database: Database, request: pytest.FixtureRequest) -> Tenants:
    return Tenants(database, request.param)


def snapshot(store: SQLAlchemyStore) -> list[Any]:
    """All that a ledger holds."""
    requests = [Select(), Facts(["ada", "bob"]), Accounts(), Merges(), Trail(), Find(references=["late", "r", "call"])]
    return [answer(store, request) for request in requests]


def test_nothing_of_another_ledger_is_read(tenants: Tenants) -> None:
    ours = tenants.ours
    assert list(ours.entries()) == list(ours.entries(account="ada")) == list(ours.entries(actor="eve")) == []
    assert list(ours.accounts()) == ours.overdrawn() == ours.audit() == ours.audit("ada") == []
    assert list(ours.decisions()) == list(ours.decisions(account="ada")) == list(ours.decisions(actor="eve")) == []
    assert not ours.balance("ada").is_known
    assert ours.contributions("ada") == []
    assert ours.statement("ada", YEAR).closing == 0
    for named in (tenants.late.id, Ref("late"), Ref("r")):
        with pytest.raises(UnknownEntry):
            ours.entry(named)
    for read in (ours.account, ours.export_account):
        with pytest.raises(UnknownAccount):
            read("ada")
    assert snapshot(tenants.stores[0]) == [[], {}, [], [], [], []]


def test_nothing_of_another_ledger_is_reversed_amended_kept_or_answered(tenants: Tenants) -> None:
    ours, late = tenants.ours, tenants.late
    before = snapshot(tenants.stores[1])
    attempts: list[Callable[[], object]] = [
        lambda: ours.reverse(late.id),
        lambda: ours.reverse(Ref("late")),
        lambda: ours.record(Reversal(reverses=late.id)),
        lambda: ours.record_many([Reversal(reverses=late.id)]),
        lambda: ours.amend(late.id, magnitude=1),
        lambda: ours.amend(Ref("late"), magnitude=1),
        lambda: ours.keep(Ref("call")),
    ]
    for attempt in attempts:
        with pytest.raises((UnknownEntry, InvalidLink)):
            attempt()
    with pytest.raises(InvalidLink):
        ours.deposit("ada", "fee_waived", magnitude=5, in_response_to=late.id)
    assert snapshot(tenants.stores[0]) == [[], {}, [], [], [], []]
    assert snapshot(tenants.stores[1]) == before


@pytest.mark.parametrize("operation", ["close_account", "restrict_account", "erase_account"])
def test_an_account_of_another_ledger_is_neither_closed_nor_restricted_nor_erased(
    tenants: Tenants, operation: str
) -> None:
    before = snapshot(tenants.stores[1])
    with pytest.raises(UnknownAccount):
        getattr(tenants.ours, operation)("ada", actor="mallory", reason="not mine")
    tenants.ours.deposit("ada", "upgrade")
    getattr(tenants.ours, operation)("ada", actor="mallory", reason="mine")
    assert snapshot(tenants.stores[1]) == before


def test_the_same_names_and_references_are_free_in_every_ledger(tenants: Tenants) -> None:
    before = snapshot(tenants.stores[1])
    entry = tenants.ours.withdraw("ada", "late_delivery", magnitude=9, reference="late")
    assert not entry.replayed
    tenants.ours.deposit("bob", "upgrade", reference="r")
    tenants.ours.merge("ada", into="bob")
    tenants.ours.reverse(Ref("late"))
    assert tenants.ours.account("ada").id == "bob"
    assert tenants.theirs.account("bob").id == "ada"
    assert snapshot(tenants.stores[1]) == before


def test_the_same_id_is_free_in_every_ledger(tenants: Tenants) -> None:
    (ours,) = append(tenants.stores[0], draft(deposit(kind="upgrade", id=tenants.late.id)))
    tenants.ours.reverse(ours.id)
    assert tenants.theirs.entry(tenants.late.id).reversed_by is None
    assert tenants.ours.entry(tenants.late.id).reversed_by is not None


def test_a_response_by_reference_finds_only_what_is_of_its_own_ledger(tenants: Tenants) -> None:
    ours = tenants.ours
    ours.deposit("ada", "fee_waived", magnitude=5, in_response_to=Ref("late"))  # may come later
    (recovery,) = ours.contributions("ada")
    ours.withdraw("ada", "late_delivery", magnitude=1, reference="late", occurred_at=NOON - timedelta(hours=1))
    linked = [each for each in ours.contributions("ada") if each.id == recovery.id]
    assert linked[0].worth != pytest.approx(recovery.worth)
