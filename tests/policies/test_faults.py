"""How a policy says what is wrong with it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from goodwill.domain.errors import GoodwillError, PolicyError
from goodwill.policies.faults import MAX_DEPTH, check_tree, nearest, parse, refuse, too_deep, written


def test_a_path_is_written_as_one_would_write_it() -> None:
    assert written(("of", 0, "by_kind", "a b", "days")) == "of[0].by_kind['a b'].days"
    assert written((1, "days")) == "[1].days"
    assert written(("table", "key", "[key]")) == "table.key"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": {"b": 1, "b": 2}}', "a.b: is given twice"),
        ('{"a": [1, {"b": 1e400}]}', "a[1].b: inf is not a finite number"),
        ('{"a": [-1e400]}', "a[0]: -inf is not a finite number"),
        (f'{{"a": 1{"0" * 400}}}', "a: an integer of 1329 bits is too large for a number in JSON"),
        ('{"a": NaN}', "a: nan is not a finite number"),
        ('{"a": "\\ud800"}', "a: '\\ud800' is not valid Unicode"),
    ],
)
def test_what_no_field_should_have_to_refuse_is_refused_with_the_path(text: str, message: str) -> None:
    with pytest.raises(PolicyError) as caught:
        check_tree(parse(text))
    assert str(caught.value) == message


@pytest.mark.parametrize("text", ["", "{", "[1,]", "nope", '{"a": 1} x', b"\xff\xfe\xfa", "9" * 5000])
def test_what_is_not_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(PolicyError, match="this is not JSON"):
        parse(text)


@pytest.mark.parametrize("bracket", ["[", '{"a":'])
def test_a_text_that_nests_without_end_is_refused(bracket: str) -> None:
    with pytest.raises(PolicyError):
        check_tree(parse(bracket * 100_000))


@pytest.mark.parametrize("wrap", [lambda tree: [tree], lambda tree: {"of": tree}, lambda tree: (tree,)])
def test_absurd_nesting_is_refused_with_the_path(wrap: Any) -> None:
    tree: Any = 1
    for _ in range(3000):
        tree = wrap(tree)
    with pytest.raises(PolicyError, match=f": more than {MAX_DEPTH} objects within each other"):
        check_tree(tree)


def test_a_tree_that_holds_itself_is_refused() -> None:
    tree: dict[str, Any] = {}
    tree["of"] = tree
    with pytest.raises(PolicyError, match="within each other"):
        check_tree(tree)


def test_the_nearest_names_are_offered_or_else_all() -> None:
    assert nearest("half_lief", ["half_life", "linear"]) == "nearest: half_life"
    assert nearest("xyz", ["half_life", "linear"]) == "known: half_life, linear"
    assert nearest("xyz", []) == "known: none"


def test_at_most_three_near_names_are_offered_and_only_near_ones() -> None:
    known = ["half_life", "half_lift", "half_line", "half_live", "linear"]
    assert nearest("half_lif", known).removeprefix("nearest: ").count(", ") == 2
    assert nearest("half_life", ["half_life", "linear"]) == "nearest: half_life"
    assert nearest("hlf", ["half_life"]) == "nearest: half_life"
    assert nearest("xyz", []) == "known: none"


def test_a_fault_within_a_validator_shows_neither_the_input_nor_a_class_it_does_not_know() -> None:
    with pytest.raises(ValidationError) as caught:
        refuse("HalfLife", ("of", 1), "is too long")
    assert caught.value.title == "HalfLife"
    (fault,) = caught.value.errors()
    assert (fault["loc"], fault["msg"], fault["input"]) == (("of", 1), "is too long", None)
    assert "input" not in str(caught.value)


def test_what_is_too_deep_is_told_with_its_path_where_there_is_one() -> None:
    assert too_deep() == f"more than {MAX_DEPTH} objects within each other"
    assert too_deep(("of", 0)) == f"of[0]: more than {MAX_DEPTH} objects within each other"


def test_a_policy_error_is_ours_and_a_value_error() -> None:
    assert issubclass(PolicyError, GoodwillError)
    assert issubclass(PolicyError, ValueError)
