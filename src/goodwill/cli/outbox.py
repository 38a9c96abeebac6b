"""The commands on events that are told to other systems: outbox relay, list, unpark, schema."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from goodwill.cli import render
from goodwill.cli.db import DatabaseOptions
from goodwill.cli.options import FINE, NO, BadOption, Options, command

if TYPE_CHECKING:
    from goodwill.stores.sqlalchemy.outbox.relay import Passed
    from goodwill.stores.sqlalchemy.outbox.waiting import Backlog

__all__ = ["list_", "relay", "schema", "unpark"]

SECRET_ENV = "GOODWILL_WEBHOOK_SECRET"  # noqa: S105 - a variable's name
LEASE_S, TIMEOUTS_IN_A_LEASE = 60.0, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxOptions(DatabaseOptions):
    """Whose events."""

    ledger: Annotated[str, typer.Option("--ledger", metavar="NAME", help="Which ledger's events.")] = "default"

    @property
    def whose(self) -> dict[str, Any]:
        """What every function of the outbox is told."""
        return {"ledger": self.ledger, **self.place}


@command
def relay(
    to: Annotated[str, typer.Option("--to", metavar="URL", help="The webhook to post to.")],
    secret_env: Annotated[
        list[str] | None,
        typer.Option(
            "--secret-env",
            metavar="NAME",
            help="The environment variable with the secret (whsec_...); repeat to sign with several.",
            show_default=SECRET_ENV,
        ),
    ] = None,
    *,
    watch: Annotated[bool, typer.Option("--watch/--once", help="Go on until stopped, or send what is due.")] = False,
    attempts: Annotated[int, typer.Option("--attempts", min=1, help="Tries before an account is parked.")] = 12,
    timeout: Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds to wait for the receiver.")] = 10.0,
    pause: Annotated[float, typer.Option("--pause", min=0.01, help="Seconds between two looks, with --watch.")] = 1.0,
    source: Annotated[
        str | None, typer.Option("--source", metavar="URI", help="The events' source.", show_default="/goodwill/LEDGER")
    ] = None,
    options: OutboxOptions,
) -> int:
    """Post what waits as signed webhooks, at least once, each account's events in order.

    Run as many as you like. An account that the receiver does not take is tried again, ever later, and then parked
    alone. Exits with 1 if something was not taken.
    """
    from goodwill.stores.sqlalchemy.outbox.backoff import Backoff  # noqa: PLC0415 - an extra
    from goodwill.stores.sqlalchemy.outbox.relay import Relay  # noqa: PLC0415 - likewise
    from goodwill.stores.sqlalchemy.outbox.sending import webhook  # noqa: PLC0415 - likewise
    from goodwill.stores.sqlalchemy.outbox.signing import Signer  # noqa: PLC0415 - likewise

    signer = Signer([secret_of(name) for name in secret_env or [SECRET_ENV]])
    lease_s = max(LEASE_S, TIMEOUTS_IN_A_LEASE * timeout)
    with options.kept() as engine, webhook(to, signer, timeout_s=timeout) as send, asked_to_stop(watch) as stop:
        runner = Relay(
            engine, send, **options.whose, source=source, backoff=Backoff(attempts=attempts), lease_s=lease_s, stop=stop
        )
        if watch:
            note = options.screen.note
            passed = runner.watch(pause_s=pause, report=lambda now: note(told(now)), complain=lambda it: note(str(it)))
        else:
            passed = runner.run()
    if options.as_json:
        options.screen.document(passed._asdict())
    else:
        options.screen.show(told(passed))
    return FINE if watch or not passed.failed + passed.parked else NO


def secret_of(variable: str) -> str:
    """The secret in a variable of the environment; it is never an argument, which others could read.

    Raises:
        BadOption: if there is none.
    """
    secret = os.environ.get(variable, "").strip()
    if not secret:
        raise BadOption(
            f"the environment variable {variable} has no secret; set it to the webhook's whsec_..., or name another "
            f"variable with --secret-env"
        )
    return secret


@contextmanager
def asked_to_stop(watch: bool) -> Iterator[threading.Event]:
    """An event that SIGTERM and Ctrl-C set, so that the event under way is settled; only where the relay watches."""
    stop = threading.Event()
    signals = (signal.SIGTERM, signal.SIGINT) if watch else ()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in signals}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def told(passed: Passed) -> str:
    """What a relay did, in a line."""
    parts = [f"sent {passed.sent}"]
    parts += [f"to be tried again {passed.failed}"] if passed.failed else []
    parts += [f"parked {passed.parked}"] if passed.parked else []
    parts += [f"nothing left to tell of {passed.dropped}"] if passed.dropped else []
    return ", ".join(parts)


@command
def list_(
    limit: Annotated[int, typer.Option("--limit", min=1, help="Show so many accounts.")] = 20,
    *,
    options: OutboxOptions,
) -> int:
    """Show what waits to be sent, the parked accounts first.

    Exits with 1 if an account is parked.
    """
    from goodwill.stores.sqlalchemy.outbox.waiting import waiting  # noqa: PLC0415 - heavy

    with options.kept() as engine:
        found = waiting(engine, **options.whose)
    parked = sum(each.parked_at is not None for each in found)
    oldest = max((each.oldest for each in found), default=timedelta())
    events = sum(each.events for each in found)
    if options.as_json:
        totals = {"events": events, "parked": parked, "oldest_s": oldest.total_seconds()}
        options.screen.document({**totals, "accounts": [record(each) for each in found[:limit]]})
    elif not found:
        options.screen.note("nothing waits")
    else:
        options.screen.show(render.outbox_table(found[:limit], accounts=len(found), events=events, parked=parked))
    return NO if parked else FINE


def record(backlog: Backlog) -> dict[str, Any]:
    """What waits of an account, for a program."""
    instants = {name: getattr(backlog, name) for name in ("next_at", "parked_at")}
    return {
        "account": backlog.account,
        "events": backlog.events,
        "oldest_s": backlog.oldest.total_seconds(),
        "attempts": backlog.attempts,
        **{name: None if at is None else at.isoformat() for name, at in instants.items()},
        "fault": backlog.fault,
        "is_restricted": backlog.is_restricted,
    }


@command
def unpark(
    accounts: Annotated[
        list[str] | None, typer.Argument(metavar="[ACCOUNT]...", help="Customers' ids.", show_default=False)
    ] = None,
    *,
    everyone: Annotated[bool, typer.Option("--all", help="All that are parked.")] = False,
    options: OutboxOptions,
) -> int:
    """Let parked accounts go on, as if they had never been tried."""
    from goodwill.stores.sqlalchemy.outbox.waiting import unpark  # noqa: PLC0415 - heavy

    if bool(accounts) == everyone:
        raise BadOption("say which accounts to unpark, or --all; `goodwill outbox list` shows which are parked")
    with options.kept() as engine:
        freed: Sequence[str] = unpark(engine, accounts or None, **options.whose)
    if options.as_json:
        options.screen.document({"unparked": list(freed)})
    else:
        options.screen.show(f"unparked {', '.join(freed)}" if freed else "no account is parked")
    return FINE


@command
def schema(*, options: Options) -> int:
    """Print the JSON Schema of events, for those who receive them."""
    from goodwill.stores.sqlalchemy.outbox.schema import event_schema  # noqa: PLC0415 - not for every command

    options.screen.document(event_schema())
    return FINE
