"""The balances of all accounts, computed in the database, are those that folding each account gives."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill import Catalog, Ledger, Policy, presets
from goodwill.domain.entry import Amendment, Entry, Ref, Reversal
from goodwill.domain.errors import GoodwillError
from goodwill.ledger.ports import Store
from goodwill.policies.decay import Decay
from goodwill.policies.schedule import DecaySchedule, SevereFrom
from goodwill.policies.valuation import Valuation
from goodwill.stores.sqlalchemy.planning import obstacles
from goodwill.terms import Endowment, Silence
from goodwill.testing.clock import FixedClock
from goodwill.testing.histories import CATALOG, END, entries, instants
from goodwill.testing.store_surveying import agrees
from goodwill.testing.strategies import decays
from goodwill.valuations import (
    ATTRACTIVE,
    MUST_BE,
    Cap,
    Concave,
    Gains,
    Justice,
    Kano,
    LinkedRecovery,
    Prospect,
    RateCard,
    SCurve,
    Severity,
    Sincerity,
    Tolerance,
)
from tests.databases import Database, fewer

Story = list[tuple[str, Any]]
LATER = END + timedelta(days=400)
NAMES = ("ada", "Ada", "bob", "bob ", "Zoë")


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """What happens to a few customers: entries, some taken out or amended, some names merged or parted."""
    told: Story = []
    for number in range(draw(st.integers(1, 14))):
        told.append(("entry", draw(entries(account=draw(st.sampled_from(NAMES)), number=number))))
        what = draw(st.sampled_from(["", "", "", "reverse", "amend", "merge", "unmerge", "restrict"]))
        reference = Ref(f"r{draw(st.integers(0, number))}")
        if what == "reverse":
            told.append((what, reference))
        elif what == "amend":
            changes = draw(
                st.sampled_from([{"severity": 2.5}, {"account": "bob"}]) | instants.map(lambda at: {"occurred_at": at})
            )
            told.append((what, (reference, changes)))
        elif what in {"merge", "unmerge", "restrict"}:
            told.append((what, draw(st.permutations(NAMES))))
    return told


def play(ledger: Ledger, clock: FixedClock, story: Story, *, by_id: bool = False) -> list[datetime]:
    """Record a story, an hour after another; what the ledger refuses is left out. Links are by id where they can be."""
    instants_of = [clock.now()]
    for what, given_ in story:
        clock.advance(hours=1)
        instants_of.append(clock.now())
        try:
            tell(ledger, what, given_, by_id)
        except GoodwillError:
            continue
    return instants_of


def tell(ledger: Ledger, what: str, given_: Any, by_id: bool) -> None:
    if what == "entry":
        ledger.record(linked_by_id(ledger, given_) if by_id else given_)
    elif what == "reverse":
        ledger.record(Reversal(reverses=given_))
    elif what == "amend":
        ledger.record(Amendment(amends=given_[0], changes=given_[1]))
    elif what == "merge":
        ledger.merge(given_[0], into=given_[1])
    elif what == "unmerge":
        ledger.unmerge(given_[0])
    else:
        ledger.restrict_account(given_[0])


def linked_by_id(ledger: Ledger, entry: Entry) -> Entry:
    if entry.in_response_to is None:
        return entry
    try:
        return replace(entry, in_response_to=ledger.entry(entry.in_response_to).id)
    except GoodwillError:
        return entry


def at_hand(decay: Decay) -> bool:
    return not obstacles(presets.default(CATALOG).replace(decay=decay))


SHARES = st.sampled_from([0.0, 0.25, 0.5, 1.0]) | st.floats(0.001, 1.0)
SIZES = st.sampled_from([0.5, 1.0, 2.0]) | st.floats(0.01, 20.0)
FADING = decays(1).filter(at_hand)
KINDS = st.sampled_from(list(CATALOG))
CURVES = st.builds(Concave, c0=SIZES) | st.builds(SCurve, mid=st.floats(0.1, 2.0))
GAINS = st.sampled_from([ATTRACTIVE, MUST_BE, Gains(above=0.0, below=0.0), Gains(above=-1.0, below=-1.0)])
RULES = st.builds(
    LinkedRecovery,
    curve=CURVES,
    by_failure=st.dictionaries(KINDS, CURVES, max_size=2),
    rho=st.sampled_from([0.0, 0.8, 1.0, 1.3]),
    cap=st.just(1.5) | st.floats(0.1, 10.0),
    speed=st.none() | FADING,
    matching=st.dictionaries(KINDS, st.dictionaries(KINDS, SHARES, max_size=2), max_size=2),
    justice=st.none() | st.just(Justice()),
)
STEPS: tuple[st.SearchStrategy[Any], ...] = (
    st.just(Sincerity()),
    st.builds(Tolerance, lower=st.sampled_from([0.0, -0.5, -5.0]), upper=st.sampled_from([0.0, 0.5, 3.0])),
    st.just(Prospect()) | st.builds(Prospect, alpha=st.floats(0.1, 1.0), beta=st.floats(0.1, 1.0), loss_aversion=SIZES),
    st.builds(Kano, gains=st.dictionaries(KINDS, GAINS, max_size=3)),
    st.just(Severity()),
    RULES,
    st.builds(Cap, points=SIZES),
)
TERMS = st.sampled_from(
    [(), (Silence(points=5, grace=30, half_life=90),), (Endowment(points=4, decay=presets.default().decay.default),)]
)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """A policy that looks at single entries and at what they answer, with numbers of ordinary size."""
    steps = [draw(step) for step in STEPS if draw(st.integers(0, 3))]
    schedule = DecaySchedule(
        default=draw(FADING),
        by_direction=draw(st.dictionaries(st.sampled_from(["deposit", "withdrawal"]), FADING, max_size=2)),
        by_kind=draw(st.dictionaries(KINDS, FADING, max_size=2)),
        by_severity=tuple(SevereFrom(severity=limit, decay=draw(FADING)) for limit in draw(st.sets(SIZES, max_size=1))),
    )
    return Policy(
        currency="USD",
        rates=draw(st.sampled_from([{}, {"EUR": 1.1}])),
        valuation=Valuation(steps=(RateCard.from_catalog(CATALOG), *steps)),
        decay=schedule,
        terms=draw(TERMS),
    )


def ledger_on(store: Store, policy: Policy, catalog: Catalog = CATALOG) -> tuple[Ledger, FixedClock]:
    clock = FixedClock(END)
    return Ledger(store, policy=policy, catalog=catalog, currencies=("USD", "EUR", "GBP"), clock=clock), clock


@pytest.mark.slow
def test_all_accounts_are_read_as_each_of_them_is(database: Database) -> None:
    @fewer(10)
    @given(policies(), stories(), st.booleans(), st.data())
    def law(policy: Policy, story: Story, by_id: bool, data: st.DataObject) -> None:
        ledger, clock = ledger_on(database.store(ledger=uuid.uuid4().hex), policy)
        moments = play(ledger, clock, story, by_id=by_id)
        clock.set(LATER)
        assert ledger.plan().engine == "database"
        agrees(ledger)
        agrees(ledger, as_of=data.draw(instants))
        agrees(ledger, as_of=data.draw(instants), known_at=data.draw(st.sampled_from(moments)))

    law()


PRESETS = [getattr(presets, name) for name in presets.__all__ if name != "service_catalog"]


@pytest.mark.slow
@pytest.mark.parametrize("make", PRESETS, ids=lambda make: make.__name__)
def test_every_preset_reads_all_accounts_as_each_of_them(make: Any, database: Database) -> None:
    policy = make(CATALOG).replace(rates={"EUR": 1.1})

    @fewer(25)
    @given(stories(), instants)
    def law(story: Story, as_of: datetime) -> None:
        ledger, clock = ledger_on(database.store(ledger=uuid.uuid4().hex), policy)
        play(ledger, clock, story)
        clock.set(LATER)
        agrees(ledger)
        agrees(ledger, as_of=as_of)

    law()
