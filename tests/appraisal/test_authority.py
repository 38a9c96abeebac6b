"""Who may give what: each rule by itself, what they come to together, and what a ledger is asked for them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill import Ledger, Money, presets
from goodwill.appraisal import (
    AmountLimit,
    Answer,
    AppraisalError,
    Authority,
    BalanceNeeded,
    Budget,
    Concession,
    CountLimit,
    Decision,
    GreatCustomer,
    KindsAllowed,
    Request,
    RoleNeeded,
    Seen,
    StandingNeeded,
    SumLimit,
    TenureNeeded,
)
from goodwill.domain.errors import (
    CurrencyMismatch,
    GoodwillError,
    InvalidAccount,
    InvalidCost,
    InvalidEntry,
    NaiveDatetime,
    PolicyError,
    Purged,
    UnknownKind,
    WrongType,
)
from goodwill.ledger.ledger import Ledger as AnyLedger
from goodwill.testing.clock import FixedClock

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ALLOW, ASK, DENY = Answer.ALLOW, Answer.NEEDS_APPROVAL, Answer.DENY


def usd(amount: str | int) -> Money:
    return Money(amount, "USD")


def asked(**said: Any) -> Request:
    given_ = {"account": "ada", "kind": "fee_waived", "cost": usd(20), "actor": "agent-7", "requested_at": NOON}
    return Request(**{**given_, **said})


def seen(**said: Any) -> Seen:
    return Seen(**{"balance": 10.0, "standing": "in credit", "policy": "b" * 64, **said})


def ago(days: float, cost: Money | None = None, kind: str = "fee_waived") -> Concession:
    return Concession(NOON - timedelta(days=days), kind, cost or usd(10))


def answer(*rules: Any, request: Request | None = None, what: Seen | None = None, **of: Any) -> Answer:
    return Authority(rules=rules, **of).decide(request or asked(), what or seen()).answer


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def ledger(clock: FixedClock) -> AnyLedger:
    return Ledger.in_memory(clock=clock, currencies=("USD", "EUR"))


# Each rule by itself


def test_an_amount_is_within_its_limit_up_to_the_cent() -> None:
    assert answer(AmountLimit(most=usd(20))) is ALLOW
    assert answer(AmountLimit(most=usd("19.99"))) is ASK
    assert answer(AmountLimit(most=usd("19.99"), otherwise="deny")) is DENY


def test_a_count_looks_back_so_many_days_and_no_further() -> None:
    rule = CountLimit(most=2, days=30, otherwise="deny")
    microsecond = 1 / 86_400_000_000
    assert answer(rule, what=seen(of_account=(ago(30), ago(1)))) is ALLOW
    assert answer(rule, what=seen(of_account=(ago(30 - microsecond), ago(1)))) is DENY
    assert answer(rule, what=seen(of_account=(ago(0), ago(0)))) is DENY
    assert answer(rule, what=seen(of_account=(ago(-1), ago(-2)))) is ALLOW
    assert answer(rule, what=seen(of_actor=(ago(1), ago(1)))) is ALLOW
    assert answer(rule.replace(per="actor"), what=seen(of_actor=(ago(1), ago(1)))) is DENY


def test_a_rule_for_some_kinds_counts_these_alone() -> None:
    rule = CountLimit(most=1, days=30, kinds=("fee_waived",))
    assert answer(rule, what=seen(of_account=(ago(1, kind="upgrade"),))) is ALLOW
    assert answer(rule, what=seen(of_account=(ago(1),))) is ASK


def test_a_sum_counts_what_is_asked_for_too() -> None:
    rule = SumLimit(most=usd(30), days=90, per="actor")
    assert answer(rule, what=seen(of_actor=(ago(89, usd(10)), ago(91, usd(500))))) is ALLOW
    assert answer(rule, what=seen(of_actor=(ago(89, usd("10.01")),))) is ASK


def test_a_budget_is_what_a_role_has_left() -> None:
    rule = Budget(most=usd(100), days=30, roles=("agent",))
    agent = asked(role="agent")
    assert (
        answer(rule, roles=("agent",), request=agent, what=seen(of_role=(ago(3, usd(80)), ago(31, usd(80))))) is ALLOW
    )
    assert answer(rule, roles=("agent",), request=agent, what=seen(of_role=(ago(3, usd("80.01")),))) is ASK
    assert answer(rule, roles=("agent",), request=agent, what=seen(of_role=(ago(3, usd(99)),), spent=usd(0))) is ALLOW
    assert answer(rule, roles=("agent",), request=agent, what=seen(spent=usd(81))) is ASK


def test_kinds_and_roles_are_named() -> None:
    assert answer(KindsAllowed(one_of=("fee_waived",))) is ALLOW
    assert answer(KindsAllowed(one_of=("upgrade",))) is DENY
    needs = RoleNeeded(one_of=("manager",), kinds=("fee_waived",))
    roles = ("agent", "manager")
    assert answer(needs, roles=roles, request=asked(role="manager")) is ALLOW
    assert answer(needs, roles=roles, request=asked(role="agent")) is ASK


def test_a_balance_a_standing_and_a_tenure_can_be_asked_for() -> None:
    assert answer(BalanceNeeded(least=10, most=10)) is ALLOW
    assert answer(BalanceNeeded(least=10.5)) is ASK
    assert answer(BalanceNeeded(most=9.5, otherwise="deny")) is DENY
    assert answer(StandingNeeded(one_of=("in credit",))) is ALLOW
    assert answer(StandingNeeded(one_of=("overdrawn",))) is ASK
    assert answer(TenureNeeded(days=30), what=seen(opened_at=NOON - timedelta(days=30))) is ALLOW
    assert answer(TenureNeeded(days=30), what=seen(opened_at=NOON - timedelta(days=29))) is ASK
    assert answer(TenureNeeded(days=30), what=seen()) is ASK


def test_for_a_great_customer_the_amount_limit_is_the_higher_of_the_two() -> None:
    limit, great = AmountLimit(most=usd(5)), GreatCustomer(most=usd(20), balance=50, tenure=1000)
    assert answer(limit, great) is ASK
    assert answer(limit, great, what=seen(balance=50.0)) is ALLOW
    assert answer(limit, great, what=seen(opened_at=NOON - timedelta(days=1000))) is ALLOW
    assert answer(limit, great, what=seen(balance=50.0), request=asked(cost=usd("20.01"))) is ASK
    assert answer(AmountLimit(most=usd(30)), great, what=seen(balance=50.0)) is ALLOW, "nobody's limit is lowered"
    assert answer(limit, great, CountLimit(most=0, days=1), what=seen(balance=50.0)) is ASK, "other rules hold"


# Together


def test_every_rule_that_applies_speaks_with_its_numbers_and_the_strictest_holds() -> None:
    authority = Authority(
        roles=("agent", "manager"),
        rules=(
            AmountLimit(most=usd(25), roles=("agent",)),
            AmountLimit(most=usd(200), roles=("manager",)),
            CountLimit(most=1, days=90, otherwise="deny"),
            BalanceNeeded(least=40),
            GreatCustomer(most=usd(100), balance=60),
        ),
    )
    decision = authority.decide(asked(role="agent"), seen(of_account=(ago(10),)))
    assert decision.answer is DENY
    assert [str(each) for each in decision.rules] == [
        "amount_limit: allow, 20.00 USD is within 25.00 USD",
        "count_limit: deny, with this, 2 to this customer in 90 days, of at most 1",
        "balance_needed: needs_approval, a balance of 10.00 points is below 40",
    ]
    assert [each.rule for each in decision.against] == ["count_limit", "balance_needed"]
    assert (decision.balance, decision.policy, decision.decided_at) == (10.0, "b" * 64, NOON)
    assert decision.authority == authority.digest
    great = authority.decide(asked(role="agent", cost=usd(90)), seen(balance=61.5))
    assert [each.reason for each in great.rules if each.rule in {"amount_limit", "great_customer"}] == [
        "90.00 USD is within 100.00 USD",
        "a great customer (a balance of 61.50 points, at least 60): amounts up to 100.00 USD",
    ]


def test_what_no_rule_speaks_of_needs_approval() -> None:
    rules = (AmountLimit(most=usd(25), kinds=("upgrade",)), GreatCustomer(most=usd(100), balance=0))
    decision = Authority(rules=rules).decide(asked(), seen())
    assert decision.answer is ASK
    assert str(decision.rules[0]) == "authority: needs_approval, no rule speaks of fee_waived"


def test_an_authority_prints_as_code_stores_as_json_and_compares_by_value() -> None:
    authority = Authority(
        name="desk",
        roles=("agent", "manager"),
        rules=(
            AmountLimit(most=usd("25.00"), roles=("agent",)),
            CountLimit(most=3, days=90, per="actor", otherwise="deny"),
            SumLimit(most=usd(90), days=90),
            Budget(most=usd(1000), days=30),
            KindsAllowed(one_of=("fee_waived",)),
            RoleNeeded(one_of=("manager",), kinds=("upgrade",)),
            BalanceNeeded(least=-5),
            StandingNeeded(one_of=("in credit",)),
            TenureNeeded(days=7),
            GreatCustomer(most=usd(50), balance=40, tenure=730),
        ),
        rates={"EUR": 1.1},
    )
    assert eval(repr(authority)) == authority
    assert Authority.from_json(authority.to_json()) == authority
    assert authority.replace(name="another").digest == authority.digest
    assert authority.replace(revision=2).digest != authority.digest
    assert authority.windows == {"actor": 90.0, "account": 90.0, "role": 30.0}
    assert authority.fingerprint == f"desk@{authority.digest[:8]}"
    assert authority.json_schema()["properties"]["rules"]["minItems"] == 1


RULES = st.one_of(
    st.builds(AmountLimit, most=st.integers(0, 60).map(usd), otherwise=st.sampled_from(["needs_approval", "deny"])),
    st.builds(CountLimit, most=st.integers(0, 4), days=st.sampled_from([1, 30]), otherwise=st.just("deny")),
    st.builds(SumLimit, most=st.integers(0, 90).map(usd), days=st.sampled_from([1, 30])),
    st.builds(BalanceNeeded, least=st.integers(-20, 20)),
)
SEEN = st.builds(
    seen,
    balance=st.integers(-30, 80).map(float),
    of_account=st.lists(st.builds(ago, st.integers(0, 40), st.integers(0, 30).map(usd)), max_size=4).map(tuple),
)


@given(st.lists(RULES, min_size=1, max_size=4), SEEN, st.integers(0, 70).map(usd))
def test_a_decision_is_a_function_of_what_was_asked_and_seen(rules: list[Any], what: Seen, cost: Money) -> None:
    authority, request = Authority(rules=tuple(rules)), asked(cost=cost)
    decision = authority.decide(request, what)
    assert decision == Authority.from_json(authority.to_json()).decide(replace(request), replace(what))
    assert decision.answer is max((each.answer for each in decision.rules), key=lambda each: each.strictness)


@given(st.lists(RULES, min_size=1, max_size=4), SEEN, st.integers(0, 70).map(usd), st.integers(0, 50), st.data())
def test_a_limit_that_is_raised_never_makes_an_answer_stricter(
    rules: list[Any], what: Seen, cost: Money, more: int, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(rules) - 1))
    raised = list(rules)
    if isinstance(rules[place], BalanceNeeded):
        raised[place] = rules[place].replace(least=rules[place].least - more)
    else:
        step = more if isinstance(rules[place], CountLimit) else usd(more)
        raised[place] = rules[place].replace(most=rules[place].most + step)
    great = GreatCustomer(most=usd(more), balance=data.draw(st.integers(-30, 80)))
    before = answer(*rules, request=asked(cost=cost), what=what)
    for after in (raised, [*rules, great]):
        assert answer(*after, request=asked(cost=cost), what=what).strictness <= before.strictness


# What is refused


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"cost": usd(-1)}, InvalidCost),
        ({"cost": 20.0}, InvalidCost),
        ({"cost": float("nan")}, InvalidCost),
        ({"requested_at": datetime(2026, 3, 1)}, NaiveDatetime),  # noqa: DTZ001 - the fault that is looked for
        ({"requested_at": "today"}, WrongType),
        ({"account": None}, WrongType),
        ({"account": "erased:1"}, InvalidAccount),
        ({"actor": None}, InvalidEntry),
        ({"actor": ""}, InvalidEntry),
        ({"kind": 7}, WrongType),
        ({"magnitude": Decimal("NaN")}, InvalidEntry),
        ({"magnitude": -1}, InvalidEntry),
        ({"in_response_to": 7}, InvalidEntry),
    ],
)
def test_a_request_that_cannot_be_one_is_refused(ledger: AnyLedger, wrong: dict[str, Any], error: type) -> None:
    authority = Authority(rules=(AmountLimit(most=usd(25)),))
    with pytest.raises(error):
        authority.decide(asked(**wrong), seen())
    with pytest.raises(error):
        authority.see(ledger, asked(**wrong))


def test_a_role_that_nobody_knows_is_refused_by_name() -> None:
    authority = Authority(roles=("agent", "manager"), rules=(AmountLimit(most=usd(25)),))
    with pytest.raises(AppraisalError, match=r"role 'intern' is unknown; .* knows agent, manager"):
        authority.decide(asked(role="intern"), seen())
    with pytest.raises(AppraisalError, match="says no role"):
        authority.decide(asked(), seen())


def test_another_currency_needs_a_rate() -> None:
    euros = asked(cost=Money(10, "EUR"))
    with pytest.raises(CurrencyMismatch, match="rates="):
        answer(AmountLimit(most=usd(25)), request=euros)
    assert answer(AmountLimit(most=usd(25)), request=euros, rates={"EUR": 2.5}) is ALLOW
    assert answer(AmountLimit(most=usd(25)), request=euros, rates={"EUR": 2.5000001}) is ASK
    assert answer(CountLimit(most=1, days=9), request=euros) is ALLOW, "no amount is compared"


@pytest.mark.parametrize("balance", [None, float("nan"), float("inf")])
def test_a_balance_that_nobody_saw_is_not_guessed(balance: float | None) -> None:
    for rule in (BalanceNeeded(least=0), StandingNeeded(one_of=("a",)), GreatCustomer(most=usd(9), balance=1)):
        with pytest.raises(AppraisalError, match=r"authority\.see"):
            answer(rule, AmountLimit(most=usd(25)), what=seen(balance=balance))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"rules": ()}, "rules"),
        ({"rules": (AmountLimit(most=usd(1)), SumLimit(most=Money(1, "EUR"), days=1))}, "one currency"),
        ({"rules": (AmountLimit(most=usd(1), roles=("agent",)),)}, "name agent"),
        ({"rules": (AmountLimit(most=usd(1)),), "rates": {"USD": 1.0}}, "own currency"),
        ({"rules": (AmountLimit(most=usd(1)),), "rates": {"EURO": 1.0}}, "ISO 4217"),
        ({"rules": ({"rule": "amount_limits", "most": {"amount": "1", "currency": "USD"}},)}, "rules"),
        ({"rules": ({"rule": "amount_limit", "most": {"amount": "1.001", "currency": "USD"}},)}, "2 decimals"),
    ],
)
def test_an_authority_that_contradicts_itself_is_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(PolicyError, match=words):
        Authority(**wrong)


@pytest.mark.parametrize(
    "make",
    [
        lambda: AmountLimit(most=usd(-1)),
        lambda: AmountLimit(most=25),
        lambda: CountLimit(most=-1, days=1),
        lambda: CountLimit(most=1.5, days=1),
        lambda: CountLimit(most=1, days=0),
        lambda: CountLimit(most=1, days=float("nan")),
        lambda: SumLimit(most=usd(1), days=1, per="team"),
        lambda: AmountLimit(most=usd(1), otherwise="allow"),
        BalanceNeeded,
        lambda: BalanceNeeded(least=2, most=1),
        lambda: GreatCustomer(most=usd(1)),
        lambda: KindsAllowed(one_of=()),
    ],
)
def test_a_rule_that_asks_for_nothing_or_for_nonsense_is_refused(make: Any) -> None:
    with pytest.raises(PolicyError):
        make()


# With a ledger


def test_what_is_seen_is_what_the_ledger_knew_at_the_instant(ledger: AnyLedger, clock: FixedClock) -> None:
    authority = Authority(
        rules=(
            CountLimit(most=1, days=30),
            SumLimit(most=usd(50), days=10, per="actor"),
            GreatCustomer(most=usd(9), tenure=9),
        )
    )
    ledger.withdraw("ada", "late_delivery", 2, occurred_at=NOON - timedelta(days=50))
    given_ = [
        ledger.deposit("ada", "fee_waived", cost=usd(cost), actor=actor, occurred_at=NOON - timedelta(days=days))
        for cost, actor, days in [(1, "agent-7", 31), (2, "eve", 29), (3, "agent-7", 5), (4, "agent-7", 0)]
    ]
    ledger.deposit("bob", "fee_waived", cost=usd(5), actor="agent-7", occurred_at=NOON - timedelta(days=1))
    ledger.deposit("ada", "upgrade", actor="agent-7", occurred_at=NOON - timedelta(days=1))
    ledger.reverse(given_[2])
    found = authority.see(ledger, asked())
    assert [each.cost for each in found.of_account] == [usd(2), usd(4)]
    assert [each.cost for each in found.of_actor] == [usd(5), usd(4)]
    assert found.balance == ledger.balance("ada", as_of=NOON).points
    assert found.policy == ledger.policy.digest
    assert found.opened_at == NOON - timedelta(days=50)
    other = authority.see(ledger, asked(), policy=presets.habituation(ledger.catalog))
    assert other.policy != found.policy
    stranger = authority.see(ledger, asked(account="nobody"))
    assert (stranger.balance, stranger.opened_at, stranger.of_account) == (0.0, None, ())


def test_the_gesture_itself_does_not_count_when_it_is_decided_again(ledger: AnyLedger) -> None:
    authority = Authority(rules=(CountLimit(most=1, days=30), Budget(most=usd(30), days=30)))
    request = asked(reference="order:1:waiver", role="agent")
    first = ledger.record_decision(authority.decide(request, authority.see(ledger, request)), reference="ask:1")
    ledger.deposit("ada", "fee_waived", cost=usd(20), occurred_at=NOON, reference="order:1:waiver")
    again = ledger.record_decision(authority.decide(request, authority.see(ledger, request)), reference="ask:1")
    assert (again.replayed, again) == (True, first)
    another = replace(request, reference="order:2:waiver")
    assert authority.decide(another, authority.see(ledger, another)).answer is ASK


def test_a_budget_is_read_from_what_was_allowed_to_the_role(ledger: AnyLedger) -> None:
    authority = Authority(roles=("agent", "manager"), rules=(Budget(most=usd(50), days=30),))

    def decided(role: str, **said: Any) -> Decision:
        request = asked(role=role, **said)
        return ledger.record_decision(authority.decide(request, authority.see(ledger, request)))

    assert [decided("agent", actor=f"agent-{n}").answer for n in range(3)] == [ALLOW, ALLOW, ASK]
    assert decided("manager").answer is ALLOW
    assert decided("agent", cost=usd(10)).answer is ALLOW, "what was not allowed is not spent"


def test_kinds_are_checked_against_the_catalog(ledger: AnyLedger) -> None:
    with pytest.raises(UnknownKind, match="fee_waived"):
        Authority(rules=(KindsAllowed(one_of=("fee_waved",)),)).see(ledger, asked())


def test_a_window_that_reaches_back_to_what_was_purged_is_refused(ledger: AnyLedger, clock: FixedClock) -> None:
    for days in (100, 95, 90, 80):
        ledger.deposit("ada", "fee_waived", cost=usd(2), occurred_at=NOON - timedelta(days=days))
    ledger.deposit("ada", "fee_waived", cost=usd(2), occurred_at=NOON - timedelta(days=1))
    ledger.purge(before=NOON - timedelta(days=50))
    assert Authority(rules=(CountLimit(most=1, days=49),)).see(ledger, asked()).of_account
    with pytest.raises(Purged):
        Authority(rules=(CountLimit(most=1, days=60),)).see(ledger, asked())


def test_pages_are_read_and_not_everything(ledger: AnyLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.deposit("ada", "fee_waived", cost=usd(2), occurred_at=NOON - timedelta(days=400))
    read: list[Any] = []
    page = type(ledger).page
    monkeypatch.setattr(type(ledger), "page", lambda self, **asked_: read.append(asked_) or page(self, **asked_))
    Authority(rules=(AmountLimit(most=usd(2)),)).see(ledger, asked())
    assert read == []
    Authority(rules=(CountLimit(most=1, days=30),)).see(ledger, asked())
    assert [each["period"].start for each in read] == [NOON - timedelta(days=30) + timedelta(microseconds=1)]


def test_an_answer_is_told_apart_by_match() -> None:
    decision = Authority(rules=(AmountLimit(most=usd(25)),)).decide(asked(), seen())
    match decision.answer:
        case Answer.ALLOW:
            told = "allowed"
        case Answer.NEEDS_APPROVAL | Answer.DENY:
            told = "not allowed"
    assert told == "allowed"
    assert decision.is_allowed


def test_its_errors_are_goodwills() -> None:
    assert issubclass(AppraisalError, GoodwillError)
    with pytest.raises(WrongType):
        Authority(rules=(AmountLimit(most=usd(25)),)).decide(asked(), {"balance": 1.0})  # type: ignore[arg-type]  # on purpose
    with pytest.raises(WrongType):
        Authority(rules=(AmountLimit(most=usd(25)),)).decide("fee_waived", seen())  # type: ignore[arg-type]  # on purpose
