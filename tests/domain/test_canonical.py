"""The vectors are those of RFC 8785: section 3.2.2 (the sample), 3.2.3 (sorting) and appendix B (numbers)."""

from __future__ import annotations

import json
import math
import struct
from enum import IntEnum, StrEnum
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill.domain.canonical import canonical_json

SAMPLE = {
    "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
    "literals": [None, True, False],
}
SAMPLE_TEXT = (
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
    '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
)
UNSORTED = {
    "\u20ac": "Euro Sign",
    "\r": "Carriage Return",
    "\ufb33": "Hebrew Letter Dalet With Dagesh",
    "1": "One",
    "\U0001f600": "Emoji: Grinning Face",
    "\u0080": "Control",
    "\u00f6": "Latin Small Letter O With Diaeresis",
}
SORTED = [
    "Carriage Return",
    "One",
    "Control",
    "Latin Small Letter O With Diaeresis",
    "Euro Sign",
    "Emoji: Grinning Face",
    "Hebrew Letter Dalet With Dagesh",
]
NUMBERS = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333",
    "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


class Color(StrEnum):
    RED = "red"


class Size(IntEnum):
    LARGE = 3


def read(text):
    """As every reader of JSON may: numbers are doubles."""
    return json.loads(text, parse_int=float)


@given(VALUES)
def test_what_was_written_is_what_is_read(value):
    assert read(canonical_json(value)) == value


@given(VALUES)
def test_the_text_is_canonical_already(value):
    text = canonical_json(value)
    assert canonical_json(read(text)) == text


@given(st.dictionaries(st.text(), st.integers(0, 9)))
def test_the_order_in_which_a_dict_was_filled_makes_no_difference(data):
    assert canonical_json(dict(reversed(data.items()))) == canonical_json(data)


def test_the_sample_of_the_standard():
    assert canonical_json(SAMPLE) == SAMPLE_TEXT


def test_members_are_sorted_by_utf16_code_units_as_in_the_standard():
    assert list(json.loads(canonical_json(UNSORTED)).values()) == SORTED


@pytest.mark.parametrize(("bits", "text"), NUMBERS.items())
def test_a_number_is_printed_as_in_the_standard(bits, text):
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical_json(number) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_comes_back_to_the_last_bit(number):
    back = float(canonical_json(number))
    assert back == number
    assert math.copysign(1, back) == math.copysign(1, number) or number == 0


@given(st.integers(-(2**53) + 1, 2**53 - 1))
def test_a_whole_number_is_the_same_text_as_an_int_and_as_a_float(number):
    assert canonical_json(number) == canonical_json(float(number)) == str(number)


def test_every_control_character_is_escaped_as_in_the_standard():
    short = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
    for character in map(chr, range(0x20)):
        escape = short.get(character, f"\\u{ord(character):04x}")
        assert canonical_json(character) == f'"{escape}"'
    assert canonical_json("\x7f/<>&\u2028é") == '"\x7f/<>&\u2028é"'


@pytest.mark.parametrize(
    ("value", "text"),
    [((1, [2]), "[1,[2]]"), ({}, "{}"), ([], "[]"), (MappingProxyType({"a": 1}), '{"a":1}'), (True, "true")],
)
def test_tuples_and_other_mappings_are_lists_and_objects(value, text):
    assert canonical_json(value) == text


def test_an_enum_is_its_value():
    assert canonical_json({"color": Color.RED, Color.RED: Size.LARGE}) == '{"color":"red","red":3}'


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_refused(number):
    with pytest.raises(ValueError, match="not a number in JSON"):
        canonical_json({"of": [number]})


@pytest.mark.parametrize("number", [2**53, -(2**53), 10**30])
def test_an_int_that_a_double_would_round_is_refused(number):
    with pytest.raises(ValueError, match="write it as a str"):
        canonical_json(number)


@pytest.mark.parametrize("value", ["\ud800", {"\udfff": 1}])
def test_a_lone_surrogate_is_refused(value):
    with pytest.raises(ValueError, match="surrogates not allowed"):
        canonical_json(value)


@pytest.mark.parametrize("name", [1, None, 1.5, ("a",)])
def test_a_name_that_is_no_str_is_refused(name):
    with pytest.raises(TypeError, match="a name in canonical JSON is a str"):
        canonical_json({name: 1})


@pytest.mark.parametrize("value", [{1}, b"x", object(), 1j])
def test_what_json_has_no_word_for_is_refused(value):
    with pytest.raises(TypeError, match="canonical JSON has no"):
        canonical_json([value])
