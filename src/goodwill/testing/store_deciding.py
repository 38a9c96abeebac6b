"""What every store does with decisions: each is kept once, as it is, and listed in its order."""

# ruff: noqa: D102 - a test's name is its sentence

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from goodwill import presets
from goodwill.domain.account import ERASED
from goodwill.domain.decision import Answer, Decision, Request, Ruling
from goodwill.domain.entry import Ref
from goodwill.domain.errors import AccountErased, ReferenceConflict, UnknownAccount
from goodwill.domain.money import Money
from goodwill.ledger.decision_requests import AppendDecision, SelectDecisions
from goodwill.ledger.ledger import Ledger
from goodwill.ledger.ports import Store
from goodwill.testing.asking import Contract, answer, raised
from goodwill.testing.clock import FixedClock
from goodwill.testing.drafts import NOON

__all__ = ["Deciding", "decision"]


def decision(account: str = "ada", answered: str = "allow", **fields: Any) -> Decision:
    """A decision that nobody recorded yet; fields of the request go to the request."""
    asked: dict[str, Any] = {"kind": "fee_waived", "cost": Money("14.99", "USD"), "actor": "agent-7"}
    asked |= {"requested_at": NOON}
    asked |= {name: fields.pop(name) for name in list(fields) if name in Request.__slots__ and name != "reference"}
    made: dict[str, Any] = {"authority": "a" * 64, "decided_at": NOON, "rules": (), **fields}
    return Decision(request=Request(account=account, **asked), answer=Answer(answered), **made)


def whole() -> Decision:
    """A decision that says all that one can say."""
    return decision(
        "O'Brien; --",
        "needs_approval",
        cost=Money("1.234", "KWD"),
        role="manager",
        magnitude=Decimal("2.5"),
        in_response_to=Ref("order:1:late"),
        note="says it's urgent ☎\n",
        rules=(
            Ruling("amount_limit", Answer.NEEDS_APPROVAL, "1.234 KWD is above 1.000 KWD, ask 名前"),
            Ruling("kinds", Answer.ALLOW, "fee_waived is one of them"),
        ),
        policy="b" * 64,
        balance=0.1 + 0.2,
        decided_at=NOON - timedelta(microseconds=1),
        reference="ask:1",
    )


def book(store: Store) -> Ledger:
    """A ledger over the store."""
    catalog = presets.service_catalog()
    currencies = ("USD", "KWD")
    return Ledger(store, policy=presets.default(), catalog=catalog, currencies=currencies, clock=FixedClock(NOON))


class Deciding(Contract):
    """Decisions are kept as entries are: once for each reference, under the name that was asked for."""

    def test_a_decision_comes_back_as_it_was_made(self) -> None:
        with self.fresh() as store:
            ledger = book(store)
            for made in (whole(), decision()):
                kept = ledger.record_decision(made)
                assert replace(kept, id="", recorded_at=made.recorded_at) == made
                assert kept.id
                assert kept.recorded_at == NOON
            listed = list(ledger.decisions())
            assert [each.reference for each in listed] == ["ask:1", None]
            assert listed[0] == ledger.record_decision(whole())
            assert str(listed[0].request.magnitude) == "2.5"

    def test_the_same_decision_is_recorded_once_and_another_is_refused(self) -> None:
        with self.fresh() as store:
            ledger = book(store)
            first = ledger.record_decision(decision(balance=1.0), reference="ask:1")
            later = decision(balance=0.9, decided_at=NOON + timedelta(seconds=1), note="again")
            again = ledger.record_decision(later, reference="ask:1")
            assert (again, again.replayed, first.replayed) == (first, True, False)
            assert (again.balance, again.seq) == (1.0, first.seq)
            others = (
                decision(answered="deny"),
                decision(cost=Money("15.00", "USD")),
                decision("bob"),
                decision(role="manager"),
                decision(authority="c" * 64),
            )
            for other in others:
                error = raised(ReferenceConflict, lambda made=other: ledger.record_decision(made, reference="ask:1"))
                assert error.original == first
            assert len(list(ledger.decisions())) == 1

    def test_equal_decisions_without_a_reference_are_two(self) -> None:
        with self.fresh() as store:
            ledger = book(store)
            first, second = (ledger.record_decision(decision()) for _ in range(2))
            assert first.id != second.id
            assert list(ledger.decisions()) == [first, second]

    def test_pages_go_on_where_the_one_before_ended(self) -> None:
        with self.fresh() as store:
            ledger = book(store)
            made = [
                ledger.record_decision(
                    decision(name, said, actor=actor, role=role, decided_at=NOON - timedelta(days=age))
                )
                for age, name, said, actor, role in [
                    (3, "ada", "allow", "agent-7", "agent"),
                    (3, "bob", "deny", "agent-7", "agent"),
                    (1, "ada", "allow", "eve", "manager"),
                    (1, "Ada", "needs_approval", "agent-7", None),
                    (2, "ada", "deny", "agent-7", "agent"),
                ]
            ]
            in_order = [made[0], made[1], made[4], made[2], made[3]]
            assert list(ledger.decisions()) == in_order
            found: list[Decision] = []
            cursor = None
            while True:
                page = ledger.decision_page(after=cursor, limit=2)
                found += page.decisions
                if (cursor := page.next) is None:
                    break
            assert found == in_order
            asked: list[tuple[dict[str, Any], list[int]]] = [
                ({"account": "ada"}, [0, 4, 2]),
                ({"actor": "agent-7"}, [0, 1, 4, 3]),
                ({"role": "manager"}, [2]),
                ({"answer": "deny"}, [1, 4]),
                ({"start": NOON - timedelta(days=2), "end": NOON - timedelta(days=1)}, [4]),
                ({"account": "ada", "actor": "agent-7", "answer": "allow"}, [0]),
                ({"account": "nobody"}, []),
            ]
            for filters, places in asked:
                assert list(ledger.decisions(**filters)) == [made[place] for place in places], filters

    def test_ledgers_do_not_see_each_others_decisions(self) -> None:
        with self.open() as ledgers:
            ours, theirs = book(ledgers("ours")), book(ledgers("theirs"))
            kept = ours.record_decision(decision(), reference="ask:1")
            assert list(theirs.decisions()) == list(theirs.decisions(account="ada")) == []
            other = theirs.record_decision(decision(answered="deny"), reference="ask:1")
            assert not other.replayed
            assert list(ours.decisions()) == [kept]
            theirs.erase_account("ada")
            assert list(ours.decisions(account="ada")) == [kept]

    def test_merged_names_are_read_as_one_and_each_keeps_its_own(self) -> None:
        with self.fresh() as store:
            ledger = book(store)
            mail, ada = (ledger.record_decision(decision(name)) for name in ("ada@example.org", "ada"))
            ledger.merge("ada@example.org", into="ada")
            for name in ("ada", "ada@example.org"):
                assert list(ledger.decisions(account=name)) == [mail, ada]
            ledger.unmerge("ada@example.org")
            assert list(ledger.decisions(account="ada")) == [ada]

    def test_a_restricted_account_is_read_by_its_name_alone(self) -> None:
        with self.fresh() as store:
            ledger = book(store)
            ada, bob = (ledger.record_decision(decision(name)) for name in ("ada", "bob"))
            ledger.restrict_account("ada")
            assert list(ledger.decisions()) == [bob]
            assert list(ledger.decisions(account="ada")) == [ada]

    def test_erasure_takes_the_name_and_the_words_and_leaves_what_was_decided(self) -> None:
        with self.fresh() as store:
            ledger = book(store)
            kept = ledger.record_decision(whole())
            bob = ledger.record_decision(decision("bob", note="his own", rules=(Ruling("kinds", Answer.ALLOW, "why"),)))
            assert ledger.export_account("O'Brien; --")["decisions"][0]["request"]["note"] == kept.request.note
            (record,) = ledger.erase_account("O'Brien; --")
            assert record.account.startswith(ERASED)
            (left,) = ledger.decisions(account=record.account)
            assert left == kept.erased(record.account)
            assert (left.request.note, [each.reason for each in left.rules]) == (None, ["", ""])
            assert [each.rule for each in left.rules] == ["amount_limit", "kinds"]
            raised(AccountErased, lambda: ledger.record_decision(whole()))
            raised(UnknownAccount, lambda: ledger.export_account("O'Brien; --"))
            assert list(ledger.decisions(account="bob")) == [bob]

    def test_a_closed_account_is_still_decided_on(self) -> None:
        with self.fresh() as store:
            ledger = book(store)
            ledger.deposit("ada", "upgrade")
            ledger.close_account("ada")
            assert ledger.record_decision(decision(answered="deny")).answer is Answer.DENY

    def test_a_work_that_was_opened_for_reading_records_no_decision(self) -> None:
        with self.fresh() as store, store.work(write=False) as work:
            raised(RuntimeError, lambda: work.answer(AppendDecision(decision(), b"y" * 32)))

    def test_decisions_are_sealed_as_entries_are(self) -> None:
        with self.fresh() as store:
            ledger = book(store)
            ledger.deposit("ada", "upgrade")
            ledger.record_decision(decision(note="personal"))
            ledger.record_decision(whole())
            assert sum(seal.rows for seal in ledger.seal()) == 3
            assert ledger.verify().rows == 3
            ledger.erase_account("ada")
            assert ledger.verify()

    def test_a_page_starts_behind_a_place_that_is_gone_too(self) -> None:
        with self.fresh() as store:
            kept = book(store).record_decision(decision())
            assert answer(store, SelectDecisions(after=(-(2**62), 0))) == [kept]
            assert answer(store, SelectDecisions(after=(2**62, 0))) == []
