"""The commands that keep readings: standings add, list, run, rebuild, remove."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from goodwill import presets
from goodwill.cli import render
from goodwill.cli.options import FINE, NO, BadOption, BookOptions, command, policy_from
from goodwill.domain.instant import from_us
from goodwill.domain.kind import Catalog
from goodwill.policies.policy import Policy

if TYPE_CHECKING:
    from goodwill.ledger.kept_requests import KeptPolicy
    from goodwill.ledger.ledger import Ledger
    from goodwill.stores.sqlalchemy.standings import Ran

__all__ = ["add", "list_", "rebuild", "remove", "run"]

PolicyName = Annotated[
    str, typer.Argument(metavar="POLICY", help="A policy's file, or the name of a ready-made one, such as default.")
]
KeptName = Annotated[str, typer.Argument(metavar="POLICY", help="A kept policy: its name, or how its digest begins.")]


@command
def add(which: PolicyName, *, options: BookOptions) -> int:
    """Keep readings for a policy.

    `goodwill standings run` builds them; readers use them once all accounts are in. All that write to the ledger must
    leave pending rows from now on: the command line does, a host's own store with standings=True.
    """
    from goodwill.stores.sqlalchemy import standings  # noqa: PLC0415 - heavy, and not for every command

    with options.ledger(standings=True) as ledger:
        found = named(which, ledger.catalog)
        is_new = standings.add(ledger, found)
    if options.as_json:
        options.screen.document({"policy": found.fingerprint, "digest": found.digest, "added": is_new})
    else:
        what = "will be kept; goodwill standings run builds its readings" if is_new else "is kept already"
        options.screen.show(f"{found.fingerprint} {what}")
    return FINE


@command
def list_(*, options: BookOptions) -> int:
    """List the policies that readings are kept for."""
    from goodwill.stores.sqlalchemy import standings  # noqa: PLC0415 - heavy, and not for every command

    with options.ledger(standings=True) as ledger:
        found = standings.listed(ledger)
    if options.as_json:
        options.screen.document({"policies": [told(each) for each in found]})
    elif found:
        made = render.table("policy", "digest", "added", "readers use it", dim=("digest",))
        for each in found:
            made.add_row(each.name, each.digest[:8], render.moment(from_us(each.added_us)), since(each))
        options.screen.show(made)
    else:
        options.screen.show("no readings are kept; goodwill standings add POLICY keeps them")
    return FINE


@command
def run(
    watch: Annotated[bool, typer.Option("--watch", help="Go on until interrupted.")] = False,
    every: Annotated[
        float, typer.Option("--every", metavar="SECONDS", min=0.05, help="With --watch, how often to look.")
    ] = 1.0,
    outbox: Annotated[
        bool, typer.Option("--outbox", help="Leave crossings as events, even where none waits and no relay has been.")
    ] = False,
    *,
    options: BookOptions,
) -> int:
    """Bring the kept readings up to date, and build those that were added.

    Several may run at once: they take turns. Writers never wait for it.
    """
    with options.ledger(standings=True, outbox=outbox or None) as ledger:
        done = run_once(ledger, options)
        if options.as_json:
            options.screen.document(counted(done))
        else:
            options.screen.show(sentence(done))
        while watch:
            time.sleep(every)
            done = run_once(ledger, options)
            if any(done) and not options.as_json:
                options.screen.show(sentence(done))
    return FINE


def run_once(ledger: Ledger, options: BookOptions) -> Ran:
    """One run, with a progress bar where somebody watches."""
    from goodwill.stores.sqlalchemy import standings  # noqa: PLC0415 - heavy, and not for every command

    with options.screen.progress("building readings") as move:
        return standings.run(ledger, tell=lambda step: move(step.done, step.total) if move else None)


@command
def rebuild(
    which: Annotated[
        str | None, typer.Option("--kept", metavar="POLICY", help="Only those of this policy.", show_default="all")
    ] = None,
    *,
    options: BookOptions,
) -> int:
    """Make the kept readings anew from the entries.

    Readers and writers go on meanwhile. Interrupted, the next `standings run` goes on with it.
    """
    from goodwill.stores.sqlalchemy import standings  # noqa: PLC0415 - heavy, and not for every command

    with options.ledger(standings=True) as ledger:
        digest = None if which is None else kept_as(which, standings.listed(ledger)).digest
        count = standings.rebuild(ledger, digest)
        done = run_once(ledger, options)
    if options.as_json:
        options.screen.document({"policies": count, **counted(done)})
    else:
        options.screen.show(f"{count} made anew; {sentence(done)}")
    return FINE if count else NO


@command
def remove(which: KeptName, *, options: BookOptions) -> int:
    """Keep no readings for a policy any longer."""
    from goodwill.stores.sqlalchemy import standings  # noqa: PLC0415 - heavy, and not for every command

    with options.ledger(standings=True) as ledger:
        found = kept_as(which, standings.listed(ledger))
        standings.remove(ledger, found.digest)
    if options.as_json:
        options.screen.document({"policy": found.name, "digest": found.digest, "removed": True})
    else:
        options.screen.show(f"{found.name}@{found.digest[:8]} is kept no longer")
    return FINE


def named(policy: str, catalog: Catalog) -> Policy:
    """The policy of a file, or a ready-made one.

    Raises:
        BadOption: if it is neither.
    """
    if policy in presets.__all__ and policy != "service_catalog":
        made: Policy = getattr(presets, policy)(catalog)
        return made
    if not Path(policy).exists():
        ready = ", ".join(name for name in presets.__all__ if name != "service_catalog")
        raise BadOption(f"{policy!r} is no file and no ready-made policy; those are {ready}")
    return policy_from(Path(policy))


def kept_as(name: str, kept: list[KeptPolicy]) -> KeptPolicy:
    """The kept policy of a name, or of a digest's beginning.

    Raises:
        BadOption: if there is none, or more than one.
    """
    wanted = name.rpartition("@")[2]
    found = [each for each in kept if name == each.name or each.digest.startswith(wanted)]
    if len(found) != 1:
        known = ", ".join(f"{each.name}@{each.digest[:8]}" for each in kept) or "none"
        raise BadOption(f"{name!r} names {len(found)} of the kept policies, which are: {known}")
    return found[0]


def since(policy: KeptPolicy) -> str:
    """Since when readers use a policy's readings."""
    built = "" if policy.built_id is None else ", being built"
    return ("not yet" if policy.ready_us is None else f"since {render.moment(from_us(policy.ready_us))}") + built


def told(policy: KeptPolicy) -> dict[str, Any]:
    """A kept policy for a program."""
    ready = None if policy.ready_us is None else from_us(policy.ready_us).isoformat()
    return {
        "name": policy.name,
        "digest": policy.digest,
        "added_at": from_us(policy.added_us).isoformat(),
        "ready_at": ready,
        "is_building": policy.built_id is not None,
    }


def counted(done: Ran) -> dict[str, Any]:
    """What a run did, for a program."""
    crossings = [{**each._asdict(), "at": from_us(each.at_us).isoformat()} for each in done.crossings]
    for each in crossings:
        del each["account_id"], each["at_us"]
    return {"folded": done.folded, "looked_at": done.looked, "built": done.built, "crossings": crossings}


def sentence(done: Ran) -> str:
    """What a run did."""
    return (
        f"{done.folded} pending taken in, {done.built} built, {done.looked} looked at again, "
        f"{len(done.crossings)} crossings"
    )
