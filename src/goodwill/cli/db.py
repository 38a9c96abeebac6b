"""`goodwill db`: the tables of a ledger's database, from release to release."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from goodwill.cli.options import FINE, NO, Options, command

if TYPE_CHECKING:
    from sqlalchemy import Engine

__all__ = ["check", "current", "sql", "upgrade"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOptions(Options):
    """Where the tables are."""

    prefix: Annotated[str, typer.Option("--prefix", help="What the tables' names begin with.")] = "goodwill_"
    schema: Annotated[
        str | None, typer.Option("--schema", help="The database schema they are in.", show_default="the connection's")
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseOptions(PlaceOptions):
    """Which database."""

    db: Annotated[str, typer.Option("--db", envvar="GOODWILL_DB", metavar="URL", help="The database, as a URL.")]

    @contextmanager
    def engine(self) -> Iterator[Engine]:
        """The database's engine."""
        from goodwill.stores.sqlalchemy.opening import engine_at  # noqa: PLC0415 - heavy, and not for every command

        engine = engine_at(self.db)
        try:
            yield engine
        finally:
            engine.dispose()


def tell(options: Options, document: dict[str, object], text: str) -> None:
    """Answer a program with a document, and people with a text that is not broken into lines."""
    if options.as_json:
        options.screen.document(document)
    else:
        typer.echo(text)


@command
def upgrade(*, options: DatabaseOptions) -> int:
    """Bring the tables up to date, or make them; run it again if it was interrupted."""
    from goodwill.stores.sqlalchemy import migrations  # noqa: PLC0415 - an extra

    with options.engine() as engine:
        migrations.upgrade(engine, prefix=options.prefix, schema=options.schema)
        now = migrations.current(engine, prefix=options.prefix, schema=options.schema)
    tell(options, {"revision": now}, f"the tables are of revision {now}")
    return FINE


@command
def current(*, options: DatabaseOptions) -> int:
    """Say which revision the tables are of."""
    from goodwill.stores.sqlalchemy import migrations  # noqa: PLC0415 - an extra

    with options.engine() as engine:
        found = migrations.current(engine, prefix=options.prefix, schema=options.schema)
    tell(options, {"revision": found}, found or "no revision is recorded")
    return FINE


@command
def check(*, options: DatabaseOptions) -> int:
    """Say whether the tables are those of this release; exit with 1 if not."""
    from goodwill.stores.sqlalchemy import migrations  # noqa: PLC0415 - an extra

    with options.engine() as engine:
        fine = migrations.check(engine, prefix=options.prefix, schema=options.schema)
    tell(options, {"current": fine}, "up to date" if fine else "not up to date; run `goodwill db upgrade`")
    return FINE if fine else NO


@command
def sql(
    dialect: Annotated[str, typer.Argument(help="sqlite, postgresql or mariadb.")],
    *,
    since: Annotated[str, typer.Option("--since", help="The revision that the database has.")] = "base",
    options: PlaceOptions,
) -> int:
    """Write the SQL that `upgrade` would run, for whoever runs it by hand."""
    from goodwill.stores.sqlalchemy import migrations  # noqa: PLC0415 - an extra

    written = migrations.offline_sql(dialect, prefix=options.prefix, schema=options.schema, since=since)
    tell(options, {"sql": written}, written)
    return FINE
