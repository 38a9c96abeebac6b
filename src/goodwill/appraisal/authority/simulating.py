"""An authority tried on history: what it would have answered to each concession that was given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import narwhals.stable.v2 as nw

from goodwill.analytics.costing import costed
from goodwill.analytics.folding import facts_by_account
from goodwill.analytics.reading import prepared, rows_of
from goodwill.analytics.schema import MissingColumn, named
from goodwill.analytics.valued import made
from goodwill.appraisal.authority.authority import Authority
from goodwill.appraisal.authority.earlier import Given, Past, concessions
from goodwill.appraisal.authority.seeing import Seen
from goodwill.domain.decision import Answer, Decision, Request
from goodwill.domain.instant import from_us
from goodwill.domain.kind import Catalog
from goodwill.domain.money import Money
from goodwill.ledger.merging import Customer
from goodwill.ledger.reading import Reader
from goodwill.policies.policy import Policy

__all__ = ["Outcome", "Simulation", "simulate"]

NOBODY: Final = "nobody"
"""Who gave what the frame names nobody for; as such they are never counted together."""

COLUMNS: Final[dict[str, Any]] = {
    "account": nw.String,
    "id": nw.String,
    "reference": nw.String,
    "kind": nw.String,
    "occurred_us": nw.Int64,
    "actor": nw.String,
    "role": nw.String,
    "answer": nw.String,
    "rules": nw.String,
    "reasons": nw.String,
    "balance": nw.Float64,
    "currency": nw.String,
    "cost": nw.Float64,
    "bought": nw.Float64,
}
"""The columns of the answer, and what each holds."""


class Outcome(NamedTuple):
    """What would have got one answer, in one currency.

    Attributes:
        concessions: how many.
        cost: what they cost.
        bought: the points that the policy says they were worth when they happened; an assumption, not an effect.
    """

    answer: Answer
    concessions: int
    cost: Money
    bought: float


@dataclass(frozen=True, slots=True)
class Simulation:
    """What an authority would have answered.

    Attributes:
        frame: one row per concession, in the order in which they were given.
        outcomes: by answer and currency, the mildest answer first.
    """

    frame: Any
    outcomes: tuple[Outcome, ...]

    def __str__(self) -> str:
        lines = (
            f"{each.answer.value}: {each.concessions}, {each.cost}, {each.bought:.1f} points" for each in self.outcomes
        )
        return "\n".join(lines) or "no concession"


def simulate(
    authority: Authority,
    frame: Any,
    policy: Policy,
    *,
    role: str | None = None,
    as_known: bool = False,
    links: bool = True,
    columns: Mapping[str, str] | None = None,
    home: str | None = None,
    catalog: Catalog | None = None,
) -> Simulation:
    """What an authority would have answered to each concession (a deposit with a cost) of a history, in order of time.

    Each is decided by what stood in the books before it: the balance at its instant without it, and what had been given
    within the windows. What was given counts, whatever the authority would have said to it: so each answer rests on
    facts, can be checked by itself, and is the one that `decide` gives at that point of the ledger. How customers and
    agents would have gone on after a "no" is nowhere in the data. It follows that windows are as full as they were, so
    that the number of those which a window refuses is an upper bound. A `Budget` counts what was given as the role.

    The fold of the ledger reads each account once for each of its concessions, in Python; an account of n entries, m of
    them concessions, takes time in proportion to n times m. All rows are read into memory.

    Args:
        authority: who may give what.
        frame: one row per entry (pandas, polars, PyArrow, DuckDB), as `goodwill.analytics.waivers` reads it. Columns
            `actor` and `role` are read where they are there.
        policy: reads the balance, and says what was bought.
        role: as what everything was given, where the frame has no column `role` or a row says nothing.
        as_known: leave out what was recorded after the concession itself; needs `recorded_at`. Not for a history that
            was imported later, in whatever order.
        links: False reads an answer to a withdrawal as a deposit like any other, and needs no columns for it.
        columns: what the frame calls a column of ours, such as {"account": "customer_id"}.
        home: the currency of costs that name none, and the one that a point is measured in.
        catalog: whose kinds end a silence and have other names today.

    Returns:
        The frame, of the same kind: `account`, `id`, `reference`, `kind`, `occurred_us`, `actor`, `role`, `answer`,
        `rules` (those that stand against it, null if none does), `reasons` (their words), `balance` (points, before
        it), `currency`, `cost` (in its major units), `bought` (points, when it happened). Concessions that were
        reversed are not in it. And the sums by answer.

    Raises:
        MissingColumn: if the authority looks at actors or roles and the frame has none.
        AppraisalError: for a role that the authority does not know, or a cost without a currency.
        CurrencyMismatch, NaiveDatetime, InvalidCost: as `goodwill.analytics.waivers` and `Authority.decide` do.

    Example:
        >>> import polars as pl
        >>> from datetime import UTC, datetime
        >>> from goodwill import presets
        >>> from goodwill.appraisal import AmountLimit, CountLimit
        >>> entries = pl.DataFrame(
        ...     {
        ...         "account": ["ada", "ada", "bob"],
        ...         "type": ["deposit"] * 3,
        ...         "kind": ["fee_waived"] * 3,
        ...         "cost": [20.0, 10.0, 40.0],
        ...         "currency": ["USD"] * 3,
        ...         "magnitude": [20.0, 10.0, 40.0],
        ...         "occurred_at": [datetime(2026, 3, day, tzinfo=UTC) for day in (1, 2, 3)],
        ...     }
        ... )
        >>> authority = Authority(rules=(AmountLimit(most=Money(25, "USD")), CountLimit(most=1, days=90, otherwise="deny")))
        >>> tried = simulate(authority, entries, presets.default(), links=False)
        >>> tried.frame["answer"].to_list()
        ['allow', 'deny', 'needs_approval']
        >>> [(each.answer.value, each.concessions, each.cost) for each in tried.outcomes][0]
        ('allow', 1, Money('20.00', 'USD'))
    """
    ours = costed(named(frame, columns or {}), home or policy.currency)
    require_columns(ours.collect_schema().names(), authority, role=role, as_known=as_known)
    asked = prepared(ours, policy, known_at=None, links=links, columns=None, home=home, catalog=catalog)
    rows = list(rows_of(asked.frame))
    facts = facts_by_account(rows)
    past = Past(list(concessions(rows, facts, role)), facts, as_known=as_known)
    kinds, currency = catalog or Catalog(()), asked.home or "USD"
    tried = list(decided(authority, past, lambda us: Reader(asked.policy, kinds, currency, from_us(us)), policy.digest))
    columns_made = {name: [each[name] for each in map(row_of, tried)] for name in COLUMNS}
    return Simulation(made(asked.frame, columns_made, COLUMNS).to_native(), tuple(outcomes(tried)))


def require_columns(there: Sequence[str], authority: Authority, *, role: str | None, as_known: bool) -> None:
    """Refuse a frame that does not say what the authority looks at.

    Raises:
        MissingColumn: naming what it should.
    """
    needed = ["actor"] if "actor" in authority.windows else []
    needed += ["role"] if authority.roles and role is None else []
    missing = [name for name in needed if name not in there]
    if as_known and not {"recorded_at", "recorded_us"} & set(there):
        missing.append("recorded_at")
    if missing:
        raise MissingColumn(
            f"the authority looks at {', '.join(missing)}, and the frame has {', '.join(sorted(there))}; name your own "
            f"columns with columns={{{missing[0]!r}: ...}}"
            + ("; role= says it for all rows" if "role" in missing else ""),
            columns=tuple(missing),
        )


class Tried(NamedTuple):
    """A concession, what would have been answered, and what it bought."""

    given: Given
    decision: Decision
    bought: float


def decided(authority: Authority, past: Past, reader_at: Callable[[int], Reader], digest: str) -> Iterator[Tried]:
    """Each concession in force, with what would have been answered."""
    worths: dict[str, dict[str, float]] = {}
    last_us = max((each.fact.occurred_us for each in past.in_order), default=0)
    for one in past.in_order:
        if one.taken_out_us is not None:
            continue
        account = one.fact.account
        if account not in worths:
            _, valued = reader_at(last_us).valued(past.facts_of(account))
            worths[account] = {each.fact.id: each.worth for each in valued}
        seen = seen_before(one, past, reader_at(one.fact.occurred_us), authority.windows, digest)
        yield Tried(one, authority.decide(request_of(one), seen), worths[account].get(one.fact.id, 0.0))


def seen_before(one: Given, past: Past, reader: Reader, windows: Mapping[str, float], digest: str) -> Seen:
    """What would have been seen when a concession was asked for."""
    facts, given = past.facts_before(one), past.before(one, windows)
    balance = reader.balance(Customer(one.fact.account, None, facts))
    opened_us = min((fact.occurred_us for fact in facts if fact.type != "reversal"), default=None)
    return Seen(
        balance=balance.points,
        standing=balance.standing,
        policy=digest,
        opened_at=None if opened_us is None or opened_us > one.fact.occurred_us else from_us(opened_us),
        of_account=given.get("account", ()),
        of_actor=given.get("actor", ()),
        of_role=given.get("role", ()),
    )


def request_of(one: Given) -> Request:
    """What must have been asked."""
    return Request(
        account=one.fact.account,
        kind=one.fact.kind,
        cost=one.cost,
        actor=one.actor or NOBODY,
        requested_at=from_us(one.fact.occurred_us),
        role=one.role,
    )


def row_of(tried: Tried) -> dict[str, Any]:
    """A row of the answer."""
    one, decision = tried.given, tried.decision
    against = decision.against
    return {
        "account": one.fact.account,
        "id": None if one.row.get("id") is None else str(one.row["id"]),
        "reference": one.fact.reference,
        "kind": one.fact.kind,
        "occurred_us": one.fact.occurred_us,
        "actor": one.actor,
        "role": one.role,
        "answer": decision.answer.value,
        "rules": ", ".join(each.rule for each in against) or None,
        "reasons": "; ".join(each.reason for each in against) or None,
        "balance": decision.balance,
        "currency": one.cost.currency,
        "cost": float(one.cost.amount),
        "bought": tried.bought,
    }


def outcomes(tried: Iterable[Tried]) -> Iterator[Outcome]:
    """The sums by answer and currency, the mildest answer first."""
    found: dict[tuple[Answer, str], list[Tried]] = {}
    for each in tried:
        found.setdefault((each.decision.answer, each.given.cost.currency), []).append(each)
    for answer, currency in sorted(found, key=lambda key: (key[0].strictness, key[1])):
        group = found[answer, currency]
        total = sum((each.given.cost for each in group), start=Money(0, currency))
        yield Outcome(answer, len(group), total, sum(each.bought for each in group))
