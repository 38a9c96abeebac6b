"""Accounts as a whole: closed and reopened, restricted, erased, and handed over."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from goodwill import Amendment, Deposit, Ledger, Money, Ref
from goodwill.domain.audit import Operation
from goodwill.domain.errors import AccountClosed, AccountErased, InvalidAccount, InvalidLink, UnknownAccount
from goodwill.ledger.operations import Rejected
from goodwill.testing.clock import FixedClock


@pytest.fixture(autouse=True)
def customers(ledger: Ledger) -> None:
    ledger.withdraw("ada", "late_delivery", magnitude=2, reference="late", note="rang twice", attributes={"phone": "5"})
    ledger.withdraw("bob", "late_delivery", magnitude=1)


def test_a_closed_account_takes_no_new_entries_until_it_is_reopened(ledger: Ledger) -> None:
    ledger.close_account("ada", reason="moved away", actor="eve")
    assert ledger.account("ada").closed_at is not None
    with pytest.raises(AccountClosed, match=r"ledger\.reopen_account\('ada'\)"):
        ledger.deposit("ada", "upgrade", reference="u")
    assert [entry.kind for entry in ledger.entries(account="ada")] == ["late_delivery"]
    ledger.reopen_account("ada")
    assert ledger.account("ada").closed_at is None
    assert not ledger.deposit("ada", "upgrade", reference="u").replayed


def test_a_closed_account_is_read_corrected_and_replayed_as_before(ledger: Ledger) -> None:
    before = ledger.balance("ada").points
    ledger.close_account("ada")
    assert ledger.balance("ada").points == before
    again = ledger.withdraw("ada", "late_delivery", magnitude=2, reference="late")
    assert again.replayed
    amended = ledger.amend(again, magnitude=3)
    ledger.reverse(amended)
    assert ledger.balance("ada").points == 0


def test_of_a_batch_only_the_closed_accounts_rows_are_rejected(ledger: Ledger) -> None:
    ledger.close_account("ada")
    now = ledger.clock.now()
    facts = [Deposit(account=name, kind="upgrade", occurred_at=now, reference=ref) for name, ref in
             [("ada", "a"), ("bob", "b"), ("ada", "a"), ("new", "c")]]  # fmt: skip
    with pytest.raises(AccountClosed):
        ledger.record_many(facts)
    assert ledger.account("bob").entries == 1
    rejects: list[object] = []
    recorded = ledger.record_many(facts, rejects=rejects)  # type: ignore[arg-type]
    assert [entry.account for entry in recorded] == ["bob", "new"]
    assert [type(each.error) for each in rejects] == [AccountClosed, AccountClosed]  # type: ignore[attr-defined]


def test_what_is_so_already_is_not_done_again(ledger: Ledger) -> None:
    assert [each.operation for each in ledger.close_account("ada")] == ["close"]
    assert ledger.close_account("ada") == ledger.lift_restriction("ada") == ledger.reopen_account("bob") == []
    assert [each.operation for each in ledger.audit("ada")] == ["close"]


def test_a_restricted_account_is_left_out_of_readings_across_accounts_and_read_by_its_name(ledger: Ledger) -> None:
    ledger.restrict_account("ada")
    assert [each.id for each in ledger.accounts()] == ["bob"]
    assert [each.account for each in ledger.balances()] == ["bob"]
    assert [each.account for each in ledger.overdrawn()] == ["bob"]
    assert [each.account for each in ledger.entries()] == ["bob"]
    assert ledger.balance("ada").is_overdrawn
    assert [each.account for each in ledger.entries(account="ada")] == ["ada"]
    assert ledger.account("ada").restricted_at is not None
    ledger.lift_restriction("ada")
    assert [each.id for each in ledger.accounts()] == ["ada", "bob"]


def test_all_names_of_a_customer_are_restricted_together(ledger: Ledger) -> None:
    ledger.merge("bob", into="ada")
    ledger.restrict_account("bob")
    assert [each.account for each in ledger.audit("ada")] == ["ada", "bob"]
    assert list(ledger.entries()) == list(ledger.accounts()) == []


def test_erasure_leaves_the_facts_and_sums_and_nothing_of_the_person(ledger: Ledger) -> None:
    before = sorted(each.points for each in ledger.balances())
    (record,) = ledger.erase_account("ada", actor="dpo")
    assert record.operation is Operation.ERASE
    assert record.account.startswith("erased:")
    assert sorted(each.points for each in ledger.balances()) == before
    assert not ledger.balance("ada").is_known
    (entry,) = ledger.entries(account=record.account)
    assert (entry.account, entry.note, entry.attributes, entry.magnitude) == (record.account, None, {}, 2)
    assert [each.account for each in ledger.audit()] == [record.account]
    with pytest.raises(UnknownAccount):
        ledger.export_account("ada")


def test_a_retried_reference_of_an_erased_customer_says_so_and_the_same_id_opens_a_new_account(ledger: Ledger) -> None:
    ledger.erase_account("ada")
    for magnitude in (2, 3):
        with pytest.raises(AccountErased, match="a reference of its own"):
            ledger.withdraw("ada", "late_delivery", magnitude=magnitude, reference="late")
    assert ledger.deposit("ada", "upgrade").account == "ada"
    assert ledger.account("ada").entries == 1


def test_to_erase_a_merged_account_erases_all_its_names(ledger: Ledger) -> None:
    ledger.merge("bob", into="ada")
    total = ledger.balance("ada").points
    assert len(ledger.erase_account("bob")) == 2
    (left,) = ledger.balances()
    assert left.account.startswith("erased:")
    assert left.points == pytest.approx(total, rel=1e-12)  # one was added up by the database
    assert not ledger.balance("ada").is_known
    assert ledger.balance("bob").account == "bob"


def test_nobody_writes_under_an_erased_customers_name(ledger: Ledger) -> None:
    (record,) = ledger.erase_account("ada")
    with pytest.raises(InvalidAccount, match="stand for erased customers"):
        ledger.deposit(record.account, "upgrade")
    with pytest.raises(InvalidAccount):
        ledger.merge("bob", into=record.account)


def test_an_entry_of_an_erased_customer_is_reversed_or_moved_and_not_amended_otherwise(ledger: Ledger) -> None:
    late, other = ledger.entry(Ref("late")), ledger.withdraw("ada", "dispute", reference="other")
    ledger.erase_account("ada")
    for amends in (late.id, Ref("late")):
        with pytest.raises(AccountErased, match="a customer who was erased since.* reverse it .* account="):
            ledger.amend(amends, magnitude=3)
    rejects: list[Rejected] = []
    ledger.record_many([Amendment(amends=Ref("late"), changes={"magnitude": 3})], rejects=rejects)
    assert [type(each.error) for each in rejects] == [AccountErased]
    assert ledger.amend(late.id, account="bob").account == "bob"
    ledger.reverse(other.id)
    assert [each.points for each in ledger.balances() if each.account != "bob"] == [0]


def test_nothing_of_an_erased_customer_is_kept_or_answered(ledger: Ledger) -> None:
    late, due = ledger.entry(Ref("late")), ledger.clock.now() + timedelta(days=9)
    promise = ledger.promise("ada", "callback", due=due)
    ledger.erase_account("ada")
    for made in (promise.id, ledger.entry(promise.id)):
        with pytest.raises(AccountErased, match="a customer who was erased since"):
            ledger.keep(made)
    with pytest.raises(InvalidLink, match="erased since, and is answered no more"):
        ledger.deposit("ada", "upgrade", in_response_to=late.id)


def test_an_export_holds_all_that_is_kept_of_one_customer(ledger: Ledger, clock: FixedClock) -> None:
    ledger.deposit("mail", "fee_waived", cost=Money("14.99", "USD"))
    ledger.merge("mail", into="ada")
    ledger.close_account("ada", reason="asked for it")
    told = json.loads(json.dumps(ledger.export_account("mail")))
    assert (told["account"], told["merged"]) == ("ada", ["mail"])
    late, waived = told["entries"]
    assert (late["note"], late["attributes"], late["magnitude"]) == ("rang twice", {"phone": "5"}, "2")
    assert waived["cost"] == {"amount": "14.99", "currency": "USD"}
    assert [each["into"] for each in told["merges"]] == ["ada"]
    assert {each["operation"] for each in told["audit"]} == {"close"}


def test_an_unknown_account_is_told(ledger: Ledger) -> None:
    for verb in (ledger.close_account, ledger.erase_account, ledger.restrict_account, ledger.export_account):
        with pytest.raises(UnknownAccount):
            verb("nobody")
