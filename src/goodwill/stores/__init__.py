"""Edge: where entries are kept. Imports the ledger's ports and the floors below; only `sqlalchemy/` needs SQLAlchemy."""

from goodwill.stores.memory import MemoryStore

__all__ = ["MemoryStore"]
