"""What signals are read from: the claims, what they are claims among, who gave them, and what entries say besides."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import narwhals.stable.v2 as nw

from goodwill import analytics
from goodwill.analytics.costing import AMOUNT, CURRENCY, costed
from goodwill.analytics.reading import collected, rows_of, today
from goodwill.analytics.schema import LIMITS, Frame, MissingColumn, is_parked, named, opened, refuse
from goodwill.analytics.valuing import in_force
from goodwill.appraisal.faults import AppraisalError
from goodwill.domain.account import ERASED
from goodwill.domain.errors import UnknownAccount
from goodwill.domain.instant import to_us
from goodwill.domain.kind import Catalog, Direction
from goodwill.ledger.ledger import Ledger

__all__ = [
    "Asked", "Claim", "Exposures", "Purchase", "Said", "Spent", "asked", "claims_of", "entries_by_actor", "exposures",
    "said_of",
]  # fmt: skip

NEEDED: Final = ("account", "type", "kind", "occurred_at", "id")
BESIDE: Final = ("dimensions", "attributes")
"""The columns of JSON in which entries say what has no column of its own."""

OF: Final = {name: name for name in ("account", "id", "kind", "occurred_us", "actor")} | {
    AMOUNT: "amount", CURRENCY: "currency",
}  # fmt: skip
"""The columns that a claim is made of, and what it calls them."""


class Asked(NamedTuple):
    """Whose claims are looked at, in what.

    Attributes:
        frame: the entries in force, under our names, kinds as they are called today.
        exposure: the kind of observation that is an occasion to claim.
        kinds: those that are claims; None: every deposit with a cost or in answer to a withdrawal.
    """

    frame: Frame
    exposure: str
    kinds: Collection[str] | None


class Claim(NamedTuple):
    """A concession: a deposit with a cost, or one that answers a withdrawal.

    Attributes:
        amount: what it cost, in major units of the currency; None where nobody said.
        said: what it says under the names that were asked for.
    """

    account: str
    id: str
    kind: str
    occurred_us: int
    actor: str | None
    amount: Any
    currency: str | None
    said: Mapping[str, str | None]


class Purchase(NamedTuple):
    """An exposure: an observation of the kind that is an occasion to claim, and its money if it has any."""

    id: str
    amount: float | None
    currency: str | None


class Spent(NamedTuple):
    """So many exposures of the same money."""

    amount: float | None
    currency: str | None
    times: int


class Exposures(NamedTuple):
    """The occasions to claim: of an account each, and of everybody else how many of which money."""

    own: Sequence[Purchase]
    others: Sequence[Spent]

    @property
    def counted(self) -> int:
        """How many everybody else has."""
        return sum(each.times for each in self.others)


class Said(NamedTuple):
    """What an entry says under a name."""

    account: str
    id: str
    value: str


def asked(
    book: Any,
    account: str,
    as_of: datetime,
    *,
    exposure: str,
    claims: Collection[str] | None,
    columns: Mapping[str, str] | None,
    home: str | None,
    catalog: Catalog | None,
) -> Asked:
    """The entries in force of a ledger or a frame, checked.

    Raises:
        MissingColumn, NaiveDatetime, WrongType, InvalidMagnitude, InvalidCost: as `goodwill.analytics.balances` does.
        UnknownAccount: if nothing of the account is there.
        UnknownKind, AppraisalError: for kinds that nobody knows.
    """
    if isinstance(book, Ledger):
        catalog, book = book.catalog, frame_of(book, account)
    ours = opened(costed(named(book, columns or {}), home), NEEDED)
    if "magnitude" in ours.collect_schema():
        refuse(ours, "magnitude", LIMITS["magnitude"])
    seen = in_force(today(ours.filter(~is_parked()), catalog), to_us(as_of, "as_of"), None)
    if not has(seen, account):
        raise UnknownAccount(f"nothing of account {account!r} is in the book by {as_of.isoformat()}")
    kinds = None if claims is None else [known(seen, catalog, kind, Direction.DEPOSIT) for kind in claims]
    exposed = known(seen, catalog, exposure, Direction.OBSERVATION)
    return Asked(with_optional(seen, home), exposed, kinds)


def frame_of(ledger: Ledger, account: str) -> Frame:
    """The entries of a ledger; a restricted customer's too if they are who is named, as by every other reading."""
    # Of the package, which looks for pyarrow only here: a frame needs none.
    everybody = nw.from_native(analytics.entries(ledger, backend="pyarrow"))
    if has(everybody, account):
        return everybody
    return nw.concat([everybody, nw.from_native(analytics.entries(ledger, backend="pyarrow", account=account))])


def has(frame: Frame, account: str) -> bool:
    """Whether anything of an account is there."""
    return bool(collected(frame.filter(nw.col("account") == account).select("account").head(1)).rows())


def known(frame: Frame, catalog: Catalog | None, kind: str, direction: Direction) -> str:
    """A kind by the name of today; refused where neither the catalog nor, without one, any entry has it."""
    if catalog is not None:
        found = catalog.resolve(kind)
        if found.direction != direction:
            raise AppraisalError(f"{kind} is of direction {found.direction}; name a kind of {direction}")
        return found.name
    rows = frame.filter(nw.col("type") == str(direction)).select("kind").unique()
    there = sorted(row["kind"] for row in rows_of(rows) if row["kind"] is not None)
    if kind not in there:
        raise AppraisalError(f"no {direction} is of kind {kind!r}; there are {', '.join(there) or 'none of any kind'}")
    return kind


def with_optional(frame: Frame, home: str | None) -> Frame:
    """The frame with the columns that need not be there, null where they were not."""
    there = frame.collect_schema()
    texts = ("actor", "currency", "in_response_to")
    text = {name: nw.col(name).cast(nw.String) if name in there else nw.lit(None, nw.String) for name in texts}
    frame = frame.with_columns(**text)
    if "magnitude" not in there:
        frame = frame.with_columns(magnitude=nw.lit(None, nw.Float64))
    return frame if home is None else frame.with_columns(currency=nw.col("currency").fill_null(home))


def is_claim(kinds: Collection[str] | None) -> Any:
    """The rows that are claims; a deposit of magnitude 0 is a gesture that was left out, and none."""
    given = ~nw.col(AMOUNT).is_null() | ~nw.col("in_response_to").is_null()
    some = nw.col("magnitude").is_null() | (nw.col("magnitude") > 0.0)
    found = (nw.col("type") == "deposit") & given & some
    return found if kinds is None else found & nw.col("kind").is_in(list(kinds))


def claims_of(asking: Asked, names: Sequence[str]) -> list[Claim]:
    """Everybody's claims in the order in which they happened, with what they say under some names."""
    columns = dict.fromkeys([*OF, *sources(asking.frame, names)])
    rows = asking.frame.filter(is_claim(asking.kinds)).select(*columns)
    found = [Claim(**{OF[column]: row[column] for column in OF}, said=said(row, names)) for row in rows_of(rows)]
    return sorted(found, key=lambda claim: (claim.occurred_us, claim.id))


def exposures(asking: Asked, account: str) -> Exposures:
    """The account's occasions to claim, and those of everybody else, whom the frame's engine counts by their money."""
    rows = asking.frame.filter((nw.col("type") == "observation") & (nw.col("kind") == asking.exposure))
    own = rows.filter(nw.col("account") == account).select("id", "magnitude", "currency")
    found = [Purchase(row["id"], row["magnitude"], row["currency"]) for row in rows_of(own)]
    alike = rows.filter(nw.col("account") != account).group_by("currency", "magnitude").agg(nw.len().alias("times"))
    others = [Spent(row["magnitude"], row["currency"], int(row["times"])) for row in rows_of(alike)]
    return Exposures(sorted(found, key=lambda purchase: purchase.id), others)


def entries_by_actor(asking: Asked) -> dict[str, int]:
    """How many entries each actor has."""
    acted = asking.frame.filter(~nw.col("actor").is_null())
    rows = rows_of(acted.group_by("actor").agg(nw.len().alias("entries")))
    return {row["actor"]: int(row["entries"]) for row in rows}


def said_of(asking: Asked, name: str) -> list[Said]:
    """What entries say under a name; those of erased customers are left out.

    Raises:
        AppraisalError: if none says anything under that name.
    """
    columns = list(sources(asking.frame, [name]))
    some = asking.frame.filter(~nw.all_horizontal(*(nw.col(each).is_null() for each in columns), ignore_nulls=True))
    rows = some.select(*dict.fromkeys(["account", "id", *columns]))
    told = ((row["account"], row["id"], said(row, [name])[name]) for row in rows_of(rows))
    found = [Said(account, entry, value) for account, entry, value in told if value is not None]
    if not found:
        raise AppraisalError(f"no entry says {name!r}, in a column, a dimension or an attribute; name one that some do")
    return [each for each in found if not each.account.startswith(ERASED)]


def sources(frame: Frame, names: Sequence[str]) -> Iterator[str]:
    """The columns in which entries say something under these names.

    Raises:
        MissingColumn: if there is none.
    """
    there = frame.collect_schema().names()
    beside = [name for name in BESIDE if name in there]
    for name in names:
        if name not in there and not beside:
            raise MissingColumn(f"the frame has no column {name}; it has {', '.join(there)}", columns=(name,))
        yield from [name] if name in there else beside


def said(row: Mapping[str, Any], names: Sequence[str]) -> dict[str, str | None]:
    """What a row says under each name: in its column, or else as a dimension or an attribute; empty is nothing."""
    told = {name: row[name] if name in row else beside(row, name) for name in names}
    return {name: None if value is None or value == "" else str(value) for name, value in told.items()}


def beside(row: Mapping[str, Any], name: str) -> Any:
    """What a row says of no column of its own."""
    found = (mapping(row.get(column)).get(name) for column in BESIDE)
    return next((value for value in found if value is not None), None)


def mapping(told: Any) -> Mapping[str, Any]:
    """A mapping that may be written as JSON."""
    return (json.loads(told) if isinstance(told, str) else told) or {}
