"""The pytest plug-in of goodwill. It stands outside the package, so that pytest's start does not import goodwill.

Fixtures: `goodwill_clock` stands still until it is told to go on, `goodwill_policy` is the policy under test, and
`goodwill_ledger` a ledger in memory with both. `--goodwill-policy FILE` runs a suite under another policy. The marker
`goodwill_policies(name=policy, ...)` runs one test under each, and a table at the end says which passed. A failing
test prints what each balance of its ledger is made of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from goodwill import Ledger, Policy
    from goodwill.testing.clock import FixedClock

OUTCOMES = pytest.StashKey[dict[str, dict[str, str]]]()
LEDGERS = pytest.StashKey["list[Ledger]"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--goodwill-policy FILE`."""
    group = parser.getgroup("goodwill")
    group.addoption("--goodwill-policy", metavar="FILE", help="run the suite under the policy of a .toml or .json file")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line(
        "markers", "goodwill_policies(**policies): run the test under each of these policies, and tabulate the outcomes"
    )
    config.stash[OUTCOMES] = {}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One run of a marked test under each of its policies."""
    marker = metafunc.definition.get_closest_marker("goodwill_policies")
    if marker is None:
        return
    if "goodwill_policy" not in metafunc.fixturenames:
        raise pytest.UsageError(
            f"{metafunc.definition.nodeid}: goodwill_policies needs goodwill_policy or goodwill_ledger"
        )
    if marker.args or not marker.kwargs:
        raise pytest.UsageError(
            f"{metafunc.definition.nodeid}: name each policy, goodwill_policies(strict=..., mild=...)"
        )
    metafunc.parametrize("goodwill_policy", list(marker.kwargs.values()), ids=list(marker.kwargs), indirect=True)


@pytest.fixture
def goodwill_policy(request: pytest.FixtureRequest) -> Policy:
    """The policy under test: the marker's, else the file's of --goodwill-policy, else the default."""
    from goodwill import Policy, presets

    if hasattr(request, "param"):
        policy: Policy = request.param
        return policy
    path = request.config.getoption("--goodwill-policy")
    return Policy.from_file(path) if path else presets.default()


@pytest.fixture
def goodwill_clock() -> FixedClock:
    """A clock that stands at 2026-01-01 until it is told to go on."""
    from goodwill.testing.clock import FixedClock

    return FixedClock()


@pytest.fixture
def goodwill_ledger(
    request: pytest.FixtureRequest, goodwill_policy: Policy, goodwill_clock: FixedClock
) -> Iterator[Ledger]:
    """A ledger in memory, under the policy under test and with the clock of the test."""
    from goodwill import Ledger

    ledger = Ledger.in_memory(goodwill_policy, clock=goodwill_clock)
    request.node.stash.setdefault(LEDGERS, []).append(ledger)
    yield ledger
    ledger.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Add to a failing test what every balance of its ledgers is made of, and note its outcome by policy."""
    report = yield
    if call.when != "call":
        return report
    if report.failed:
        for ledger in item.stash.get(LEDGERS, []):
            report.sections.append(("goodwill: what each balance is made of", told(ledger)))
    callspec = getattr(item, "callspec", None)
    if item.get_closest_marker("goodwill_policies") and callspec is not None:
        test, _, _ = item.nodeid.partition("[")
        item.config.stash[OUTCOMES].setdefault(test, {})[callspec.id] = report.outcome
    return report


def told(ledger: Ledger) -> str:
    """The balances of a ledger, and what each is made of."""
    from goodwill.testing.explaining import explained

    return "\n".join(explained(ledger, account.id) for account in ledger.accounts()) or "no entries"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The outcomes of marked tests, a line each and a column for each policy."""
    outcomes = config.stash[OUTCOMES]
    if not outcomes:
        return
    terminalreporter.section("goodwill: outcomes by policy")
    for test, by_policy in outcomes.items():
        columns = "  ".join(f"{name}: {outcome}" for name, outcome in by_policy.items())
        terminalreporter.write_line(f"{test}  {columns}")
