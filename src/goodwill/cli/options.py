"""Options that several commands share: declared once, read once, and turned into a ledger."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, fields
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from goodwill import presets
from goodwill.cli.screen import Screen, complain
from goodwill.domain.errors import GoodwillError, PolicyError
from goodwill.domain.kind import Catalog
from goodwill.ledger.ledger import Ledger
from goodwill.policies.policy import Policy

__all__ = [
    "BadOption",
    "BookOptions",
    "CatalogOptions",
    "Database",
    "Options",
    "PolicyOptions",
    "ReadingOptions",
    "command",
    "database_url",
]

FINE, NO, WRONG, REJECTS, INTERRUPTED = 0, 1, 2, 3, 130
"""The exit codes, described in `goodwill.cli.main`."""

EXTRAS = {
    "alembic": "migrations",
    **dict.fromkeys(("cloudevents", "httpx", "standardwebhooks", "tenacity"), "outbox"),
}
"""Which extra brings a library that only some commands need."""


class BadOption(GoodwillError, ValueError):
    """An option of the command line whose value cannot be understood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What every command takes."""

    as_json: Annotated[bool, typer.Option("--json", help="Answer with one JSON document on stdout.")] = False

    @property
    def screen(self) -> Screen:
        """Where the answer goes."""
        return Screen(json=self.as_json)


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogOptions(Options):
    """What a command takes that reads the catalog of kinds."""

    catalog: Annotated[
        Path | None,
        typer.Option(
            "--catalog", envvar="GOODWILL_CATALOG", metavar="FILE", help="Kinds, .toml.", show_default="built in"
        ),
    ] = None

    def read_catalog(self) -> Catalog:
        """The catalog of `--catalog`, or the one of a service business."""
        return presets.service_catalog() if self.catalog is None else Catalog.from_toml(self.catalog)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyOptions(CatalogOptions):
    """What a command takes that reads a policy."""

    policy: Annotated[
        Path | None,
        typer.Option(
            "--policy",
            envvar="GOODWILL_POLICY",
            metavar="FILE",
            help="Policy, .toml or .json.",
            show_default="built in",
        ),
    ] = None

    def read_policy(self, catalog: Catalog) -> Policy:
        """The policy of `--policy`, or the default one with the starter rates of the catalog."""
        return presets.default(catalog) if self.policy is None else policy_from(self.policy)


Database = Annotated[
    str,
    typer.Option("--db", envvar="GOODWILL_DB", metavar="URL", help="Database URL, or the path of a SQLite file."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class BookOptions(PolicyOptions):
    """What a command takes that opens a ledger."""

    currency: Annotated[
        list[str] | None,
        typer.Option(
            "--currency",
            envvar="GOODWILL_CURRENCY",
            metavar="CODE",
            help="A currency of the ledger; the first is its home. Repeat for more.",
            show_default="USD",
        ),
    ] = None
    db: Database = "goodwill.db"

    @contextmanager
    def ledger(
        self, *, create: bool = False, standings: bool | None = None, outbox: bool | None = None
    ) -> Iterator[Ledger]:
        """The ledger of `--db`, open for as long as the block runs.

        Args:
            standings: whether readings are kept in it; None is as the database says.
            outbox: whether what is written, and the crossings that the standings' job finds, is told to others; None is
                as the database says.
            create: whether a SQLite file that is not there may be made. Only writing does: a question asked of a
                mistyped path must not leave an empty ledger behind.
        """
        url = database_url(self.db, create=create)
        catalog = self.read_catalog()
        policy, currencies = self.read_policy(catalog), tuple(self.currency or ("USD",))
        book = Ledger.open(
            url, policy=policy, catalog=catalog, currencies=currencies, standings=standings, outbox=outbox
        )
        with book as ledger:
            yield ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingOptions(BookOptions):
    """What a command takes that reads balances."""

    known_at_text: Annotated[
        str | None,
        typer.Option("--known-at", metavar="WHEN", help="Read as they were known then.", show_default="all"),
    ] = None
    as_of_text: Annotated[
        str | None,
        typer.Option("--as-of", metavar="WHEN", help="Read as things stood then.", show_default="now"),
    ] = None

    @property
    def as_of(self) -> datetime | None:
        """The instant of `--as-of`; None is now."""
        return instant(self.as_of_text, "--as-of")

    @property
    def known_at(self) -> datetime | None:
        """The instant of `--known-at`; None is all that is known."""
        return instant(self.known_at_text, "--known-at")


def instant(text: str | None, option: str) -> datetime | None:
    """An instant in ISO 8601 with its offset, or a date, which is its first moment in UTC.

    Raises:
        BadOption: if it is neither.

    Example:
        >>> instant("2026-01-01", "--as-of")
        datetime.datetime(2026, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)
    """
    if text is None:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        pass
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise BadOption(f"{option} {text!r} is not a date; write 2026-01-31 or 2026-01-31T12:00:00Z") from None
    if parsed.tzinfo is None:
        raise BadOption(f"{option} {text!r} has no zone; add one: {text}Z, or {text}+01:00")
    return parsed


def database_url(db: str, *, create: bool) -> str:
    """The URL that `--db` means.

    Raises:
        BadOption: if it is a SQLite file that is not there, and none may be made.
    """
    url = db if "://" in db else f"sqlite:///{db}"
    file = sqlite_file(url)
    if not create and file is not None and not file.exists():
        raise BadOption(
            f"there is no ledger at {file}; import into it first (goodwill import FILE --map MAP.toml), "
            f"or name another with --db"
        )
    return url


def sqlite_file(url: str) -> Path | None:
    """The file that a SQLite URL names; None for every other database, and for one in memory."""
    from sqlalchemy.engine import make_url  # noqa: PLC0415 - heavy, and not needed by every command
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415 - likewise

    try:
        parts = make_url(url)
    except ArgumentError:
        return None  # opening it says what is wrong
    name = parts.database or ""
    named = parts.get_backend_name() == "sqlite" and name not in ("", ":memory:") and not name.startswith("file:")
    return Path(name) if named else None


def policy_from(path: Path) -> Policy:
    """The policy in a file.

    Raises:
        PolicyError: with the path to the fault.
        BadOption: if the file is not text.
    """
    try:
        return Policy.from_file(path)
    except PolicyError as fault:
        raise PolicyError(f"{path}: {'; '.join(str(fault).splitlines())}") from None
    except UnicodeDecodeError:
        raise BadOption(f"{path} is not a text file in UTF-8; a policy is .toml or .json") from None


def command(function: Callable[..., int]) -> Callable[..., None]:
    """Make a function a command: spread its `options` dataclass into options, its faults into exit codes.

    The function's keyword `options`, annotated with a dataclass of this module, becomes one option per field. What it
    returns is the exit code. A `GoodwillError`, a file that cannot be read and a database that cannot be used become
    one line on stderr and the exit code 2.
    """
    hints = get_type_hints(function, include_extras=True)
    bundle = hints["options"]
    own = [
        parameter.replace(annotation=hints[name])
        for name, parameter in inspect.signature(function).parameters.items()
        if name != "options"
    ]

    def run(**given: Any) -> None:
        options = bundle(**{field.name: given.pop(field.name) for field in fields(bundle)})
        code = guarded(lambda: function(**given, options=options))
        if code != FINE:
            raise typer.Exit(code)

    shared = [*own, *spread(bundle)]
    run.__name__, run.__doc__ = function.__name__, function.__doc__
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in shared}
    run.__signature__ = inspect.Signature(shared)  # type: ignore[attr-defined]  # typer reads it
    return run


def spread(bundle: type[Options]) -> list[inspect.Parameter]:
    """The fields of an options dataclass as keyword parameters, in reverse: the most special first, `--json` last."""
    hints = get_type_hints(bundle, include_extras=True)
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if field.default is MISSING else field.default,
            annotation=hints[field.name],
        )
        for field in reversed(fields(bundle))
    ]


def guarded(work: Callable[[], int]) -> int:
    """Run a command's work; what it cannot do is said in one line."""
    try:
        return work()
    except KeyboardInterrupt:
        complain("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as fault:
        reason = in_one_line(fault)
        if reason is None:
            raise
        complain(reason)
        return WRONG


def in_one_line(fault: Exception) -> str | None:
    """What to tell about a fault that the user can mend, with its notes; None for a bug of ours."""
    if isinstance(fault, GoodwillError):
        reason: str | None = str(fault)
    elif isinstance(fault, OSError):
        reason = f"{fault.filename}: {fault.strerror}" if fault.filename and fault.strerror else str(fault)
    elif isinstance(fault, ModuleNotFoundError) and not str(fault.name).startswith("goodwill"):
        extra = EXTRAS.get(str(fault.name).partition(".")[0], "cli")
        reason = f'this needs {fault.name}, which is not installed; pip install "goodwill[{extra}]" brings it'
    elif isinstance(fault, ImportError) and isinstance(fault.__cause__, ModuleNotFoundError):
        reason = str(fault)  # a room that needs an extra, which says which
    else:
        reason = about_database(fault)
    return None if reason is None else ". ".join([reason, *getattr(fault, "__notes__", ())])


def about_database(fault: Exception) -> str | None:
    """What to tell about a database that cannot be used; None if it is not about one."""
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - needed on faults only

    if not isinstance(fault, SQLAlchemyError):
        return None
    return f"the database of --db cannot be used: {getattr(fault, 'orig', None) or fault}"
