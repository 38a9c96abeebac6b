"""How the kit tries a law: on so many random examples, naming the smallest that breaks it."""

from __future__ import annotations

import os

try:
    from hypothesis import HealthCheck, settings
except ImportError as error:
    raise ImportError("goodwill.testing needs hypothesis: install goodwill[testing]") from error

__all__ = ["tries"]


def tries(examples: int | None) -> settings:
    """The settings of a law's run.

    Args:
        examples: how many; the environment's GOODWILL_EXAMPLES, else 100, where None.
    """
    return settings(
        max_examples=examples or int(os.environ.get("GOODWILL_EXAMPLES", "100")),
        database=None,
        deadline=None,
        derandomize="CI" in os.environ,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
