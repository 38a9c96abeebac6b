"""How the store keeps decisions: each once, whoever else writes at the same time, and lists them page by page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from goodwill.domain.decision import Answer, Decision, Request, Ruling
from goodwill.domain.entry import ABSENT, Ref
from goodwill.domain.errors import RetryTransaction
from goodwill.domain.instant import from_us, to_us
from goodwill.domain.money import Money
from goodwill.ledger.decision_requests import AppendDecision, SelectDecisions
from goodwill.stores.conflict import same_decision
from goodwill.stores.sqlalchemy.rows import EXACT, magnitude_of
from goodwill.stores.sqlalchemy.statements import EARLIEST, LATEST, Statements
from goodwill.stores.sqlalchemy.steps import Put, Query, Steps, fetch
from goodwill.stores.sqlalchemy.tenant import Tenant

__all__ = ["append_decision", "decisions"]


def append_decision(request: AppendDecision, sql: Statements, tenant: Tenant) -> Steps[Decision]:
    """Write a decision, or find the one that its reference stands for.

    Raises:
        ReferenceConflict: if that is another.
        AccountErased: if its customer was erased since.
        RetryTransaction: if another transaction is in the way.
    """
    made = request.decision
    if made.reference is not None:
        rows = yield Query(sql.deciding.by_reference, named(made, tenant))
        if rows:
            return repeated(rows[0], request)
    account_id = yield from account_of(made, sql, tenant)
    yield Put(sql.deciding.add, [row_of(request, account_id, tenant.ledger)])
    rows = yield Query(sql.deciding.by_id, {"ledger": tenant.ledger, "id": made.id})
    if not rows:
        rows = yield Query(sql.deciding.by_reference_now, named(made, tenant))
        if rows:
            return repeated(rows[0], request)
        raise RetryTransaction(
            f"another transaction is writing the decision that {made.reference or made.id!r} stands for; roll back and "
            "try the whole transaction again"
        )
    numbered = replace(made, seq=rows[0][0])
    yield Put(sql.deciding.add_rulings, [rulings_of(numbered)])
    return numbered


def named(decision: Decision, tenant: Tenant) -> dict[str, Any]:
    """What a decision is looked up by."""
    return {"ledger": tenant.ledger, "reference": decision.reference}


def repeated(row: Sequence[Any], request: AppendDecision) -> Decision:
    """The decision of a row, if it is the one that is recorded again."""
    return same_decision(decision_of(row), bytes(row[-1]), request.decision, request.digest)


def account_of(decision: Decision, sql: Statements, tenant: Tenant) -> Steps[int]:
    """The number of a decision's customer, who may be new to the ledger."""
    names = [decision.request.account]
    rows = yield from fetch(sql.account_ids, "names", names, ledger=tenant.ledger)
    if not rows:
        new = {"ledger": tenant.ledger, "name": names[0], "created_us": to_us(decision.recorded_at)}
        yield Put(sql.add_accounts, [new])
        rows = yield from fetch(sql.account_ids_now, "names", names, ledger=tenant.ledger)
    number: int = rows[0][1]
    return number


def row_of(request: AppendDecision, account_id: int, ledger: str) -> dict[str, Any]:
    """What `decisions` keeps of a decision."""
    decision, asked = request.decision, request.decision.request
    link = asked.in_response_to
    return {
        "id": decision.id,
        "ledger": ledger,
        "account_id": account_id,
        "answer": decision.answer.value,
        "kind": asked.kind,
        "magnitude_e6": None if asked.magnitude is ABSENT else int(EXACT.scaleb(asked.magnitude, 6)),
        "cost_minor": asked.cost.minor,
        "cost_currency": asked.cost.currency,
        "cost_exponent": asked.cost.exponent,
        "actor": asked.actor,
        "role": asked.role,
        "requested_us": to_us(asked.requested_at),
        "decided_us": to_us(decision.decided_at),
        "recorded_us": to_us(decision.recorded_at),
        "gesture": asked.reference,
        "response_id": link if isinstance(link, str) else None,
        "response_ref": link.reference if isinstance(link, Ref) else None,
        "authority": decision.authority,
        "policy": decision.policy,
        "balance": decision.balance,
        "spoke": json.dumps([[each.rule, each.answer.value] for each in decision.rules], separators=(",", ":")),
        "reference": decision.reference,
        "request_digest": request.digest,
    }


def rulings_of(decision: Decision) -> dict[str, Any]:
    """What is kept beside a decision that has its seq."""
    reasons = json.dumps([each.reason for each in decision.rules], separators=(",", ":"))
    return {"seq": decision.seq, "reasons": reasons, "note": decision.request.note}


def decision_of(row: Sequence[Any]) -> Decision:
    """The decision of a row of DECISION_COLUMNS, account, reasons and note."""
    (
        seq, id_, answer, kind, magnitude_e6, cost_minor, cost_currency, cost_exponent, actor, role, requested_us,
        decided_us, recorded_us, gesture, response_id, response_ref, authority, policy, balance, spoke, reference,
        account, reasons, note, *_,
    ) = row  # fmt: skip
    rules = json.loads(spoke)
    words = [""] * len(rules) if reasons is None else json.loads(reasons)
    asked = Request(
        account=account,
        kind=kind,
        cost=Money.from_minor(cost_minor, cost_currency, cost_exponent),
        actor=actor,
        requested_at=from_us(requested_us),
        role=role,
        magnitude=ABSENT if magnitude_e6 is None else magnitude_of(magnitude_e6),
        in_response_to=response_id if response_ref is None else Ref(response_ref),
        reference=gesture,
        note=note,
    )
    return Decision(
        request=asked,
        answer=Answer(answer),
        rules=tuple(Ruling(name, Answer(said), why) for (name, said), why in zip(rules, words, strict=True)),
        authority=authority,
        decided_at=from_us(decided_us),
        policy=policy,
        balance=balance,
        reference=reference,
        id=id_,
        recorded_at=from_us(recorded_us),
        seq=seq,
    )


def decisions(request: SelectDecisions, sql: Statements, ledger: str) -> Steps[list[Decision]]:
    """One page of decisions in the order (decided_us, seq)."""
    asked = {
        "accounts": None if request.accounts is None else list(dict.fromkeys(request.accounts)),
        "actor": request.actor,
        "role": request.role,
        "answer": request.answer,
    }
    bound = {name: value for name, value in asked.items() if value is not None}
    hides = request.unrestricted and request.accounts is None
    after_us, after_seq = request.after or (EARLIEST, EARLIEST)
    parameters = {
        "ledger": ledger,
        "first_us": max(EARLIEST if request.start_us is None else request.start_us, after_us),
        "end_us": LATEST if request.end_us is None else request.end_us,
        "after_us": after_us,
        "after_seq": after_seq,
        "limit": request.limit,
    }
    rows = yield Query(sql.deciding.page((*bound, *(["unrestricted"] if hides else []))), parameters | bound)
    return list(map(decision_of, rows))
