"""Edge: exports of a CRM into a ledger, by a mapping file. Imports the ledger and the floors below; needs the extra `cli`."""

from __future__ import annotations

from goodwill.sources.importing import import_file
from goodwill.sources.mapping import ImportMapping
from goodwill.sources.report import ImportReport

__all__ = ["ImportMapping", "ImportReport", "import_file"]
