"""Which names are one customer, as of an instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from goodwill.domain.merge import Merge, Names

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NAMES = st.sampled_from("ABCDEF")


def merge(account: str, into: str, hours: int = 0, seq: int = 0) -> Merge:
    return Merge(account=account, into=into, recorded_at=NOON + timedelta(hours=hours), seq=seq)


links = st.lists(st.builds(merge, NAMES, NAMES, st.integers(0, 3)), max_size=12).map(
    lambda found: [merge(each.account, each.into, each.recorded_at.hour - 12, seq) for seq, each in enumerate(found)]
)


def test_a_name_without_merges_stands_for_itself() -> None:
    assert Names().root("A") == "A"
    assert Names().under("A") == ["A"]


def test_the_latest_merge_of_a_name_decides_and_of_two_at_one_instant_the_later_number() -> None:
    assert Names([merge("A", "B", hours=2), merge("A", "C", hours=1)]).root("A") == "B"
    assert Names([merge("A", "C", seq=2), merge("A", "B", seq=1)]).root("A") == "C"


def test_a_merge_is_not_known_before_it_was_recorded() -> None:
    merges = [merge("A", "B", hours=1)]
    assert Names(merges, NOON).root("A") == "A"
    assert Names(merges, NOON + timedelta(hours=1)).root("A") == "B"


def test_a_name_merged_into_itself_keeps_the_names_that_were_merged_into_it() -> None:
    names = Names([merge("A", "B"), merge("B", "C", hours=1), merge("B", "B", hours=2)])
    assert names.under("B") == ["B", "A"]
    assert names.under("C") == ["C"]


def test_a_circle_in_a_database_is_read_as_one_customer_and_is_told() -> None:
    names = Names([merge("B", "A"), merge("A", "C"), merge("C", "B"), merge("D", "C")])
    assert {names.root(name) for name in "ABCD"} == {"A"}
    assert names.has_circle()


def test_without_a_circle_none_is_told() -> None:
    assert not Names().has_circle()
    assert not Names([merge("A", "B"), merge("B", "C"), merge("D", "D")]).has_circle()
    assert Names([merge("A", "B"), merge("X", "Y"), merge("Y", "X")]).has_circle()


@given(links)
def test_every_name_is_under_exactly_one_root(merges: list[Merge]) -> None:
    names = Names(merges)
    roots = {names.root(name) for name in "ABCDEF"}
    assert sorted(name for root in roots for name in names.under(root)) == list("ABCDEF")
    assert all(names.root(name) == root for root in roots for name in names.under(root))


@given(links, st.randoms())
def test_the_order_in_which_merges_are_read_does_not_matter(merges: list[Merge], random: object) -> None:
    shuffled = sorted(merges, key=lambda _: random.random())  # type: ignore[attr-defined]
    assert [Names(merges).root(name) for name in "ABCDEF"] == [Names(shuffled).root(name) for name in "ABCDEF"]
