"""What each option would be worth to each of many customers: the portfolio that `win_back` chooses from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any, Unpack

import narwhals.stable.v2 as nw
import numpy as np

from goodwill import presets
from goodwill.analytics.folding import facts_by_account
from goodwill.analytics.gathering import asked
from goodwill.analytics.lookup import like
from goodwill.analytics.reading import collected, rows_of
from goodwill.analytics.returning import in_memory, returned
from goodwill.analytics.schema import named
from goodwill.analytics.spark import is_spark
from goodwill.appraisal.book import Account, Book, opened, present
from goodwill.appraisal.choosing.options import Option, checked
from goodwill.appraisal.choosing.weighing import Weighed, Weighing, weighed
from goodwill.appraisal.faults import AppraisalError
from goodwill.appraisal.parameters import Rates, rounded
from goodwill.appraisal.replaying import instants
from goodwill.appraisal.retention import RetentionLink
from goodwill.appraisal.terms import WordOfMouth
from goodwill.appraisal.value import CustomerValue
from goodwill.domain.entry import Fact
from goodwill.domain.instant import from_us
from goodwill.domain.kind import Catalog
from goodwill.ledger.drafting import Door
from goodwill.ledger.ledger import Ledger
from goodwill.policies.policy import Policy

__all__ = ["candidates"]


def candidates(
    book: Any,
    customers: Any,
    options: Iterable[Option],
    *,
    value: CustomerValue,
    link: RetentionLink,
    as_of: datetime | None = None,
    account: str = "account",
    margin: str = "margin",
    known_at: datetime | None = None,
    policy: Policy | None = None,
    catalog: Catalog | None = None,
    home: str | None = None,
    links: bool = True,
    columns: Mapping[str, str] | None = None,
    rates: Rates | None = None,
    word_of_mouth: WordOfMouth | None = None,
    **weighing: Unpack[Weighing],
) -> Any:
    """What each option would be worth to each customer, given now, against nothing; a frame like that of the customers.

    Each number is the one that `appraise` would tell; an account is read once for all of its options.

    Args:
        book: a ledger, or a frame of entries as `goodwill.analytics.balances` takes it (not of PySpark).
        customers: a frame with one row per customer (pandas, polars, PyArrow, DuckDB). One without entries is at 0.
        options: what could be given to each; none that answers a certain entry.
        value: what a customer is worth who stays; the margin is replaced by each customer's own.
        link: from goodwill to staying.
        as_of: the present; the ledger's clock where none is named. Of a frame it must be.
        account: the customers' column of ids.
        margin: their column of margins per period, in major units of the currency of the value.
        known_at: what was recorded later is not read.
        policy: the ledger's own where none is named; of a frame `presets.default()`.
        catalog: of a frame, its kinds: `presets.service_catalog()` where none is named.
        home: of a frame, the currency that a point is measured in, where the policy names none.
        links: of a frame, as `balances` takes it.
        columns: of a frame of entries, as `balances` takes them.
        rates: as `appraise` takes them.
        word_of_mouth: as `appraise` takes it.
        weighing: `handling`, `claim_probability`, `volatility`, `norms` and `norm`, as `appraise` takes them, for all.

    Returns:
        One row per customer and option: `account`, `option`, `kind`, `group`, `currency`, `cost` (exact decimals, in
        major units), `value` (what it adds), `net` (less the cost), `bought` (points), `goodwill` (the balance now),
        `stay` (the probability of staying for the next period if nothing is given) and `margin`.

    Raises:
        AppraisalError: for no customers, one twice or without a margin, an option that answers an entry; and as
            `appraise` does.
        MissingColumn, NaiveDatetime, WrongType: as `balances` does.

    Example:
        >>> import polars as pl
        >>> from goodwill import Money
        >>> ledger = Ledger.in_memory()
        >>> customers = pl.DataFrame({"account": ["ada", "bob"], "margin": [20.0, 60.0]})
        >>> value = CustomerValue(margin=Money(1, "USD"), discount=0.01, period_days=30)
        >>> link = RetentionLink(base=0.95, slope=0.02, source="an assumption")
        >>> found = candidates(ledger, customers, [Option(kind="upgrade", cost=Money(8, "USD"))], value=value, link=link)
        >>> [(name, round(net, 2)) for name, net in found.select("account", "net").rows()]
        [('ada', -1.1), ('bob', 12.7)]
    """
    options = for_many(options)
    if is_spark(book) or is_spark(customers):
        raise AppraisalError("a frame of PySpark is appraised on one machine: collect the customers of interest first")
    frame = named(customers, {"account": account, "margin": margin})
    margins = margins_of(frame, value.currency)
    asked: dict[str, Any] = {"as_of": as_of, "known_at": known_at, "policy": policy}
    if isinstance(book, Ledger):
        books = of_ledger(book, margins, **asked)
    else:
        books = of_frame(book, margins, catalog=catalog, home=home, links=links, columns=columns, **asked)
    how: dict[str, Any] = {"link": link, "rates": rates, "word_of_mouth": word_of_mouth, **weighing}
    rows = []
    for name, own in books:
        here = present(own, as_of, known_at, ())
        given = [(option, from_us(here.at_us)) for option in options]
        its = value.replace(margin=rounded(margins[name], value.currency))
        rows += [row(name, here, each) for each in weighed(here, given, account=name, value=its, **how)]
    return returned(in_memory(frame, {key: [each[key] for each in rows] for key in rows[0]}), frame)


def for_many(options: Iterable[Option]) -> list[Option]:
    """Options that anybody could be given.

    Raises:
        AppraisalError: as `checked` does, and for one that answers a certain entry.
    """
    some = checked(options)
    answering = next((each for each in some if each.in_response_to is not None), None)
    if answering is not None:
        raise AppraisalError(
            f"{answering.name} answers one entry, and these options are for many customers; leave in_response_to out"
        )
    return some


def row(account: str, here: Account, each: Weighed) -> dict[str, Any]:
    """One customer and option."""
    value, link, without = each.case.value, each.case.link, each.case.case.without
    first = instants(here.at_us, value.period_days, 1)
    return {
        "account": account,
        "option": each.option.name,
        "kind": each.option.kind,
        "group": each.option.group,
        "currency": value.currency,
        "cost": each.cost.amount,
        "value": each.value,
        "net": each.net,
        "bought": each.bought,
        "goodwill": each.before,
        "stay": float(np.asarray(link.rate(without.points(first)))[0]),
        "margin": float(value.margin.amount),
    }


def margins_of(customers: Any, currency: str) -> dict[str, float]:
    """The margin of each customer, in the order of the frame.

    Raises:
        MissingColumn: if the frame has no such columns.
        AppraisalError: if there is nobody, somebody twice, or a margin is none.
    """
    found: dict[str, float] = {}
    for each in rows_of(collected(customers.select("account", "margin"))):
        name, margin = each["account"], each["margin"]
        if name is None:
            raise AppraisalError("a customer has no account; leave the row out")
        if str(name) in found:
            raise AppraisalError(f"{name!r} stands in two rows; customers are one row each")
        if isinstance(margin, bool) or not isinstance(margin, int | float | Decimal) or not isfinite(margin):
            raise AppraisalError(f"{name!r} has no margin: {margin!r} is no amount of {currency}")
        found[str(name)] = float(margin)
    if not found:
        raise AppraisalError("no customers: the frame has no rows")
    return found


def of_ledger(
    ledger: Ledger, names: Iterable[str], *, as_of: datetime | None, known_at: datetime | None, policy: Policy | None
) -> Iterator[tuple[str, Book]]:
    """Each customer's facts, of a ledger, all as of one present."""
    now = as_of or ledger.clock.now()
    for name in names:
        yield name, opened(ledger, name, now=now, known_at=known_at, policy=policy, catalog=None, home=None)


def of_frame(
    frame: Any,
    names: Iterable[str],
    *,
    as_of: datetime | None,
    known_at: datetime | None,
    policy: Policy | None,
    catalog: Catalog | None,
    home: str | None,
    links: bool,
    columns: Mapping[str, str] | None,
) -> Iterator[tuple[str, Book]]:
    """The same of a frame of entries."""
    if as_of is None:
        raise AppraisalError("a frame of entries has no clock; say the present with as_of=")
    policy, catalog, names = policy or presets.default(), catalog or presets.service_catalog(), list(names)
    asking = asked(frame, policy, known_at=known_at, links=links, columns=columns, home=home, catalog=catalog)
    wanted = asking.frame.join(like(asking.frame, {"account": names}, {"account": nw.String}), on="account", how="semi")
    facts: dict[str, list[Fact]] = facts_by_account(rows_of(with_reversals(asking.frame, wanted)))
    door = Door(catalog, (asking.home or "USD",), timedelta(0))
    for name in names:
        yield name, Book(facts.get(name, []), asking.policy, catalog, door, as_of)


def with_reversals(every: Any, wanted: Any) -> Any:
    """The rows of some accounts, and all reversals, which take out what they name whoever's row they are."""
    others = every.filter(nw.col("type") == "reversal")
    if not len(collected(others.select("account").head(1))):
        return wanted
    return nw.concat([wanted.filter(nw.col("type") != "reversal"), others])
