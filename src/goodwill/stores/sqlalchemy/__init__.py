"""Edge: the store in SQLite, PostgreSQL and MariaDB, and the SQL operands. Imports SQLAlchemy and the floors below."""

from goodwill.stores.sqlalchemy.engine import open_engine
from goodwill.stores.sqlalchemy.opening import open_store
from goodwill.stores.sqlalchemy.store import SQLAlchemyStore
from goodwill.stores.sqlalchemy.tables import create_all, metadata

__all__ = ["SQLAlchemyStore", "create_all", "metadata", "open_engine", "open_store"]
