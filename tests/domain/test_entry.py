from __future__ import annotations

import copy
import dataclasses
import datetime as dt
import pickle
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill.domain import entry as module
from goodwill.domain.entry import (
    ABSENT,
    UNRECORDED,
    Amendment,
    Deposit,
    Fact,
    Kept,
    Observation,
    Opening,
    Promise,
    Ref,
    Reversal,
    Withdrawal,
)
from goodwill.domain.instant import to_us
from goodwill.domain.money import Money

NAMES = {name: getattr(module, name) for name in module.__all__} | {
    "Money": Money,
    "Decimal": Decimal,
    "datetime": dt,
}
WHEN = datetime(2026, 3, 1, tzinfo=UTC)
WAIVER = Deposit(
    account="ada",
    kind="fee_waived",
    occurred_at=WHEN,
    magnitude=Decimal("14.99"),
    currency="USD",
    cost=Money("14.99", "USD"),
    reference="order:1:waiver",
    in_response_to=Ref("order:1:late"),
    dimensions={"distributive": 0.5},
)
LATE = Withdrawal(account="ada", kind="late_delivery", occurred_at=WHEN)
PURCHASE = Observation(account="ada", kind="purchase", occurred_at=WHEN, magnitude=Decimal(40))
STORNO = Reversal(reverses="0198", account="ada", kind="late_delivery", occurred_at=WHEN)
ENTRIES = [WAIVER, LATE, PURCHASE, STORNO]
FACTS = st.builds(
    Deposit,
    account=st.text(),
    kind=st.text(),
    occurred_at=st.datetimes(timezones=st.just(UTC)),
    magnitude=st.decimals(0, 10**9, places=6) | st.just(ABSENT),
    in_response_to=st.none() | st.text() | st.builds(Ref, st.text()),
    sincerity=st.none() | st.floats(-1, 1),
    severity=st.none() | st.floats(0, 9),
    dimensions=st.dictionaries(st.text(), st.floats(0, 1) | st.text()),
    note=st.none() | st.text(),
    attributes=st.dictionaries(st.text(), st.integers()),
)


@given(FACTS)
def test_an_entry_prints_as_code_and_survives_a_copy_and_a_pickle(fact):
    assert eval(repr(fact), NAMES) == fact
    assert copy.deepcopy(fact) == pickle.loads(pickle.dumps(fact)) == fact
    assert hash(copy.deepcopy(fact)) == hash(fact)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.type)
def test_an_entry_prints_as_code(entry):
    assert eval(repr(entry), NAMES) == entry


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.type)
def test_an_entry_prints_the_same_whatever_the_store_called_it(entry):
    recorded = dataclasses.replace(entry, id="0199", seq=7, recorded_at=WHEN)
    assert repr(recorded) == repr(entry)


def test_an_entry_hides_what_it_was_not_given():
    assert repr(LATE).startswith("Withdrawal(account='ada', kind='late_delivery', occurred_at=")
    assert repr(LATE).count("=") - repr(LATE.occurred_at).count("=") == 3


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.type)
def test_an_entry_is_replaced_and_never_changed(entry):
    with pytest.raises(AttributeError):
        entry.kind = "other"
    assert dataclasses.replace(entry, kind="other") != entry


def test_each_sort_of_entry_has_its_word():
    assert [entry.type for entry in ENTRIES] == ["deposit", "withdrawal", "observation", "reversal"]


@pytest.mark.parametrize(
    "of_the_store", [{"seq": 7}, {"replayed": True}, {"reversed_by": "0199"}, {"backfilled": True}], ids=str
)
def test_what_the_store_adds_makes_no_other_entry(of_the_store):
    assert dataclasses.replace(WAIVER, **of_the_store) == WAIVER


def test_a_deposit_and_a_withdrawal_of_the_same_facts_are_not_equal():
    assert Deposit(account="ada", kind="dispute", occurred_at=WHEN) != Withdrawal(
        account="ada", kind="dispute", occurred_at=WHEN
    )


def test_a_magnitude_that_was_not_given_is_told_from_every_number():
    assert LATE.magnitude is ABSENT
    assert LATE.magnitude == ABSENT
    assert repr(ABSENT) == "ABSENT"
    assert not ABSENT != ABSENT  # noqa: PLR0124, SIM202 - a NaN differs from itself
    assert all(number != ABSENT for number in (Decimal("NaN"), Decimal(0), Decimal(-1), 0, None))


def test_a_magnitude_that_was_not_given_stays_so_in_a_copy_and_a_pickle():
    assert pickle.loads(pickle.dumps(LATE)).magnitude is ABSENT
    assert copy.deepcopy(LATE).magnitude is ABSENT
    assert copy.copy(LATE.magnitude) is ABSENT
    assert hash(copy.deepcopy(LATE)) == hash(LATE)


def test_two_entries_do_not_share_what_nobody_gave_them():
    other = Withdrawal(account="bob", kind="late_delivery", occurred_at=WHEN)
    assert LATE.dimensions == other.dimensions == {}
    assert LATE.dimensions is not other.dimensions
    assert dataclasses.asdict(LATE)["attributes"] == {}


def test_an_entry_that_no_ledger_recorded_says_so():
    assert (LATE.id, LATE.recorded_at, LATE.revision) == ("", UNRECORDED, 1)
    assert UNRECORDED.tzinfo is UTC


def test_a_reversal_takes_its_account_and_kind_from_what_it_takes_out():
    assert Reversal(reverses=Ref("order:1:late")) == Reversal(reverses=Ref("order:1:late"), account="", kind="")
    with pytest.raises(TypeError, match="reverses"):
        Reversal()


def test_a_ref_prints_as_code_and_is_no_id():
    assert eval(repr(Ref("order:1:late"))) == Ref("order:1:late")
    assert Ref("0198") != "0198"


def test_an_amendment_names_what_changes():
    amendment = Amendment(amends=Ref("order:1:late"), changes={"magnitude": Decimal(2)}, reason="typo")
    assert eval(repr(amendment), NAMES) == amendment


def test_a_fact_survives_a_pickle_and_is_neutral_by_default():
    fact = Fact("0198", 1, "deposit", "ada", "thank_you", 0, 0)
    assert pickle.loads(pickle.dumps(fact)) == copy.deepcopy(fact) == fact
    assert (fact.magnitude, fact.sincerity, fact.severity) == (1.0, 1.0, 1.0)
    assert fact.dimensions == {}


def test_a_fact_has_of_an_entry_what_a_reading_needs_and_1_where_nobody_said():
    fact = Fact.of(WAIVER)
    assert (fact.type, fact.account, fact.kind, fact.magnitude) == ("deposit", "ada", "fee_waived", 14.99)
    assert (fact.occurred_us, fact.in_response_to) == (to_us(WHEN), Ref("order:1:late"))
    assert (fact.sincerity, fact.severity, fact.dimensions) == (1.0, 1.0, {"distributive": 0.5})


def test_a_zero_that_somebody_said_stays_zero():
    scripted = dataclasses.replace(WAIVER, sincerity=0.0, severity=0.0)
    assert (Fact.of(scripted).sincerity, Fact.of(scripted).severity) == (0.0, 0.0)


def test_the_fact_of_a_reversal_names_what_it_takes_out():
    assert Fact.of(STORNO).reverses == "0198"


PROMISE = Promise(account="ada", kind="callback", occurred_at=WHEN, due=WHEN, recurs="FREQ=DAILY", tz="UTC")
KEPT = Kept(account="ada", kind="callback", occurred_at=WHEN, in_response_to="0198")
OPENING = Opening(account="ada", occurred_at=WHEN, positive=1.5, read_under="ab")
CHANGES = {"kind": "other", "magnitude": Decimal(3), "id": "0199", "seq": 7, "note": "n", "backfilled": True}


@pytest.mark.parametrize("entry", [*ENTRIES, PROMISE, KEPT, OPENING], ids=lambda entry: entry.type)
def test_an_altered_entry_is_what_replace_makes_of_it_and_the_first_stays_as_it_was(entry):
    before = repr(entry)
    altered = module.altered(entry, CHANGES)
    expected = dataclasses.replace(entry, **CHANGES)
    assert type(altered) is type(entry)
    assert dataclasses.asdict(altered) == dataclasses.asdict(expected)
    assert hash(altered) == hash(expected)
    assert repr(entry) == before
    with pytest.raises(dataclasses.FrozenInstanceError):
        altered.kind = "another"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Gift(Deposit):
    """A host's own form."""

    wrapped: bool = True

    def __post_init__(self):
        object.__setattr__(self, "wrapped", self.magnitude > 1)


def test_a_hosts_own_form_is_altered_through_its_init():
    gift = Gift(account="ada", kind="gift", occurred_at=WHEN, magnitude=Decimal(1))
    assert (gift.wrapped, module.altered(gift, {"magnitude": Decimal(2)}).wrapped) == (False, True)
