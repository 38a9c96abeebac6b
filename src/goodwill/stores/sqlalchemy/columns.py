"""Types of columns that mean the same on SQLite, PostgreSQL and MariaDB, and the columns that many tables have.

Migrations use the types too: never change one.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Identity, Integer, LargeBinary, String, Table, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeEngine

__all__ = [
    "LONGEST_NAME",
    "TRANSACTIONAL",
    "counted",
    "digest",
    "long_text",
    "number",
    "of_account",
    "of_ledger",
    "text",
]

LONGEST_NAME = 255
"""Characters that an account id, a reference, an actor or a channel may have."""

TRANSACTIONAL: dict[str, Any] = {"mysql_engine": "InnoDB", "mariadb_engine": "InnoDB"}
"""Of a table: rolled back with its transaction on MariaDB too, whatever its server's default engine is."""

# MariaDB folds case and ignores trailing spaces unless told otherwise: `A1`, `a1` and `a1 ` are three customers.
EXACT_ON_MARIADB = "utf8mb4_nopad_bin"
# Bytes, not the order of some language: pages of accounts come in the same order everywhere.
EXACT_ON_POSTGRESQL = "C"


def number() -> TypeEngine[int]:
    """A key that the database counts up. SQLite counts only what it calls INTEGER."""
    return BigInteger().with_variant(Integer(), "sqlite")


def text(length: int) -> TypeEngine[str]:
    """Text that is compared exactly, byte by byte, on every database."""
    exact = String(length, collation=EXACT_ON_MARIADB)
    return (
        String(length)
        .with_variant(String(length, collation=EXACT_ON_POSTGRESQL), "postgresql")
        .with_variant(exact, "mysql", "mariadb")
    )


def long_text() -> TypeEngine[str]:
    """Text without a bound. JSON is kept in it too: a host may have taught its engine another JSON."""
    return Text().with_variant(mysql.LONGTEXT(collation=EXACT_ON_MARIADB), "mysql", "mariadb")


def digest() -> TypeEngine[bytes]:
    """The 32 bytes of a SHA-256."""
    return LargeBinary(32).with_variant(mysql.BINARY(32), "mysql", "mariadb")


def counted(name: str) -> Column[int]:
    """A table's key, which the database counts up."""
    return Column(name, number(), Identity(), primary_key=True)


def of_ledger() -> Column[str]:
    """Which ledger (tenant) a row is of."""
    return Column("ledger", text(64), nullable=False)


def of_account(table: str, accounts: Table) -> Column[int]:
    """Which account a row of the table is of."""
    return Column("account_id", number(), ForeignKey(accounts.c.id, name=f"{table}_account_fkey"), nullable=False)
