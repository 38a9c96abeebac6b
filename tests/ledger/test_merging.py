"""Two names that are one customer: merged, read as one, and taken apart again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from goodwill import Deposit, Ledger, Merge, Ref, Reversal, Unmerge, Withdrawal
from goodwill.domain.errors import InvalidLink, InvalidMerge, UnknownAccount, WrongType
from goodwill.testing.clock import FixedClock

HOUR = timedelta(hours=1)


@pytest.fixture
def mail(ledger: Ledger, clock: FixedClock) -> str:
    """A customer known by a mail address, with an entry of an hour ago."""
    ledger.withdraw("ada@example.org", "late_delivery", magnitude=2)
    clock.advance(hours=1)
    return "ada@example.org"


def test_one_name_answers_for_both_and_says_which_was_asked_for(ledger: Ledger, mail: str) -> None:
    apart = ledger.balance(mail)
    ledger.deposit("ada", "upgrade")
    alone = ledger.balance("ada")
    ledger.merge(mail, into="ada")
    both, asked = ledger.balance("ada"), ledger.balance(mail)
    assert both.points == pytest.approx(alone.points + apart.points)
    assert (asked.account, asked.resolved_from, asked.points) == ("ada", mail, both.points)
    assert both.resolved_from is None


def test_entries_keep_the_name_they_were_written_under(ledger: Ledger, mail: str) -> None:
    ledger.merge(mail, into="ada")
    ledger.deposit("ada", "upgrade")
    assert [entry.account for entry in ledger.entries(account=mail)] == [mail, "ada"]
    assert {each.account for each in ledger.contributions("ada")} == {mail, "ada"}


def test_what_was_known_before_a_merge_keeps_them_apart(ledger: Ledger, mail: str, clock: FixedClock) -> None:
    before = clock.now()
    clock.advance(hours=1)
    ledger.merge(mail, into="ada")
    assert not ledger.balance("ada", known_at=before).is_known
    assert ledger.balance("ada").is_known
    assert [each.account for each in ledger.balances(known_at=before)] == [mail]
    assert list(ledger.entries(account="ada", known_at=before)) == []


def test_as_of_has_no_effect_on_a_merge(ledger: Ledger, mail: str, clock: FixedClock) -> None:
    ledger.merge(mail, into="ada")
    assert ledger.balance("ada", as_of=clock.now() - HOUR).is_known


def test_taken_apart_each_has_its_own_again(ledger: Ledger, mail: str, clock: FixedClock) -> None:
    apart = ledger.balance(mail).points
    ledger.merge(mail, into="ada")
    ledger.deposit("ada", "upgrade")
    clock.advance(hours=1)
    ledger.unmerge(mail)
    assert ledger.balance(mail).points == pytest.approx(apart, rel=1e-2)
    assert ledger.balance("ada").points > 0
    assert ledger.balance(mail).resolved_from is None


def test_all_names_of_a_customer_are_one_account(ledger: Ledger, mail: str) -> None:
    first = ledger.account(mail)
    ledger.deposit("ada", "upgrade")
    ledger.deposit("zoe", "upgrade")
    ledger.merge(mail, into="ada")
    both = ledger.account(mail)
    assert (both.id, both.merged, both.entries, both.opened_at) == ("ada", (mail,), 2, first.opened_at)
    assert list(ledger.accounts()) == [both, ledger.account("zoe")]
    assert [each.account for each in ledger.balances()] == ["ada", "zoe"]
    assert [each.account for each in ledger.overdrawn()] == ["ada"]


def test_a_statement_shows_what_a_merge_brought_to_the_opening(ledger: Ledger, mail: str, clock: FixedClock) -> None:
    before = clock.now()
    clock.advance(hours=1)
    ledger.merge(mail, into="ada")
    clock.advance(days=1)
    statement = ledger.statement("ada", "last 1 days", restating=before)
    assert statement.opening == 0.0
    assert statement.restated < 0.0
    assert abs(statement.residual) < 1e-9


def test_a_gesture_under_one_name_answers_a_failure_under_the_other_once_they_are_merged(
    ledger: Ledger, mail: str
) -> None:
    (late,) = ledger.entries(account=mail)
    for link in (late, late.id):
        with pytest.raises(InvalidLink, match="merge them first"):
            ledger.deposit("ada", "refund", 5, in_response_to=link)
    ledger.merge(mail, into="ada")
    refund = ledger.deposit("ada", "refund", 5, in_response_to=late)
    (read,) = [each for each in ledger.contributions("ada") if each.id == refund.id]
    assert read.recovers == late.id


def test_a_merge_made_before_is_replayed(ledger: Ledger, mail: str, clock: FixedClock) -> None:
    first = ledger.merge(mail, into="ada", actor="eve")
    clock.advance(hours=1)
    again = ledger.merge(mail, into="ada")
    assert again == first
    assert again.replayed
    assert not first.replayed
    ledger.unmerge(mail)
    assert ledger.unmerge(mail).replayed
    assert not ledger.merge(mail, into="ada").replayed


@pytest.mark.parametrize(
    ("account", "into", "way_out"),
    [("A", "A", "unmerge it"), ("A", "C", "merge 'B'"), ("B", "A", "other way round")],
)
def test_a_merge_that_is_not_the_names_own_to_make_is_refused(
    ledger: Ledger, account: str, into: str, way_out: str
) -> None:
    ledger.merge("A", into="B")
    with pytest.raises(InvalidMerge, match=way_out):
        ledger.merge(account, into=into)
    assert ledger.balance("A").account == "B"


def test_what_was_never_merged_cannot_be_taken_apart(ledger: Ledger) -> None:
    with pytest.raises(InvalidMerge, match="nothing to unmerge"):
        ledger.unmerge("ada")


def test_an_account_is_named_as_everywhere(ledger: Ledger) -> None:
    with pytest.raises(WrongType):
        ledger.merge(17850.0, into="ada")  # type: ignore[arg-type]
    assert ledger.merge(17850, into="ada").account == "17850"


def test_nobody_is_known_by_merging_alone(ledger: Ledger) -> None:
    ledger.merge("A", into="B")
    assert not ledger.balance("A").is_known
    with pytest.raises(UnknownAccount):
        ledger.account("A")


def test_an_import_keeps_when_names_were_merged(ledger: Ledger, clock: FixedClock) -> None:
    yesterday = clock.now() - timedelta(days=1)
    facts = [
        Withdrawal(account="A", kind="dispute", occurred_at=yesterday, recorded_at=yesterday, reference="d"),
        Merge(account="A", into="B", recorded_at=yesterday + HOUR),
        Deposit(account="B", kind="upgrade", occurred_at=yesterday, in_response_to=Ref("d")),
        Reversal(reverses=Ref("d")),
        Unmerge(account="A", recorded_at=yesterday + 2 * HOUR),
    ]
    recorded = ledger.record_many(facts)
    assert [type(each) for each in recorded] == [type(fact) for fact in facts]
    assert [recorded[1].backfilled, recorded[4].backfilled] == [True, True]
    known = [ledger.balance("A", known_at=yesterday + hours * HOUR).account for hours in (0, 1, 2)]
    assert known == ["A", "B", "A"]


def test_an_imported_merge_that_would_make_a_circle_with_a_later_one_is_refused(
    ledger: Ledger, clock: FixedClock
) -> None:
    ledger.merge("A", into="B")
    with pytest.raises(InvalidMerge, match="circle"):
        ledger.record(Merge(account="B", into="A", recorded_at=clock.now() - HOUR))
