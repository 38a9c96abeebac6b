"""Hold every registered decay to every law at full size, and write what was found to docs/explanation/evidence.md.

Usage: make thorough, or make thorough EXAMPLES=500 for a smaller size.
"""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import UTC, datetime
from pathlib import Path
from platform import python_version
from time import perf_counter
from typing import NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import goodwill.decays  # noqa: F401 - registers the decays that ship
from goodwill.policies.component import registered
from goodwill.policies.decay import Decay
from goodwill.testing.laws import LAWS
from goodwill.testing.strategies import ages, instances

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "explanation" / "evidence.md"

LAWS_BY_NAME = {law.__name__: law for law in LAWS}


class Found(NamedTuple):
    """What came of one law on one member: how many decays were tried, how long all its laws took, what broke it."""

    member: str
    law: str
    tried: int
    seconds: float
    fault: str


def main() -> None:
    """Run all members on all cores, write the page, and exit with 1 if a law was broken."""
    examples = int(os.environ.get("GOODWILL_EXAMPLES", "100"))
    members = list(registered(Decay))
    print(f"{len(LAWS)} laws, {len(members)} decays, {examples:,} examples each")
    start = perf_counter()
    found = []
    with ProcessPoolExecutor() as pool:
        jobs = [pool.submit(held, member, examples) for member in members]
        for done in as_completed(jobs):
            of_member = done.result()
            found += of_member
            faults = [f"{one.law}: {one.fault}" for one in of_member if one.fault]
            print(f"{of_member[0].member}: {'; '.join(faults) or 'every law held'} ({of_member[0].seconds:.0f} s)")
    PAGE.write_text(page(found, members, examples, perf_counter() - start), encoding="utf-8")
    broken = [one for one in found if one.fault]
    print(f"{PAGE.relative_to(ROOT)}: {len(found) - len(broken)} pairs held, {len(broken)} broken")
    sys.exit(bool(broken))


def held(member: str, examples: int) -> list[Found]:
    """Try every law on so many members with random parameters; each is drawn once for all laws."""
    cases = st.tuples(instances(registered(Decay)[member]), st.lists(ages(), max_size=8))
    tried = dict.fromkeys(LAWS_BY_NAME, 0)
    faults = dict.fromkeys(LAWS_BY_NAME, "")
    start = perf_counter()

    @settings(max_examples=examples, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(cases)
    def hold(case: tuple[Decay, list[float]]) -> None:
        decay, some_ages = case
        for name, law in LAWS_BY_NAME.items():
            tried[name] += 1
            try:
                law(decay, some_ages) if "ages" in inspect.signature(law).parameters else law(decay)
            except Exception as error:  # noqa: BLE001 - whatever it is, it goes into the page
                faults[name] = f"{type(error).__name__}: {error}"

    hold()
    seconds = perf_counter() - start
    return [Found(member, name, tried[name], seconds, faults[name]) for name in LAWS_BY_NAME]


def page(found: Iterable[Found], members: list[str], examples: int, seconds: float) -> str:
    """The page: what was run, a table of law by member, and the faults."""
    cells = {(one.law, one.member): one for one in found}
    faults = [one for one in cells.values() if one.fault]
    laws = [
        f"| {sentence(name)} | {' | '.join(cell(cells[name, member]) for member in members)} |" for name in LAWS_BY_NAME
    ]
    verdict = f"{len(faults)} pairs of law and decay are **broken**" if faults else "Every law held on every decay"
    return (
        "\n".join(
            [
                "# The laws at full size",
                "",
                "Written by `make thorough`, not by hand: every law of a decay on every registered decay, each with random",
                "parameters within their limits, at random ages and at a grid up to a million years.",
                "",
                f"Run on {datetime.now(UTC):%Y-%m-%d} at commit `{commit()}`, Python {python_version()}, with up to {examples:,}",
                f"examples for each pair, in {seconds / 60:.1f} min. {verdict}. A cell says how many decays were tried;",
                "where there are fewer, those are all that there are (`no_decay` has no parameters).",
                "",
                f"| law | {' | '.join(f'`{member}`' for member in members)} |",
                f"|---|{'---:|' * len(members)}",
                *laws,
                "",
                *(f"- `{one.law}` on `{one.member}`: {one.fault}" for one in faults),
            ]
        ).rstrip()
        + "\n"
    )


def sentence(law_name: str) -> str:
    """What the law says: the first line of its docstring."""
    return (LAWS_BY_NAME[law_name].__doc__ or law_name).partition("\n")[0].rstrip(".").replace("|", "\\|")


def cell(one: Found) -> str:
    """How many were tried, or that it broke."""
    return "**broken**" if one.fault else f"{one.tried:,}"


def commit() -> str:
    """The commit that is checked out, with a word if files of the package differ from it."""
    head = git("rev-parse", "--short=10", "HEAD")
    changed = git("status", "--porcelain", "--", "src")
    return f"{head}, with changes" if changed else head


def git(*words: str) -> str:
    """What git answers, or nothing where there is none."""
    try:
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


if __name__ == "__main__":
    main()
