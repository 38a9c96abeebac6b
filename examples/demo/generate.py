"""Invent the demo's export: one year of a service firm that does not exist, with customers who do not exist.

Run it from the project's root to write the CSV files again; the seed is fixed, so they come out the same:

    python examples/demo/generate.py
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

FOLDER = Path(__file__).resolve().parents[2] / "src" / "goodwill" / "cli" / "demo_data"
SEED = 2025
YEAR = datetime(2025, 1, 1)  # noqa: DTZ001 - a CRM exports local times; the mapping files say the zone
LAST = datetime(2025, 12, 29)  # noqa: DTZ001 - local time, like YEAR

# How a customer's year goes: chances, of what the word says.
#            visits a year, late, heroic, tickets a year, unanswered, made good, thanked
LIVES = {
    "smooth": (6, 0.05, 0.15, 2, 0.00, 0.90, 0.40),
    "mended": (7, 0.30, 0.20, 4, 0.05, 0.95, 0.30),
    "bumpy": (6, 0.30, 0.10, 4, 0.25, 0.50, 0.15),
    "neglected": (5, 0.40, 0.00, 5, 0.60, 0.10, 0.00),
    "quiet": (1, 0.20, 0.00, 1, 0.00, 0.50, 0.20),
}
CROWD = ["smooth"] * 13 + ["mended"] * 10 + ["bumpy"] * 8 + ["neglected"] * 4 + ["quiet"] * 5
FAILURES = ("fault", "dispute", "unexpected charge", "complaint")
AGENTS = [f"agent-{number:02d}" for number in range(1, 9)]
CREWS = [f"crew-{letter}" for letter in "abcd"]

Row = dict[str, object]


class Export:
    """The three files of the export, filled customer by customer."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)  # noqa: S311 - an invented story, not a secret
        self.visits: list[Row] = []
        self.tickets: list[Row] = []
        self.credits: list[Row] = []

    def chance(self, share: float) -> bool:
        """Whether something with this chance happens."""
        return self.dice.random() < share

    def day(self) -> datetime:
        """A working hour of the year."""
        return YEAR + timedelta(
            days=self.dice.randrange(2, 358), hours=self.dice.randrange(8, 18), minutes=self.dice.randrange(60)
        )

    def live(self, customer: str, life: str) -> None:
        """One customer's year."""
        visits, late, heroic, tickets, unanswered, mended, thanked = LIVES[life]
        for _ in range(visits + self.dice.randrange(2)):
            self.visit(customer, late, heroic, mended)
        for _ in range(tickets + self.dice.randrange(2)):
            self.ticket(customer, unanswered, mended, thanked)

    def visit(self, customer: str, late: float, heroic: float, mended: float) -> None:
        """One visit of a crew, on the promised day or late; a mended lateness is answered by a waived fee."""
        promised = self.day()
        days_late = self.dice.choice([1, 1, 2, 2, 3, 5, 8]) if self.chance(late) else 0
        done = promised + timedelta(days=days_late, minutes=self.dice.randrange(20, 200))
        visit = f"V-{len(self.visits) + 1:04d}"
        remark = "stayed until it worked" if self.chance(heroic) else ""
        self.visits.append({
            "visit": visit, "customer": customer, "promised": f"{promised:%Y-%m-%d}",
            "done": "" if done > LAST else f"{done:%Y-%m-%d %H:%M}", "crew": self.dice.choice(CREWS), "remark": remark,
        })  # fmt: skip
        if days_late and self.chance(mended):
            called = promised + timedelta(days=1, hours=self.dice.randrange(1, 20))
            ticket = self.open(customer, called, "late visit", visit=visit)
            self.credit(ticket, called, "fee waived", self.dice.choice([14.99, 19.99, 29.99]))

    def ticket(self, customer: str, unanswered: float, mended: float, thanked: float) -> None:
        """One ticket: a failure or a question, answered well or badly, and perhaps a credit for it."""
        opened, topic = self.day(), self.dice.choice([*FAILURES, "question", "question", "question"])
        missed = self.dice.choice([1, 1, 2, 3]) if self.chance(unanswered) else 0
        fails = topic in FAILURES
        fixed = self.chance(mended)
        tone = self.dice.choice(["warm", "thanked", "humor", "praise"]) if self.chance(thanked) else ""
        if not tone and not fixed:
            tone = self.dice.choice(["", "", "scripted", "rude"])
        ticket = self.open(
            customer, opened, topic, missed=missed, tone=tone, fixed=fails and fixed,
            disputed=self.dice.choice([8.5, 12.0, 18.5, 24.0]) if topic in ("dispute", "unexpected charge") else 0,
        )  # fmt: skip
        if fails and fixed and self.chance(0.7):
            reason, amount = self.dice.choice(
                [("refund", 24.0), ("credit", 15.0), ("fee waived", 9.99), ("fee waived", 14.99)]
            )
            self.credit(ticket, opened, reason, amount)
        elif not fails and self.chance(thanked):
            self.credit(ticket, opened, self.dice.choice(["surprise", "upgrade"]), self.dice.choice([8.0, 12.0, 20.0]))

    def open(
        self, customer: str, opened: datetime, topic: str, *, visit: str = "", missed: int = 0, tone: str = "",
        fixed: bool = False, disputed: float = 0,
    ) -> Row:  # fmt: skip
        """One ticket, closed some days later, the later the more messages went unanswered."""
        closed = opened + timedelta(days=self.dice.choice([0, 1, 2, 4]) + 2 * missed, hours=3)
        fixed = fixed and closed <= LAST
        call_back = fixed and closed + timedelta(days=3) <= LAST and self.chance(0.4)
        ticket: Row = {
            "ticket": f"T-{len(self.tickets) + 1:04d}", "customer": customer, "opened": f"{opened:%Y-%m-%d %H:%M}",
            "topic": topic, "visit": visit, "channel": self.dice.choice(["phone", "phone", "mail", "chat"]),
            "agent": self.dice.choice(AGENTS), "amount": f"{disputed:.2f}" if disputed else "",
            "severity": self.dice.choice(["", "", "", "high"]) if topic in FAILURES else "",
            "closed": "" if closed > LAST else f"{closed:%Y-%m-%d %H:%M}", "fixed": "yes" if fixed else "",
            "unanswered": missed or "", "tone": tone, "followed_up": "yes" if call_back else "",
        }  # fmt: skip
        self.tickets.append(ticket)
        return ticket

    def credit(self, ticket: Row, since: datetime, reason: str, amount: float) -> None:
        """One credit, issued a few days after; credits name their ticket and no customer."""
        issued = since + timedelta(days=self.dice.choice([0, 1, 1, 3, 6]), hours=2)
        if issued <= LAST:
            self.credits.append({
                "credit": f"K-{len(self.credits) + 1:04d}", "ticket": ticket["ticket"], "reason": reason,
                "issued": f"{issued:%m/%d/%Y}", "amount": f"${amount:.2f}", "approved_by": self.dice.choice(AGENTS),
            })  # fmt: skip


def in_order(export: Export) -> None:
    """Sort by date and number afresh, as a CRM numbers what comes in; links between the files follow."""
    visits = numbered(export.visits, "visit", "V", key=lambda row: str(row["promised"]))
    tickets = numbered(export.tickets, "ticket", "T", key=lambda row: str(row["opened"]))
    numbered(export.credits, "credit", "K", key=lambda row: (str(row["issued"])[6:], str(row["issued"])))
    for ticket in export.tickets:
        ticket["visit"] = visits.get(str(ticket["visit"]), "")
    for credit in export.credits:
        credit["ticket"] = tickets[str(credit["ticket"])]


def numbered(rows: list[Row], column: str, letter: str, key: Callable[[Row], object]) -> dict[str, str]:
    """Sort rows in place and give them new ids; returns which became which."""
    rows.sort(key=key)  # type: ignore[arg-type]  # each key gives text, or a tuple of it
    names = {str(row[column]): f"{letter}-{number:04d}" for number, row in enumerate(rows, start=1)}
    for row in rows:
        row[column] = names[str(row[column])]
    return names


def spoiled(export: Export) -> None:
    """A few rows as every real export has them: four that the rejects file will hold, and one that came twice."""
    export.visits[17]["promised"] = "22.01.2025"
    export.tickets[8]["customer"] = ""
    export.credits[11]["amount"] = "see note"
    export.credits[23]["ticket"] = "T-9999"
    export.visits.append(export.visits[40])


def corrections(export: Export) -> list[Row]:
    """What accounting corrected in January: two credits with another amount, the rest of the row as it was."""
    return [{**export.credits[5], "amount": "$12.50"}, {**export.credits[30], "amount": "$5.00"}]


def write(name: str, rows: Iterable[Row]) -> None:
    """Write one file of the export."""
    rows = list(rows)
    with (FOLDER / name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    """Invent the year and write it down."""
    export = Export(SEED)
    lives = list(CROWD)
    export.dice.shuffle(lives)
    for number, life in enumerate(lives, start=1001):
        export.live(f"C-{number}", life)
    in_order(export)
    corrected = corrections(export)
    spoiled(export)
    write("visits.csv", export.visits)
    write("tickets.csv", export.tickets)
    write("credits.csv", export.credits)
    write("credits_corrected.csv", corrected)


if __name__ == "__main__":
    main()
