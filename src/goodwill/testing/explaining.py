"""A balance told in text: what each entry contributes, for a failing test."""

from __future__ import annotations

from datetime import datetime

from goodwill.domain.balance import Balance, Contribution
from goodwill.ledger.ledger import Ledger
from goodwill.policies.policy import Policy

__all__ = ["explained", "table"]


def explained(
    ledger: Ledger,
    account: str,
    *,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
    policy: Policy | None = None,
) -> str:
    """The balance of an account and what it is made of, a line each."""  # fmt: skip
    balance = ledger.balance(account, as_of=as_of, known_at=known_at, policy=policy)
    return table(balance, ledger.contributions(account, as_of=as_of, known_at=known_at, policy=policy))


def table(balance: Balance, contributions: list[Contribution]) -> str:
    """The lines of `explained`."""
    lines = [f"{balance.points:+.4f} points ({balance.standing}) of {balance.account!r} under {balance.policy}"]
    for item in contributions:
        name = item.reference or item.id
        lines.append(
            f"  {item.points:+10.4f} = {item.worth:+10.4f} x {item.share:.4f}  {item.occurred_at:%Y-%m-%d} {item.kind}"
            f"  {name}" + (f"  ({item.note})" if item.note else "")
        )
    lines += [f"  {amount:+10.4f}  {term}" for term, amount in balance.terms.items()]
    lines += [f"  unvalued: {item.kind}  {item.reference or item.id}  ({item.reason})" for item in balance.unvalued]
    return "\n".join(lines)
