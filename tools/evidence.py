"""Hold every registered member of every family to its laws at full size, and write docs/explanation/evidence.md.

Usage: make thorough, or make thorough EXAMPLES=500 for a smaller size. The page is written after each member, so that
a run that was cut off goes on where it stopped: a member whose laws held is not tried again as long as the code that
it is judged by is the same, to the byte. What stands between `<!-- mutants -->` and `<!-- /mutants -->` on the page,
and between those of `chaos`, was written by somebody else, and is kept.
"""

from __future__ import annotations

import hashlib
import inspect
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from platform import python_version
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
OTHERS = [re.compile(rf"<!-- {name} -->.*?<!-- /{name} -->", re.DOTALL) for name in ("chaos", "mutants")]
"""What somebody else writes on the page."""

Law = Callable[[Any], None]
Example = Mapping[str, Any]
"""What laws are held on: a member, with what else each of its laws looks at."""


class Found(NamedTuple):
    """What came of all laws on one member.

    Attributes:
        asked: how many examples were asked for.
        tried: how many there were; fewer where a member has no more.
        faults: what broke which law.
        judged: the date and the commit, and the digest of the code that it was judged by.
    """

    family: str
    member: str
    asked: int
    tried: int
    faults: Mapping[str, str]
    judged: tuple[str, str, str]


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
    """Run all members on all cores, write the page after each, and exit with 1 if a law was broken."""
    examples = int(os.environ.get("GOODWILL_EXAMPLES", "100"))
    members = [(name, tag) for name, family in FAMILIES.items() for tag in registered(family.base)]
    found = standing(PAGE.read_text(encoding="utf-8"), examples)
    left = [member for member in members if member not in found]
    print(f"{len(members)} members of {len(FAMILIES)} families, {examples:,} examples each; {len(left)} of them to do")
    with ProcessPoolExecutor() as pool:
        # The slow ones, which have readings or staircases, first.
        jobs = [pool.submit(held, name, tag, examples) for name, tag in reversed(left)]
        for done in as_completed(jobs):
            one = done.result()
            found[one.family, one.member] = one
            faults = "; ".join(f"{law}: {fault}" for law, fault in one.faults.items())
            print(f"{one.family} {one.member}: {faults or 'every law held'}", flush=True)
            write([found[member] for member in members if member in found], members, examples)
    write([found[member] for member in members if member in found], members, examples)
    broken = sum(len(one.faults) for one in found.values())
    print(f"{PAGE.relative_to(ROOT)}: {len(found)} members, {broken} laws broken")
    sys.exit(bool(broken))


def write(found: list[Found], members: list[tuple[str, str]], examples: int) -> None:
    """Write what is known so far."""
    PAGE.write_text(page(found, len(members), examples, PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def standing(before: str, examples: int) -> dict[tuple[str, str], Found]:
    """What the page says of members that held under the very code of today, with at least so many examples asked for."""
    titles = {family.title: (name, family) for name, family in FAMILIES.items()}
    rows: dict[tuple[str, str], Found] = {}
    for title, table in SECTION.findall(before):
        name, family = titles.get(title, ("", None))
        for member, asked, tried, date, commit, code in ROW.findall(table) if family else ():
            if code == judges(name) and number(asked) >= examples and member in registered(family.base):
                rows[name, member] = Found(name, member, number(asked), number(tried), {}, (date, commit, code))
    return rows


def number(text: str) -> int:
    """A number with commas."""
    return int(text.replace(",", ""))


@cache
def judges(family: str) -> str:
    """The digest of the code that members of a family are judged by: members, laws, and what those look at.

    The laws of another family, and those of stores, judge nobody here.
    """
    places = [ROOT / "src" / "goodwill" / place for place in JUDGED]
    files = sorted(path for place in places for path in place.rglob("*.py") if not path.match("testing/*store*.py"))
    files += [ROOT / "src" / "goodwill" / name for name in JUDGED_ALONE]
    files = [path for path in files if OF_ONE_FAMILY.get(f"{path.parent.name}/{path.name}", family) == family]
    code = b"".join(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() for path in files)
    return hashlib.sha256(code).hexdigest()[:12]


JUDGED = ("domain", "policies", "decays", "lags", "valuations", "terms", "testing")
JUDGED_ALONE = (
    "ledger/reading.py", "ledger/drafting.py", "analytics/numpy_operands.py", "analytics/narwhals_operands.py",
    "stores/sqlalchemy/operands.py",
)  # fmt: skip
# No law and no member reads what an authority decided: its file judges nobody.
OF_ONE_FAMILY = {"testing/laws.py": "decay", "testing/lag.py": "lag", "domain/decision.py": ""}
SECTION = re.compile(r"^## (.+?)\n(.*?)(?=^## |\Z)", re.DOTALL | re.MULTILINE)
ROW = re.compile(
    r"^\| `(\w+)` \| ([\d,]+) \| ([\d,]+) \| \d+ of \d+ \|  \| (\S+) \| `(\w+)` \| `(\w+)` \|$", re.MULTILINE
)


def held(name: str, tag: str, examples: int) -> Found:
    """Try every law on so many members with random parameters; each is drawn once for all laws."""
    family = FAMILIES[name]
    drawn = instances(registered(family.base)[tag])
    tried, faults = 0, {}

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
    return Found(name, tag, examples, tried, faults, (f"{datetime.now(UTC):%Y-%m-%d}", commit(), judges(name)))


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


def page(found: list[Found], members: int, examples: int, before: str) -> str:
    """The page: what was run, a section for each family, and what somebody else wrote on it before."""
    broken = sum(len(one.faults) for one in found)
    all_of_them = "every member" if len(found) == members else f"the {len(found)} of {members} members tried so far"
    verdict = f"**{broken} laws are broken**, listed below" if broken else f"Every law held on {all_of_them}"
    parts = [
        "# The laws at full size",
        "",
        "Written by `make thorough`, not by hand: each registered member of each family with random parameters within",
        "their limits, held to every law of its family. A law with a precondition passes where that is not met; a step",
        "with state declares floats alone, so no other engine is asked. A member is tried again when the code that it is",
        "judged by changes: its digest stands beside the date and the commit. Where fewer examples were tried than",
        "asked for, a member has no more.",
        "",
        f"Up to {examples:,} examples for each member, Python {python_version()}. {verdict}.",
        *(
            line
            for name, family in FAMILIES.items()
            for line in section(family, [one for one in found if one.family == name])
        ),
    ]
    others = [written for mark in OTHERS if (written := mark.search(before))]
    return "\n".join([*parts, *(line for written in others for line in ("", written[0]))]) + "\n"


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
        f"| {family.base.family} | asked | tried | laws held | broken | on | at commit | judged by |",
        "|---|---:|---:|---:|---|---|---|---|",
        *(
            f"| `{one.member}` | {one.asked:,} | {one.tried:,} | {len(family.laws) - len(one.faults)} of "
            f"{len(family.laws)} | {', '.join(law.partition(':')[0] for law in one.faults)} | {one.judged[0]} | "
            f"`{one.judged[1]}` | `{one.judged[2]}` |"
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
    """The commit that is checked out; what was judged is said by the digest beside it."""
    return git("rev-parse", "--short=10", "HEAD")


def git(*words: str) -> str:
    """What git answers, or nothing where there is none."""
    try:
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


if __name__ == "__main__":
    main()
