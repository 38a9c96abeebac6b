"""Bad input gets an error that names the way out, under the built-in a stranger would catch; nothing is written."""

from __future__ import annotations

import math
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any

import pytest

from goodwill import Direction, GoodwillError, Kind, Ledger, Money, Observation, Rate, Ref, Withdrawal, presets
from goodwill.domain import errors
from goodwill.domain.entry import Amendment, Deposit, Reversal
from goodwill.policies.valuation import Valuation
from goodwill.presets import service_catalog
from goodwill.testing.clock import FixedClock
from goodwill.valuations import RateCard

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def refused(ledger: Ledger, error: type[Exception], builtin: type[Exception], words: str, **given: Any) -> None:
    """The deposit is refused with that error, that built-in and those words, and the store is as it was."""
    call: dict[str, Any] = {"account": "ada", "kind": "upgrade", **given}
    before = list(ledger.entries())
    with pytest.raises(error, match=words) as caught:
        ledger.deposit(**call)
    assert isinstance(caught.value, GoodwillError)
    assert isinstance(caught.value, builtin)
    assert list(ledger.entries()) == before


@pytest.mark.parametrize(
    ("given", "error", "builtin", "words"),
    [
        ({"kind": "fee_waved"}, errors.UnknownKind, LookupError, "fee_waived"),
        ({"kind": 7}, errors.WrongType, TypeError, "name of one"),
        ({"kind": "late_delivery"}, errors.WrongDirection, ValueError, "ledger.withdraw"),
        ({"kind": "review"}, errors.WrongDirection, ValueError, "ledger.observe"),
        ({"magnitude": -1}, errors.InvalidMagnitude, ValueError, "negative"),
        ({"magnitude": True}, errors.WrongType, TypeError, "number"),
        ({"magnitude": math.nan}, errors.InvalidMagnitude, ValueError, "not finite"),
        ({"magnitude": math.inf}, errors.InvalidMagnitude, ValueError, "not finite"),
        ({"magnitude": Decimal("NaN")}, errors.InvalidMagnitude, ValueError, "not finite"),
        ({"magnitude": "three"}, errors.InvalidMagnitude, ValueError, "not a number"),
        ({"magnitude": "1e13"}, errors.InvalidMagnitude, ValueError, "larger unit"),
        ({"magnitude": Decimal("0.0000001")}, errors.InvalidMagnitude, ValueError, "millionth"),
        ({"kind": "fee_waived"}, errors.InvalidMagnitude, ValueError, "cost="),
        ({"cost": 14.99}, errors.InvalidCost, ValueError, r"Money\('14.99', 'USD'\)"),
        ({"cost": Money("-1", "USD")}, errors.InvalidCost, ValueError, "negative"),
        ({"cost": Money("1", "GBP")}, errors.UnknownCurrency, LookupError, "currencies="),
        ({"currency": "USD"}, errors.CurrencyMismatch, ValueError, "cost="),
        (
            {"kind": "fee_waived", "magnitude": 5, "currency": "EUR", "cost": Money("5", "USD")},
            errors.CurrencyMismatch,
            ValueError,
            "one currency",
        ),
        ({"sincerity": 1.5}, errors.InvalidSincerity, ValueError, r"\[-1, 1\]"),
        ({"sincerity": math.nan}, errors.InvalidSincerity, ValueError, "nan"),
        ({"sincerity": True}, errors.WrongType, TypeError, "number"),
        ({"severity": -0.1}, errors.InvalidSeverity, ValueError, "severity"),
        ({"severity": math.inf}, errors.InvalidSeverity, ValueError, "severity"),
        ({"occurred_at": datetime(2025, 1, 1)}, errors.NaiveDatetime, ValueError, "datetime.UTC"),  # noqa: DTZ001 - the naive one is the point
        ({"occurred_at": "2025-01-01"}, errors.WrongType, TypeError, "datetime"),
        ({"occurred_at": NOW + timedelta(minutes=6)}, errors.FutureEntry, ValueError, "future"),
        ({"account": ""}, errors.InvalidAccount, ValueError, "empty"),
        ({"account": "a" * 10_000}, errors.InvalidAccount, ValueError, "10000 characters"),
        ({"account": "a\x00b"}, errors.InvalidAccount, ValueError, "control"),
        ({"account": "a\nb"}, errors.InvalidAccount, ValueError, "control"),
        ({"account": "\ud800"}, errors.InvalidAccount, ValueError, "control"),
        ({"account": 17850.0}, errors.WrongType, TypeError, "17850"),
        ({"account": True}, errors.WrongType, TypeError, "bool"),
        ({"account": None}, errors.WrongType, TypeError, "None"),
        ({"reference": ""}, errors.InvalidReference, ValueError, "empty"),
        ({"reference": "r" * 256}, errors.InvalidReference, ValueError, "256"),
        ({"reference": 12}, errors.WrongType, TypeError, "text"),
        ({"dimensions": {"mood": 1}}, errors.InvalidDimension, ValueError, "declare it"),
        ({"note": "n" * 10_001}, errors.InvalidEntry, ValueError, "10000"),
        ({"attributes": {"when": NOW}}, errors.WrongType, TypeError, "JSON"),
        ({"attributes": {1: "one"}}, errors.WrongType, TypeError, "text keys"),
        ({"in_response_to": "no-such-id"}, errors.InvalidLink, ValueError, r"Ref\('no-such-id'\)"),
        ({"in_response_to": 5}, errors.InvalidLink, ValueError, "an entry, an id or Ref"),
        ({"in_response_to": Ref("")}, errors.InvalidLink, ValueError, "empty"),
    ],
)
def test_what_cannot_be_kept_is_refused_and_the_way_out_is_named(
    ledger: Ledger, given: dict[str, Any], error: type[Exception], builtin: type[Exception], words: str
) -> None:
    refused(ledger, error, builtin, words, **given)


def test_a_withdrawals_kind_is_refused_in_deposit_and_a_deposits_in_withdraw(ledger: Ledger) -> None:
    with pytest.raises(errors.WrongDirection, match="use ledger.deposit"):
        ledger.withdraw("ada", "fee_waived", 5)


def test_a_missing_magnitude_names_the_unit(ledger: Ledger) -> None:
    with pytest.raises(errors.InvalidMagnitude, match="in days"):
        ledger.withdraw("ada", "late_delivery")


def test_a_link_to_a_deposit_is_refused(ledger: Ledger) -> None:
    thanks = ledger.deposit("ada", "thank_you")
    refused(ledger, errors.InvalidLink, ValueError, "answers a withdrawal", in_response_to=thanks)
    refused(ledger, errors.InvalidLink, ValueError, "answers a withdrawal", in_response_to=thanks.id)


def test_a_link_to_another_account_is_refused(ledger: Ledger) -> None:
    late = ledger.withdraw("bob", "dispute")
    refused(ledger, errors.InvalidLink, ValueError, "belongs to account 'bob'", in_response_to=late)


def test_a_link_to_another_ledgers_entry_is_refused(make_ledger: Any) -> None:
    late = make_ledger().withdraw("ada", "dispute")
    refused(make_ledger(), errors.InvalidLink, ValueError, "no entry of this ledger", in_response_to=late)


def test_only_a_deposit_answers(ledger: Ledger) -> None:
    late = ledger.withdraw("ada", "dispute")
    with pytest.raises(errors.InvalidLink, match="withdrawal answers nothing"):
        ledger.record(Withdrawal(account="ada", kind="dispute", occurred_at=NOW, in_response_to=late.id))
    with pytest.raises(errors.InvalidLink, match="observation answers nothing"):
        ledger.record(Observation(account="ada", kind="contact", occurred_at=NOW, in_response_to=late.id))


def test_a_retired_kind_is_read_and_no_longer_written(make_ledger: Any) -> None:
    old = Kind("fax", Direction.DEPOSIT, retired=True, starter=Rate("event", symbolic=1))
    ledger = make_ledger(catalog=service_catalog().extended(old))
    refused(ledger, errors.RetiredKind, ValueError, "retired", kind="fax")


def test_an_alias_is_written_under_the_kinds_name_of_today(make_ledger: Any) -> None:
    visit = Kind("home_visit", Direction.DEPOSIT, aliases=("visit",), starter=Rate("event", symbolic=1))
    ledger = make_ledger(catalog=service_catalog().extended(visit))
    assert ledger.deposit("ada", "visit").kind == "home_visit"


def test_a_reference_used_for_something_else_is_a_conflict_that_shows_both(ledger: Ledger) -> None:
    ledger.deposit("ada", "fee_waived", cost=Money("14.99", "USD"), reference="order:1")
    with pytest.raises(errors.ReferenceConflict, match="14.99") as caught:
        ledger.deposit("ada", "fee_waived", cost=Money("15.99", "USD"), reference="order:1")
    assert "15.99" in str(caught.value)
    assert len(list(ledger.entries())) == 1


def test_the_same_reference_with_the_same_content_returns_the_original(ledger: Ledger) -> None:
    first = ledger.deposit("ada", "fee_waived", 14.99, cost=Money("14.99", "USD"), reference="order:1", note="sorry")
    again = ledger.deposit(
        "ada", "fee_waived", "14.990", cost=Money("14.99", "USD"), reference="order:1", note="really"
    )
    assert (again.id, again.replayed, first.replayed) == (first.id, True, False)
    assert len(list(ledger.entries())) == 1


def test_a_replay_tells_that_the_original_was_reversed(ledger: Ledger) -> None:
    first = ledger.deposit("ada", "upgrade", reference="u")
    reversal = ledger.reverse(first, reason="wrong customer")
    again = ledger.deposit("ada", "upgrade", reference="u")
    assert (again.id, again.reversed_by, again.replayed) == (first.id, reversal.id, True)


def test_absent_is_absent_and_not_its_default(ledger: Ledger) -> None:
    ledger.deposit("ada", "upgrade", reference="u")
    with pytest.raises(errors.ReferenceConflict):
        ledger.deposit("ada", "upgrade", 1, reference="u")


def test_an_entry_is_reversed_at_most_once(ledger: Ledger) -> None:
    entry = ledger.deposit("ada", "upgrade")
    ledger.reverse(entry)
    with pytest.raises(errors.AlreadyReversed, match="at most once"):
        ledger.reverse(entry)


def test_a_reversal_is_not_reversed(ledger: Ledger) -> None:
    reversal = ledger.reverse(ledger.deposit("ada", "upgrade"))
    with pytest.raises(errors.NotReversible, match="record it again"):
        ledger.reverse(reversal)


def test_reversing_what_is_not_there_is_refused(ledger: Ledger) -> None:
    for named in ("no-such-id", Ref("order:9")):
        with pytest.raises(errors.UnknownEntry):
            ledger.reverse(named)


def test_a_reversal_known_before_the_entry_it_takes_out_is_refused(ledger: Ledger, clock: FixedClock) -> None:
    entry = ledger.deposit("ada", "upgrade")
    clock.advance(days=1)
    with pytest.raises(errors.InvalidEntry, match="before that of the entry"):
        ledger.record(Reversal(reverses=entry.id, recorded_at=NOW - timedelta(days=1)))


def test_amend_refuses_what_it_cannot_change(ledger: Ledger) -> None:
    entry = ledger.deposit("ada", "upgrade", reference="u")
    for name, value in {"reference": "v", "type": "withdrawal", "recorded_at": NOW, "colour": "red"}.items():
        with pytest.raises(errors.InvalidEntry, match=name):
            ledger.record(Amendment(amends=entry.id, changes={name: value}))
    with pytest.raises(errors.WrongDirection):
        ledger.amend(entry, kind="dispute")
    assert len(list(ledger.entries())) == 1


def test_one_bad_fact_refuses_its_batch_and_is_named(ledger: Ledger) -> None:
    facts = [
        Deposit(account="ada", kind=kind, occurred_at=NOW) for kind in ("upgrade", "thank_you", "bribe", "upgrade")
    ]
    with pytest.raises(errors.UnknownKind) as caught:
        ledger.record_many(facts)
    assert "bribe" in caught.value.__notes__[0]
    assert list(ledger.entries()) == []


def test_rejects_takes_the_bad_facts_with_their_reasons_and_keeps_the_good(ledger: Ledger) -> None:
    rejects: list[Any] = []
    good = Deposit(account="ada", kind="upgrade", occurred_at=NOW, reference="u")
    facts = [
        good,
        Deposit(account="ada", kind="bribe", occurred_at=NOW),
        Deposit(account="bob", kind="upgrade", occurred_at=NOW, reference="u"),
        Deposit(account="ada", kind="thank_you", occurred_at=NOW, in_response_to="nowhere"),
        Reversal(reverses=Ref("nowhere")),
        Amendment(amends=Ref("u"), changes={"severity": 2.0}),
    ]
    recorded = ledger.record_many(facts, rejects=rejects)
    assert [entry.revision for entry in recorded] == [1, 2]
    assert [type(item.error) for item in rejects] == [
        errors.UnknownKind,
        errors.ReferenceConflict,
        errors.InvalidLink,
        errors.UnknownEntry,
    ]


def test_an_import_may_keep_its_history_and_the_verbs_may_not(ledger: Ledger) -> None:
    past = NOW - timedelta(days=30)
    entry = ledger.record(Deposit(account="ada", kind="upgrade", occurred_at=past, recorded_at=past))
    assert (entry.recorded_at, entry.backfilled) == (past, True)
    with pytest.raises(errors.FutureEntry):
        ledger.record(Deposit(account="ada", kind="upgrade", occurred_at=past, recorded_at=NOW + timedelta(seconds=1)))
    with pytest.raises(TypeError):
        ledger.deposit("ada", "upgrade", recorded_at=past)  # type: ignore[call-arg]  # that is what is tested


def test_ids_are_ordered_by_the_ledgers_clock(ledger: Ledger, clock: FixedClock) -> None:
    ids = []
    for _ in range(20):
        ids.append(uuid.UUID(ledger.deposit("ada", "thank_you").id))
        clock.advance(milliseconds=1)
    assert ids == sorted(ids)
    assert {identifier.version for identifier in ids} == {7}
    assert ids[0].int >> 80 == int(NOW.timestamp() * 1000)


def test_account_ids_are_kept_as_they_are(ledger: Ledger) -> None:
    names = ["A1", "a1", "a1 ", " a1", "ä", "a\u0308", "客户", "0017", "1e5"]
    for name in names:
        ledger.deposit(name, "thank_you")
    ledger.deposit(17850, "thank_you")
    key = uuid.UUID(int=1)
    ledger.deposit(key, "thank_you")
    expected = sorted([*names, "17850", str(key)], key=str.encode)
    assert [account.id for account in ledger.accounts()] == expected


def test_a_policy_that_contradicts_the_catalog_is_refused_at_the_ledgers_door(make_ledger: Any) -> None:
    priced = presets.default().replace(valuation=Valuation(steps=(RateCard(rates={"upgrade": Rate("money", 1)}),)))
    with pytest.raises(errors.PolicyError, match="valuation.steps.0..rates.upgrade.per"):
        make_ledger(policy=priced)
    with pytest.raises(errors.PolicyError):
        make_ledger().balance("ada", policy=priced)


def test_a_ledger_names_at_least_one_currency_of_iso_4217(make_ledger: Any) -> None:
    for currencies in ((), "USD", ("XXY",)):
        with pytest.raises(errors.UnknownCurrency):
            make_ledger(currencies=currencies)


def test_a_fact_does_not_notice_how_the_callers_thread_rounds(ledger: Ledger) -> None:
    with localcontext(prec=3):
        entry = ledger.deposit("ada", "fee_waived", "1234.56", cost=Money("1234.56", "USD"), reference="w")
        with pytest.raises(errors.ReferenceConflict):
            ledger.deposit("ada", "fee_waived", "1234.99", cost=Money("1234.99", "USD"), reference="w")
    assert entry.magnitude == Decimal("1234.56")


def test_facts_of_early_centuries_are_kept(ledger: Ledger) -> None:
    long_ago = datetime(1066, 10, 14, tzinfo=UTC)
    ledger.observe("harold", "contact", occurred_at=long_ago, reference="hastings")
    assert ledger.observe("harold", "contact", occurred_at=long_ago, reference="hastings").replayed


def test_a_negative_zero_is_kept_as_zero(ledger: Ledger) -> None:
    entry = ledger.deposit("ada", "upgrade", sincerity=-0.0)
    assert repr(ledger.entry(entry.id).sincerity) == "0.0"
