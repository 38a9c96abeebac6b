"""Writers that are killed at random moments lose nothing, double nothing and leave no half of anything."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.killing import Campaign
from tests.databases import Database

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("GOODWILL_KILLS", "20"))


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL and fork are Unix's")
def test_killed_writers_lose_nothing_double_nothing_and_leave_no_half(
    database: Database, project_root: Path, record_property: Callable[[str, object], None]
) -> None:
    url = database.url.render_as_string(hide_password=False)
    seed = database.ledger if "CI" not in os.environ else "the same in every build"
    command = [sys.executable, "-m", "tests.chaos.killing", url, database.ledger, str(KILLS), seed]
    ran = subprocess.run(command, cwd=project_root, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    campaign = Campaign(**json.loads(ran.stdout))
    record_property("campaign", json.dumps({"database": database.family, **campaign._asdict()}))
    assert campaign.faults == {}, f"seed {seed}"
    assert campaign.kills == KILLS
    assert campaign.acknowledged > 0
