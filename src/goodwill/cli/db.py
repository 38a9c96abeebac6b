"""The commands that keep the tables of a ledger's database up to date: db upgrade, current, check, sql."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from goodwill.cli.options import FINE, NO, Database, Options, command, database_url

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from goodwill.stores.sqlalchemy.migrations import Revision

__all__ = ["check", "current", "sql", "upgrade"]

To = Annotated[str, typer.Option("--to", metavar="REVISION", help="The revision wanted.", show_default="the newest")]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOptions(Options):
    """Where the tables are."""

    prefix: Annotated[str, typer.Option("--prefix", help="What the tables' names begin with.")] = "goodwill_"
    schema: Annotated[
        str | None, typer.Option("--schema", help="The database schema they are in.", show_default="the connection's")
    ] = None

    @property
    def place(self) -> dict[str, Any]:
        """What every function of the migrations is told."""
        return {"prefix": self.prefix, "schema": self.schema}


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseOptions(PlaceOptions):
    """Which database."""

    db: Database = "goodwill.db"

    @contextmanager
    def engine(self, *, create: bool = False) -> Iterator[Engine]:
        """The database's engine; with `create`, a SQLite file that is not there is made."""
        from goodwill.stores.sqlalchemy.opening import engine_at  # noqa: PLC0415 - heavy, and not for every command

        engine = engine_at(database_url(self.db, create=create))
        try:
            yield engine
        finally:
            engine.dispose()

    @contextmanager
    def kept(self) -> Iterator[Engine]:
        """The engine of a database that has the tables."""
        from goodwill.stores.sqlalchemy.opening import require_tables  # noqa: PLC0415 - heavy, as above

        with self.engine() as engine:
            require_tables(engine, **self.place)
            yield engine


@command
def upgrade(to: To = "head", *, options: DatabaseOptions) -> int:
    """Bring the tables up to date, or make them.

    An upgrade that was interrupted is run again.
    """
    from goodwill.stores.sqlalchemy import migrations  # noqa: PLC0415 - an extra

    with options.engine(create=True) as engine, options.screen.busy("upgrading the tables"):
        applied = migrations.upgrade(engine, **options.place, to=to)
        now = migrations.current(engine, **options.place)
    tell(
        options,
        {"applied": told(applied), "revision": now},
        *lines(applied),
        f"the tables are of revision {now}" if applied else f"nothing to do: the tables are of revision {now}",
    )
    return FINE


@command
def current(*, options: DatabaseOptions) -> int:
    """Say which revision the tables are of.

    Exits with 1 if the database does not say.
    """
    from goodwill.stores.sqlalchemy import migrations  # noqa: PLC0415 - an extra

    with options.engine() as engine:
        found = migrations.current(engine, **options.place)
    tell(options, {"revision": found}, found or "no revision is recorded")
    return NO if found is None else FINE


@command
def check(*, options: DatabaseOptions) -> int:
    """Say whether the tables are those of this release, and what they lack.

    Exits with 1 if they are not.
    """
    from goodwill.stores.sqlalchemy import migrations  # noqa: PLC0415 - an extra

    with options.engine() as engine:
        status = migrations.check(engine, **options.place)
    document = {
        "is_current": bool(status),
        "revision": status.revision,
        "newest": status.newest,
        "pending": told(status.pending),
        "lacking": status.lacking,
    }
    if status:
        tell(options, document, f"up to date: the tables are of revision {status.newest}")
        return FINE
    lacking = [f"not there: {name}" for name in status.lacking]
    way_out = (
        "not up to date; run `goodwill db upgrade`"
        if status.pending
        else "taken away since; what makes it is in `goodwill db sql`"
    )
    tell(options, document, *lines(status.pending), *lacking, way_out)
    return NO


@command
def sql(
    dialect: Annotated[str, typer.Argument(help="sqlite, postgresql, mariadb, or a database URL.")],
    since: Annotated[
        str,
        typer.Option(
            "--since",
            metavar="REVISION",
            help="The revision that the database has; 0.1.0 for tables of that release.",
            show_default="none",
        ),
    ] = "base",
    to: To = "head",
    *,
    options: PlaceOptions,
) -> int:
    """Write the SQL that `upgrade` would run, for whoever runs it by hand."""
    from goodwill.stores.sqlalchemy import migrations  # noqa: PLC0415 - an extra

    written = migrations.offline_sql(dialect, **options.place, since=since, to=to)
    tell(options, {"sql": written}, written.rstrip())
    return FINE


def tell(options: Options, document: dict[str, Any], *text: str) -> None:
    """Answer a program with a document, and people with lines that are not broken."""
    if options.as_json:
        options.screen.document(document)
    else:
        typer.echo("\n".join(text))


def lines(revisions: Iterable[Revision]) -> list[str]:
    """A line for each revision."""
    return [f"{revision.name}  {revision.title}" for revision in revisions]


def told(revisions: Iterable[Revision]) -> list[dict[str, str]]:
    """Revisions for a program."""
    return [{"revision": revision.name, "title": revision.title} for revision in revisions]
