"""Hold every registered member of every family to its laws at full size, and write docs/explanation/evidence.md.

Usage: make thorough, or make thorough EXAMPLES=500 for a smaller size. What stands between `<!-- mutants -->` and
`<!-- /mutants -->` on the page was written by somebody else, and is kept.
"""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import UTC, datetime
from pathlib import Path
from platform import python_version
from time import perf_counter
from typing import Any, NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goodwill.policies.component import Component, registered
from goodwill.policies.decay import Decay
from goodwill.policies.lag import Lag
from goodwill.policies.term import Term
from goodwill.policies.valuation import Step
from goodwill.testing import lag, laws, operands, readings
from goodwill.testing.book import Book, kept
from goodwill.testing.engines import FRAMES
from goodwill.testing.histories import histories
from goodwill.testing.policy import opinion
from goodwill.testing.strategies import ages, instances

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "explanation" / "evidence.md"
MUTANTS = re.compile(r"<!-- mutants -->.*?<!-- /mutants -->", re.DOTALL)

Law = Callable[[Any], None]
Example = Mapping[str, Any]
"""What laws are held on: a member, with what else each of its laws looks at."""


class Found(NamedTuple):
    """What came of all laws on one member: how many were tried, how long it took, and what broke which law."""

    family: str
    member: str
    tried: int
    seconds: float
    faults: Mapping[str, str]


class Family(NamedTuple):
    """A family, what its laws are, and what they are tried on.

    Attributes:
        about: what an example is, in words.
        more: what is drawn for a member, beside itself.
        laws: functions of an example.
    """

    title: str
    base: type[Component]
    about: str
    more: Callable[[Any], Mapping[str, st.SearchStrategy[Any]]]
    laws: Mapping[str, Law]


def main() -> None:
    """Run all members on all cores, write the page, and exit with 1 if a law was broken."""
    examples = int(os.environ.get("GOODWILL_EXAMPLES", "100"))
    members = [(name, tag) for name, family in FAMILIES.items() for tag in registered(family.base)]
    print(f"{len(members)} members of {len(FAMILIES)} families, {examples:,} examples each")
    start = perf_counter()
    found = []
    with ProcessPoolExecutor() as pool:
        # The slow ones, which have readings or staircases, first.
        jobs = [pool.submit(held, name, tag, examples) for name, tag in reversed(members)]
        for done in as_completed(jobs):
            one = done.result()
            found.append(one)
            faults = "; ".join(f"{law}: {fault}" for law, fault in one.faults.items())
            print(f"{one.family} {one.member}: {faults or 'every law held'} ({one.seconds:.0f} s)", flush=True)
    found.sort(key=lambda one: members.index((one.family, one.member)))
    PAGE.write_text(page(found, examples, perf_counter() - start, PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    broken = sum(len(one.faults) for one in found)
    print(f"{PAGE.relative_to(ROOT)}: {len(found)} members, {broken} laws broken")
    sys.exit(bool(broken))


def held(name: str, tag: str, examples: int) -> Found:
    """Try every law on so many members with random parameters; each is drawn once for all laws."""
    family = FAMILIES[name]
    drawn = instances(registered(family.base)[tag])
    tried, faults = 0, {}
    start = perf_counter()

    @settings(max_examples=examples, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(drawn.flatmap(lambda part: st.fixed_dictionaries({"part": st.just(part), **family.more(part)})))
    def hold(example: Example) -> None:
        nonlocal tried
        tried += 1
        seen = dict(example)
        for law, check in family.laws.items():
            try:
                check(seen)
            except Exception as error:  # noqa: BLE001 - whatever it is, it goes into the page
                faults[law] = f"{type(error).__name__}: {error} ({example['part']!r})"

    hold()
    return Found(name, tag, tried, perf_counter() - start, faults)


def of_decay(law: Callable[..., None]) -> Law:
    """A law of a decay, as one of an example."""
    if "ages" in inspect.signature(law).parameters:
        return lambda example: law(example["part"], example["ages"])
    return lambda example: law(example["part"])


def of_reading(law: Callable[[Book], None]) -> Law:
    """A law of a reading, as one of an example: one book serves them all."""

    def held(example: dict[str, Any]) -> None:
        if "book" not in example:
            example["book"] = Book(opinion(example["part"]), kept(example["history"]))
        law(example["book"])

    return held


def engines(example: Example) -> None:
    """Every operand that it declares gives the number of a float: arrays, frames of one library in turn, and SQL."""
    asked = ["numpy", example["frame"], "sqlite"]
    if isinstance(example["part"], Decay):
        laws.every_engine_agrees(example["part"], example["ages"], asked)
    else:
        for case in example["cases"]:
            operands.every_engine_agrees(example["part"], case, asked)


def by_sentence(held: Iterable[Callable[..., None]], wrapped: Callable[[Any], Law]) -> dict[str, Law]:
    """The laws by what they say: their name, and the first line of their docstring."""
    return {f"{law.__name__.replace('_', ' ')}: {sentence(law)}": wrapped(law) for law in held}


def sentence(law: Callable[..., None]) -> str:
    """The first line of a docstring."""
    return (law.__doc__ or "").partition("\n")[0].rstrip(".")


FRAME = st.sampled_from(FRAMES)
ENGINES = {f"every engine agrees: {sentence(engines)}": engines}
READ = {**by_sentence(readings.LAWS, of_reading), **ENGINES}


def with_history(part: Component) -> Mapping[str, st.SearchStrategy[Any]]:
    """What the laws of a reading look at."""
    return {"history": histories(), "cases": operands.cases(part), "frame": FRAME}


A_READING = "in a policy with the starter rates of a small catalog, each on a random history of up to twelve entries"
FAMILIES = {
    "decay": Family(
        "Decays",
        Decay,
        "at random ages and at a grid up to a million years",
        lambda _: {"ages": st.lists(ages(), max_size=8), "frame": FRAME},
        {**by_sentence([law for law in laws.LAWS if law is not laws.every_engine_agrees], of_decay), **ENGINES},
    ),
    "lag": Family(
        "Lags",
        Lag,
        "at the quarters of 366 periods and far out",
        lambda part: {"cases": operands.cases(part), "frame": FRAME},
        {**by_sentence(lag.LAWS, lambda law: lambda example: law(example["part"])), **ENGINES},
    ),
    "step": Family("Steps of a valuation", Step, A_READING, with_history, READ),
    "term": Family("Account terms", Term, A_READING, with_history, READ),
}


def page(found: list[Found], examples: int, seconds: float, before: str) -> str:
    """The page: what was run, a section for each family, and what somebody else wrote on it before."""
    broken = sum(len(one.faults) for one in found)
    verdict = f"**{broken} laws are broken**, listed below" if broken else "Every law held on every member"
    parts = [
        "# The laws at full size",
        "",
        "Written by `make thorough`, not by hand: each registered member of each family with random parameters within",
        "their limits, held to every law of its family. A law with a precondition passes where that is not met; a step",
        "with state declares floats alone, so no other engine is asked.",
        "",
        f"Run on {datetime.now(UTC):%Y-%m-%d} at commit `{commit()}`, Python {python_version()}, with up to {examples:,} examples",
        f"for each member, in {seconds / 60:.0f} min on {os.cpu_count()} cores. {verdict}.",
        *(
            line
            for name, family in FAMILIES.items()
            for line in section(family, [one for one in found if one.family == name])
        ),
    ]
    mutants = MUTANTS.search(before)
    return "\n".join([*parts, *(["", mutants[0]] if mutants else [])]) + "\n"


def section(family: Family, found: list[Found]) -> list[str]:
    """What was found of one family."""
    return [
        "",
        f"## {family.title}",
        "",
        f"Tried {family.about}" + ("; the laws are those of steps." if family.base is Term else ":"),
        "",
        *(line for law in family.laws if family.base is not Term for line in (f"- {law}",)),
        *([] if family.base is Term else [""]),
        f"| {family.base.family} | tried | laws held | broken |",
        "|---|---:|---:|---|",
        *(
            f"| `{one.member}` | {one.tried:,} | {len(family.laws) - len(one.faults)} of {len(family.laws)} | "
            f"{', '.join(law.partition(':')[0] for law in one.faults)} |"
            for one in found
        ),
        *(
            line
            for one in found
            for law, fault in one.faults.items()
            for line in ("", f"`{one.member}`, {law}: {fault}")
        ),
    ]


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
