"""The digest of what an entry's row says, by which a changed row is found."""

from __future__ import annotations

from goodwill.stores.sqlalchemy.columns import digest
from goodwill.stores.sqlalchemy.migrations.steps import Steps

revision, down_revision = "0013", "0012"


def upgrade(steps: Steps) -> None:
    """Add the column; rows of before have none, since no row is ever changed."""
    steps.add_column("entries", "row_digest", digest())
