"""Whether a customer who was not heard of is still one."""

from __future__ import annotations

import math

from goodwill.appraisal.faults import AppraisalError

__all__ = ["p_alive"]


def p_alive(purchases: int, last_at: float, now: float, *, r: float, alpha: float, a: float, b: float) -> float:
    """The probability that a customer is still active under BG/NBD (Fader, Hardie & Lee 2005).

    1 / (1 + a / (b + x - 1) * ((alpha + T) / (alpha + t_x))^(r + x)); 1 where there was no repeat purchase, since
    under this model a customer leaves only right after one.

    Args:
        purchases: x, how many repeat purchases there were.
        last_at: t_x, when the last was, in units of time since the first purchase; 0 where there is none.
        now: T, in the same units, at least `last_at`.
        r: the shape of how purchasing varies between customers, above 0.
        alpha: its rate, in units of time, above 0.
        a: with b the shape of how leaving varies, above 0.
        b: above 0.

    Raises:
        AppraisalError: for a number outside of its range.

    Example:
        >>> cdnow = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}  # weeks; their estimates
        >>> round(p_alive(2, 10, 38.86, **cdnow), 6)
        0.268446
    """
    if not all(0.0 < each < math.inf for each in (r, alpha, a, b)):
        raise AppraisalError(f"r, alpha, a and b are finite and above 0, not {(r, alpha, a, b)!r}")
    if purchases < 0 or not 0.0 <= last_at <= now < math.inf or (purchases == 0) != (last_at == 0.0):
        raise AppraisalError(
            f"{purchases!r} repeat purchases, the last at {last_at!r} of {now!r}: there are at least 0, the last is at "
            "most now, and at 0 where there is none"
        )
    if purchases == 0:
        return 1.0
    gone = math.log(a / (b + purchases - 1.0)) + (r + purchases) * math.log((alpha + now) / (alpha + last_at))
    return 1.0 / (1.0 + math.exp(min(gone, 700.0)))
