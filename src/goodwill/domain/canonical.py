"""Canonical JSON (RFC 8785): one text for one value, so that its digest is a key on every machine and for ever."""

from __future__ import annotations

import math
from collections.abc import Mapping
from json.encoder import encode_basestring
from typing import Any, Final

__all__ = ["canonical_json", "quoted"]

SAFE: Final = 2**53
"""Whole numbers of this size and above are refused: a reader of JSON takes numbers as doubles (RFC 7493, 2.2)."""

LITERALS: Final = {None: "null", True: "true", False: "false"}


def canonical_json(value: Any) -> str:
    """The JSON text of a value under RFC 8785 (JSON Canonicalization Scheme).

    No whitespace, members sorted by the UTF-16 code units of their names, numbers as ECMAScript prints them, and only
    the escapes that JSON demands. Read as doubles, the text gives the value back.

    Args:
        value: None, a bool, a str, an int, a finite float, or mappings (by str), lists and tuples of these.

    Raises:
        ValueError: for a NaN or an infinity, an int that a double cannot tell from its neighbors (2**53 and beyond:
            write it as a str), or a str that is not Unicode (a lone surrogate).
        TypeError: for a value of any other type, and for a mapping with a name that is not a str.

    Example:
        >>> canonical_json({"type": "half_life", "days": 84.0, "of": [1e21, -0.0, 1e-7]})
        '{"days":84,"of":[1e+21,0,1e-7],"type":"half_life"}'
    """
    if isinstance(value, str):
        return quoted(value)
    if value is None or isinstance(value, bool):
        return LITERALS[value]
    if isinstance(value, int):
        return whole(value)
    if isinstance(value, float):
        return number(value)
    if isinstance(value, Mapping):
        return f"{{{','.join(f'{quoted(name)}:{canonical_json(value[name])}' for name in sorted(value, key=utf16))}}}"
    if isinstance(value, list | tuple):
        return f"[{','.join(map(canonical_json, value))}]"
    raise TypeError(f"canonical JSON has no {type(value).__name__}: {value!r}")


def utf16(name: str) -> bytes:
    """The sort key of a member's name: its UTF-16 code units, as RFC 8785, 3.2.3 asks."""
    if not isinstance(name, str):
        raise TypeError(f"a name in canonical JSON is a str, not {type(name).__name__} {name!r}")
    return name.encode("utf-16-be")


def quoted(text: str) -> str:
    """A string with the escapes of RFC 8785, 3.2.2.2, which are those of Python's json."""
    if not text.isascii():
        text.encode("utf-8")  # refuses a lone surrogate, as a UnicodeEncodeError, which is a ValueError
    return encode_basestring(text)


def whole(value: int) -> str:
    """An int, in digits."""
    if abs(value) >= SAFE:
        raise ValueError(f"{value} is too large for a number in JSON, where it would be rounded; write it as a str")
    return int.__repr__(value)


def number(value: float) -> str:
    """A finite float as ECMAScript's Number::toString prints it (ECMA-262, 6.1.6.1.20).

    Python's repr finds the same shortest digits; only where the point goes and when the exponent shows differ.
    """
    if not math.isfinite(value):
        raise ValueError(f"{value} is not a number in JSON")
    if value < 0:
        return f"-{number(-value)}"
    if value == 0:
        return "0"
    mantissa, _, exponent = float.__repr__(value).partition("e")
    before, _, after = mantissa.partition(".")
    significant = (before + after).lstrip("0")
    point = len(significant) - len(after) + int(exponent or 0)  # digits before the decimal point; may be negative
    return placed(significant.rstrip("0"), point)


def placed(digits: str, point: int) -> str:
    """Digits with the decimal point after the first `point` of them, in ECMAScript's notation."""
    if len(digits) <= point <= 21:
        return digits.ljust(point, "0")
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{fraction}e{point - 1:+d}"
