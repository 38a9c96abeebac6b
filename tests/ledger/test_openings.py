"""Openings: points that stand for what is not in the ledger."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest

from goodwill import DecaySchedule, Ledger, Opening, Policy, presets
from goodwill.decays import HalfLife, NoDecay
from goodwill.domain.errors import FutureEntry, InvalidEntry, InvalidMagnitude, ReferenceConflict
from goodwill.testing.clock import FixedClock

OTHER = "ab" * 32


def opening(ledger: Ledger, days: int = 10, **given: object) -> Opening:
    """An opening of some days ago."""
    at = ledger.clock.now() - timedelta(days=days)
    fact = Opening(**{"account": "ada", "positive": 8.0, "negative": -3.0, "occurred_at": at, **given})  # type: ignore[arg-type]
    return ledger.record(fact)  # type: ignore[return-value]


def schedule(policy: Policy) -> Policy:
    """The policy with a decay of its own for each direction."""
    by_direction = {"deposit": HalfLife(days=10), "withdrawal": NoDecay()}
    return policy.replace(decay=DecaySchedule(default=HalfLife(days=84), by_direction=by_direction))


def test_its_two_parts_fade_by_the_policys_decay_for_each_direction(ledger: Ledger) -> None:
    opening(ledger, days=10)
    balance = ledger.balance("ada", policy=schedule(ledger.policy))
    assert (balance.positive, balance.negative, balance.points) == (4.0, -3.0, 1.0)
    assert (balance.entries, balance.unvalued, balance.last_contact, balance.is_known) == (1, (), None, True)


def test_it_skips_every_step_of_the_valuation(ledger: Ledger) -> None:
    opening(ledger, days=0)
    for policy in (presets.tk92(), presets.linear(), presets.habituation(), presets.double_deviation()):
        assert ledger.balance("ada", policy=policy).points == pytest.approx(5.0)
    worths = [each.worth for each in ledger.contributions("ada")]
    assert worths == [8.0, -3.0]
    assert all(each.trace == () and each.kind == each.type == "opening" for each in ledger.contributions("ada"))


def test_it_is_kept_as_it_was_said_and_replayed(ledger: Ledger) -> None:
    first = opening(ledger, reference="o", read_under=OTHER, note="from the old system", attributes={"points": 5})
    found = ledger.entry(first.id)
    assert (found, found.note, found.attributes) == (first, "from the old system", {"points": 5})
    assert opening(ledger, reference="o", read_under=OTHER).replayed
    with pytest.raises(ReferenceConflict, match=r"positive recorded as 8\.0, now 9\.0"):
        opening(ledger, reference="o", read_under=OTHER, positive=9.0)


def test_under_another_policy_it_is_read_the_same_and_listed_as_foreign(ledger: Ledger) -> None:
    brought = opening(ledger, days=0)
    assert ledger.balance("ada").foreign == ()
    foreign = opening(ledger, days=1, read_under=OTHER)
    own = opening(ledger, days=2, read_under=ledger.policy.digest)
    balance = ledger.balance("ada")
    assert balance.foreign == (foreign.id,)
    assert {each.id for each in ledger.contributions("ada")} == {brought.id, foreign.id, own.id}


def test_of_those_that_one_purge_wrote_for_several_policies_one_is_read(ledger: Ledger) -> None:
    third = presets.linear()
    first = opening(ledger, positive=1.0, negative=0.0, read_under=OTHER)
    own = opening(ledger, positive=2.0, negative=0.0, read_under=ledger.policy.digest)
    assert [each.id for each in ledger.contributions("ada")] == [own.id]
    assert ledger.balance("ada").foreign == ()
    assert [each.id for each in ledger.contributions("ada", policy=third)] == [first.id]
    assert ledger.balance("ada", policy=third).foreign == (first.id,)


def test_it_opens_the_account_and_counts_in_a_statement(ledger: Ledger, clock: FixedClock) -> None:
    made = opening(ledger, days=10)
    assert ledger.account("ada").opened_at == made.occurred_at
    statement = ledger.statement("ada", "last 30 days")
    assert (statement.deposited, statement.withdrawn) == (8.0, 3.0)
    assert abs(statement.residual) < 1e-9


def test_a_reversal_takes_both_parts_out(ledger: Ledger) -> None:
    made = opening(ledger)
    ledger.reverse(made)
    assert ledger.balance("ada").points == 0.0
    assert ledger.contributions("ada") == []


@pytest.mark.parametrize(
    ("given", "error", "way_out"),
    [
        ({"positive": -1.0}, InvalidMagnitude, "positive"),
        ({"negative": 1.0}, InvalidMagnitude, "negative"),
        ({"positive": math.nan}, InvalidMagnitude, "positive"),
        ({"positive": math.inf}, InvalidMagnitude, "positive"),
        ({"read_under": "default@12345678"}, InvalidEntry, "policy.digest"),
        ({"kind": "upgrade"}, InvalidEntry, "leave out kind='upgrade'"),
        ({"in_response_to": "x", "sincerity": 0.5}, InvalidEntry, "leave out in_response_to, sincerity"),
    ],
)
def test_what_is_no_opening_is_refused(
    ledger: Ledger, given: dict[str, object], error: type[Exception], way_out: str
) -> None:
    with pytest.raises(error, match=way_out):
        opening(ledger, **given)
    assert list(ledger.entries()) == []


def test_it_is_not_of_the_future_and_is_not_amended(ledger: Ledger) -> None:
    with pytest.raises(FutureEntry):
        opening(ledger, days=-1)
    with pytest.raises(InvalidEntry, match="reverse it and record another"):
        ledger.amend(opening(ledger), positive=1.0)


def test_what_if_takes_one_too(ledger: Ledger) -> None:
    made = Opening(account="ada", positive=5.0, occurred_at=ledger.clock.now())
    assert ledger.what_if("ada", made).points == 5.0
    assert not ledger.balance("ada").is_known
