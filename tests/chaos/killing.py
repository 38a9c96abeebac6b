"""Kill writers with SIGKILL at random moments, again and again, and look after each kill at what they left.

A program of its own, since it forks: the writers come from one warm process, so that a kill costs milliseconds. Two
writers at a time do the same works, as a job that is started twice does; each tells through a pipe what was committed.

Usage: python -m tests.chaos.killing URL LEDGER KILLS SEED, which prints a `Campaign` as JSON.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
import time
import traceback
from itertools import count
from typing import Any, NamedTuple

from sqlalchemy import Engine

from goodwill.stores.sqlalchemy import SQLAlchemyStore, open_engine, standings
from tests.chaos.invariants import AFTER_EACH_KILL, INVARIANTS, Aftermath, faults_of
from tests.chaos.works import ORDERS, POLICY, book_in, entries_of, perform

AT_ONCE = 2
REDONE = 4
"""Works before the first that is not known to be done, which the next writers do again."""
MOST_WORKS = 6
PATIENCE_S = 60.0


class Campaign(NamedTuple):
    """What came of the kills.

    Attributes:
        kills: how many writers were killed.
        acknowledged: how many entries they had been told were committed.
        works: how many works were done in the end.
        faults: what was wrong, by invariant.
    """

    kills: int
    acknowledged: int
    works: int
    faults: dict[str, list[str]]


class Writer:
    """A process that does works from a first one on, until it is killed.

    Attributes:
        done: the works that it was told were committed.
    """

    def __init__(self, engine: Engine, ledger: str, first: int) -> None:
        self.done: list[int] = []
        self._rest = b""
        self._pipe, theirs = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            write_for_ever(engine, ledger, first, theirs)
        os.close(theirs)

    def hear(self, works: int) -> None:
        """Wait until so many works were committed."""
        deadline = time.monotonic() + PATIENCE_S
        while len(self.done) < works:
            if not self._read(deadline - time.monotonic()):
                raise TimeoutError(f"a writer ended or did nothing for long, after works {self.done}")

    def kill(self) -> None:
        """End it at once, and hear what it had still to say."""
        os.kill(self._pid, signal.SIGKILL)
        _, status = os.waitpid(self._pid, 0)
        while self._read(0.0):
            pass
        os.close(self._pipe)
        if not os.WIFSIGNALED(status):
            raise RuntimeError(f"a writer ended by itself, after works {self.done}")

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._pipe], [], [], max(seconds, 0.0))
        told = os.read(self._pipe, 65536) if ready else b""
        *numbers, self._rest = (self._rest + told).split(b"\n")
        self.done += map(int, numbers)
        return bool(told)


def write_for_ever(engine: Engine, ledger: str, first: int, pipe: int) -> None:
    """Do work after work, and say of each that it was committed; a killed process does not come back from here."""
    try:
        engine.dispose(close=False)  # the parent has let go of its connections; these are the child's own
        for number in count(first):
            perform(number, engine, ledger)
            os.write(pipe, b"%d\n" % number)
    except BaseException:  # noqa: BLE001 - nothing of the parent may run in the child
        traceback.print_exc()
    os._exit(1)


def kill_writers(engine: Engine, ledger: str, kills: int, seed: str) -> Campaign:
    """Kill so many writers of a ledger, then let one come to its end, and say what was wrong."""
    chance = random.Random(seed)
    acknowledged: set[int] = set()
    faults: dict[str, list[str]] = {}
    first, killed = 0, 0
    keeper = book_in(SQLAlchemyStore(engine, ledger=ledger, standings=True), 10**6)
    standings.add(keeper, POLICY)
    while killed < kills:
        engine.dispose()  # no connection is shared with a child
        begun = time.monotonic()
        writers = [Writer(engine, ledger, max(first - REDONE, 0)) for _ in range(min(AT_ONCE, kills - killed))]
        for writer in writers:
            writer.hear(works := chance.randint(0, MOST_WORKS))
            # Somewhere in the work that it is at now, or in the one after.
            time.sleep(chance.uniform(0.0, 2 * (time.monotonic() - begun) / (works + 1)))
            writer.kill()
            killed += 1
            acknowledged.update(writer.done)
        standings.run(keeper)  # takes in what one that died in the middle left, and what came since
        last = max(acknowledged, default=-1)
        near = range(max(first - REDONE - 2, 0), last + 2)
        first = last + 1
        note(faults, faults_of(Aftermath(engine, ledger, near, frozenset(acknowledged)), AFTER_EACH_KILL))
    finish(engine, ledger, max(first - REDONE, 0), first + REDONE)
    works = range(first + REDONE)
    note(faults, faults_of(Aftermath(engine, ledger, works, frozenset(acknowledged), whole=True), INVARIANTS))
    return Campaign(killed, sum(map(entries_of, acknowledged)), len(works), faults)


def finish(engine: Engine, ledger: str, first: int, end: int) -> None:
    """Do the works that the dead left, and some that they did."""
    for number in range(first, end):
        perform(number, engine, ledger)


def note(faults: dict[str, list[str]], more: dict[str, list[str]]) -> None:
    """Add faults to those found before."""
    for name, each in more.items():
        faults.setdefault(name, []).extend(each)


def main(url: str, ledger: str, kills: str, seed: str) -> dict[str, Any]:
    """Warm up, so that what is forked has compiled its statements, then kill."""
    engine = open_engine(url)
    ORDERS.create(engine, checkfirst=True)
    for _ in range(2):
        finish(engine, f"{ledger}-warm", 0, 10)
    campaign = kill_writers(engine, ledger, int(kills), seed)
    engine.dispose()
    return campaign._asdict()


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
