"""What every test shares: the sizes of the property tests, and where the shared data lie."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

ROOT = Path(__file__).resolve().parent.parent

if "MUTANT_UNDER_TEST" in os.environ:
    # Mutation testing forks; threads of these libraries do not survive that. NumPy and pandas stand for them.
    sys.modules["polars"] = sys.modules["pyarrow"] = None  # type: ignore[assignment]
# Mutation testing asks whether a test fails, not on which smallest example.
SEARCH = [Phase.explicit, Phase.generate] if "MUTANT_UNDER_TEST" in os.environ else list(Phase)

settings.register_profile(
    "goodwill",
    phases=SEARCH,
    max_examples=int(os.environ.get("GOODWILL_EXAMPLES", "100")),
    deadline=None,  # two shared cores: wall time says nothing about an example
    print_blob=True,
    derandomize="CI" in os.environ,  # a red build must be red again
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("goodwill")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """What is slow runs untraced: tracing doubles its time, and other tests run the same lines."""
    coverage = sys.modules.get("coverage")
    traced = coverage and coverage.Coverage.current()
    if not traced or item.get_closest_marker("slow") is None:
        return (yield)
    traced.stop()
    try:
        return (yield)
    finally:
        traced.start()


@pytest.fixture
def unshrunk() -> Generator[None, None, None]:
    """A search ends at the first fault: whether one is caught needs no smallest example of it."""
    settings.register_profile("unshrunk", phases=[Phase.explicit, Phase.generate])
    settings.load_profile("unshrunk")
    yield
    settings.load_profile("goodwill")


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The folder that holds pyproject.toml."""
    return ROOT
