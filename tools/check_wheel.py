"""Build the wheel and try it where `src` is absent: bare, and with each extra alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

BARE = """
import goodwill
from goodwill import Ledger, presets

ledger = Ledger.in_memory(policy=presets.default(), catalog=presets.service_catalog())
ledger.deposit("ada", "upgrade")
assert ledger.balance("ada").points > 0
assert "site-packages" in goodwill.__file__, goodwill.__file__
"""
WITHOUT_CLI = """
import subprocess, sys
answer = subprocess.run([sys.executable, "-I", "-m", "goodwill"], capture_output=True, text=True)
assert answer.returncode != 0 and "goodwill[cli]" in answer.stderr, answer
assert "Traceback" not in answer.stderr, answer.stderr
"""
WITH_CLI = """
import subprocess, sys, pathlib
command = pathlib.Path(sys.executable).with_name("goodwill")
answer = subprocess.run([command, "--help"], capture_output=True, text=True)
assert answer.returncode == 0 and "overdrawn" in answer.stdout, answer
"""
WITH_ASYNC = """
import asyncio
from goodwill import AsyncLedger

async def main():
    async with AsyncLedger.in_memory() as ledger:
        await ledger.deposit("ada", "upgrade")
        return await ledger.balance("ada")

assert asyncio.run(main()).points > 0
import goodwill.stores.sqlalchemy.async_store, greenlet
"""
WITH_MIGRATIONS = """
from goodwill.stores.sqlalchemy import migrations, open_engine
engine = open_engine("sqlite://")
migrations.upgrade(engine)
assert migrations.check(engine)
"""
WITH_OUTBOX = """
from goodwill import Ledger, presets
from goodwill.stores.sqlalchemy import SQLAlchemyStore, create_all, open_engine
from goodwill.stores.sqlalchemy.outbox.relay import Relay
from goodwill.stores.sqlalchemy.outbox.sending import Answer, webhook
from goodwill.stores.sqlalchemy.outbox.signing import Signer
engine = open_engine("sqlite://")
create_all(engine)
store = SQLAlchemyStore(engine, outbox=True)
Ledger(store, policy=presets.default(), catalog=presets.service_catalog()).deposit("ada", "upgrade")
assert Relay(engine, lambda message: Answer(204)).run().sent == 1
with webhook("https://example.com", Signer(["whsec_" + "A" * 32])):
    pass
"""
WITH_NUMPY = """
import numpy as np
from goodwill.decays import HalfLife
assert HalfLife(days=84).remaining(np.array([0.0, 84.0])).tolist() == [1.0, 0.5]
"""
WITH_FRAMES = """
import narwhals
from goodwill.decays import HalfLife
assert isinstance(HalfLife(days=84).remaining(narwhals.col("age")), narwhals.Expr)
"""
# Of frames the extra brings the layer and no library; pandas comes with statsmodels.
WITH_APPRAISAL = """
import pandas as pd
from goodwill.appraisal import RetentionLink
assert abs(RetentionLink(base=0.8, slope=0.05).rate(0) - 0.8) < 1e-12
rows = pd.DataFrame({"goodwill": [-9.0, -4, 1, 2, -2, 0, -1, 3, 5, 9], "stayed": [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]})
fit = RetentionLink.from_data(rows)
assert fit.link.slope > 0 and fit.link.is_fitted and fit.caveats, fit
"""
WITH_PARQUET = """
from pathlib import Path
from goodwill.stores.sqlalchemy import create_all, open_engine
from goodwill.stores.sqlalchemy.parquet import write_parquet
engine = open_engine("sqlite://")
create_all(engine)
with engine.connect() as connection:
    assert write_parquet(connection, Path("entries")) == []
"""
WITHOUT_PLOTS = """
try:
    import goodwill.plots
except ImportError as error:
    assert "goodwill[plots]" in str(error), error
else:
    raise AssertionError("pictures without a library that draws")
"""
WITH_PLOTS = """
from goodwill import plots, presets
from goodwill.decays import HalfLife
ax = plots.decays({"support": HalfLife(days=84)})
png, size = ax._repr_png_()
assert png.startswith(b"\\x89PNG") and size["width"] > 0
plots.card(presets.default()).savefig("card.pdf")
"""
# Without a Java there is no frame; what the workers load is there.
WITH_SPARK = """
import pyarrow as pa, pyspark.sql
from goodwill import presets
from goodwill.analytics import plan
from goodwill.analytics.spark import is_spark
table = pa.table({"account": ["ada"]})
assert not is_spark(table)
assert plan(table, presets.default(), links=False).implementation == "pyarrow"
"""
WITH_TESTING = """
from goodwill.decays import HalfLife
from goodwill.testing import check_decay
check_decay(HalfLife)
"""
# What each extra must do with nothing but itself installed.
TRIALS = {
    "": [BARE, WITHOUT_CLI, WITHOUT_PLOTS],
    "appraisal": [BARE, WITH_APPRAISAL],
    "async": [BARE, WITH_ASYNC],
    "cli": [BARE, WITH_CLI],
    "migrations": [BARE, WITH_MIGRATIONS],
    "outbox": [BARE, WITH_OUTBOX],
    "numpy": [BARE, WITH_NUMPY],
    "frames": [BARE, WITH_FRAMES],
    "parquet": [BARE, WITH_PARQUET],
    "plots": [BARE, WITH_PLOTS],
    "spark": [BARE, WITH_SPARK],
    "testing": [BARE, WITH_TESTING],
}
FOR_DEVELOPERS = {"test", "lint", "docs"}


def main() -> None:
    """Build, then install and try every combination in a virtual environment of its own."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    untried = declared.keys() - TRIALS.keys() - FOR_DEVELOPERS
    if untried:
        sys.exit(f"check_wheel: nothing tries the extras {', '.join(sorted(untried))}")
    with tempfile.TemporaryDirectory() as folder:
        wheel = build(Path(folder))
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for name in pool.map(partial(tried, wheel, Path(folder)), TRIALS):
                print(f"{name} works without src")


def tried(wheel: Path, folder: Path, extra: str) -> str:
    """Install the wheel with an extra, and do what it must be able to do."""
    python = install(wheel, extra, folder / f"venv-{extra}")
    for trial in TRIALS[extra]:
        subprocess.run([python, "-I", "-W", "error", "-c", trial], check=True, cwd=folder)
    return f"{wheel.name}{f'[{extra}]' if extra else ''}"


def build(folder: Path) -> Path:
    """The wheel, made from the source distribution, so that both are tried."""
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path, extra: str, home: Path) -> Path:
    """Install the wheel in a new environment with the same interpreter; the environment's python."""
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    target = f"{wheel}[{extra}]" if extra else str(wheel)
    uv = shutil.which("uv")
    pip = [uv, "pip"] if uv else [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    where = ["--python", str(python)]
    # Of what is installed a trial loads little: compiling all of it takes longer than the rest.
    command = [*pip, "install", *where] if uv else [*pip, *where, "install", "--no-compile"]
    subprocess.run([*command, "--quiet", target], check=True)
    return python


if __name__ == "__main__":
    main()
