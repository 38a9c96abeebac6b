"""The commands that seal what is kept, and check that it is what was written: seal, seals, verify."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from goodwill import presets
from goodwill.cli.db import DatabaseOptions, tell
from goodwill.cli.options import FINE, NO, command
from goodwill.domain.kind import Catalog
from goodwill.domain.seal import BadRow, BadSeal, Seal, Verification
from goodwill.ledger.ledger import Ledger

__all__ = ["seal", "seals", "verify"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerOptions(DatabaseOptions):
    """Which ledger, in which tables."""

    name: Annotated[str, typer.Option("--ledger", metavar="NAME", help="Which of the ledgers in the tables.")] = (
        "default"
    )

    @contextmanager
    def ledger(self, catalog: Path | None = None, currency: str = "USD") -> Iterator[Ledger]:
        """The ledger; its catalog and home currency matter to the readings that are kept in it alone."""
        from goodwill.stores.sqlalchemy import SQLAlchemyStore  # noqa: PLC0415 - heavy, and not for every command
        from goodwill.stores.sqlalchemy.failures import translated  # noqa: PLC0415 - likewise
        from goodwill.stores.sqlalchemy.opening import keeps_readings  # noqa: PLC0415 - likewise

        kinds = presets.service_catalog() if catalog is None else Catalog.from_toml(catalog)
        with self.kept() as engine:
            with engine.connect() as connection, translated(**self.place):
                keeps = keeps_readings(connection, self.name, **self.place)
            store = SQLAlchemyStore(engine, ledger=self.name, standings=keeps, **self.place)
            yield Ledger(store, policy=presets.default(kinds), catalog=kinds, currencies=(currency,))


@command
def seal(*, options: LedgerOptions) -> int:
    """Seal what is committed and under no seal; a job for the night.

    Keep the last line somewhere else: `goodwill verify --known` proves later that the ledger still holds it.
    """
    with options.ledger() as ledger, options.screen.busy("sealing"):
        made = ledger.seal()
    return listed(made, "nothing to seal: all that is committed is under a seal", options)


@command
def seals(*, options: LedgerOptions) -> int:
    """List the seals of the ledger."""
    with options.ledger() as ledger:
        made = ledger.seals()
    return listed(made, "this ledger has no seals yet; `goodwill seal` makes one", options)


def listed(made: Sequence[Seal], otherwise: str, options: LedgerOptions) -> int:
    """Show seals, a line each."""
    lines = [f"{each.number}  {plain(each.sealed_at)}  {each.rows:,} rows  {each.seal}" for each in made]
    tell(options, {"seals": [told(each) for each in made]}, *(lines or [otherwise]))
    return FINE


@command
def verify(
    known: Annotated[
        list[str] | None,
        typer.Option("--known", metavar="SEAL", help="A seal that you kept elsewhere; repeat for more."),
    ] = None,
    catalog: Annotated[
        Path | None,
        typer.Option("--catalog", envvar="GOODWILL_CATALOG", metavar="FILE", help="Kinds, for kept readings."),
    ] = None,
    currency: Annotated[
        str,
        typer.Option("--currency", envvar="GOODWILL_CURRENCY", metavar="CODE", help="Home, for kept readings."),
    ] = "USD",
    *,
    options: LedgerOptions,
) -> int:
    """Check that every row and every seal is what was written, and every kept reading what a replay comes to.

    Exits with 1 if one is not, and names the first.
    """
    with options.ledger(catalog, currency) as ledger, options.screen.progress("verifying") as progress:
        strange = kept_otherwise(ledger)
        found = ledger.verify(known=known or (), also=[kept_readings(ledger)], progress=progress)
    tell(options, {"is_fine": bool(found), **told(found), "not_compared": strange}, *verdict(found), *unseen(strange))
    return FINE if found else NO


def kept_readings(ledger: Ledger) -> Iterator[object]:
    """The kept readings that differ from what the entries come to."""
    from goodwill.stores.sqlalchemy import standings  # noqa: PLC0415 - heavy, and not for every command

    if getattr(ledger.store, "standings", False):
        yield from standings.compare(ledger)


def kept_otherwise(ledger: Ledger) -> list[str]:
    """The policies whose readings were kept with another catalog or home currency, by name."""
    from goodwill.stores.sqlalchemy import standings  # noqa: PLC0415 - heavy, and not for every command

    return standings.strange(ledger) if getattr(ledger.store, "standings", False) else []


def unseen(strange: Sequence[str]) -> Iterator[str]:
    """What to say of readings that were not compared."""
    if strange:
        yield (
            f"not compared: the readings kept for {', '.join(strange)}, made with another catalog or home currency; "
            "name them with --catalog and --currency"
        )


def verdict(found: Verification) -> Iterator[str]:
    """What to say of a verification."""
    if found:
        yield f"fine: {counted(found.rows, 'row')} and {counted(found.seals, 'seal')} are what was written"
    else:
        bad = (found.bad_rows, "row"), (found.bad_seals, "seal"), (found.differences, "difference")
        yield f"bad: {', '.join(counted(*each) for each in bad if each[0])}, of {counted(found.rows, 'row')} checked"
    for what, first in (
        ("row", found.first_bad_row), ("seal", found.first_bad_seal), ("difference", found.first_difference)
    ):  # fmt: skip
        if first is not None:
            yield f"the first {what}: {first}"
    if found.unsealed:
        yield f"under no seal yet: {counted(found.unsealed, 'row')}; `goodwill seal` covers what is committed"
    if found.undigested:
        yield f"of a release that kept no digests: {counted(found.undigested, 'row')}; what their seals say was checked"
    if found.purged:
        yield f"purged under seals: {counted(found.purged, 'row')}"
    if found.first_belated is not None:
        yield f"belated: {counted(found.belated, 'row')}; the first: {found.first_belated}"


def counted(number: int, what: str) -> str:
    """A number of things."""
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def told(found: Seal | Verification) -> dict[str, Any]:
    """What was found, as JSON holds it."""
    values = {name: getattr(found, name) for name in found.__dataclass_fields__ if name != "seq"}
    return {name: plain(value) for name, value in values.items()}


def plain(value: Any) -> Any:
    """A value as JSON holds it."""
    match value:
        case datetime():
            return value.isoformat(timespec="seconds")
        case Seal():
            return told(value)
        case BadRow() | BadSeal():
            return asdict(value)
        case None | int() | str():
            return value
        case _:
            return str(value)
