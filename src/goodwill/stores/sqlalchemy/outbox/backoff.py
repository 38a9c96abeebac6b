"""When an event that was not taken is tried again, and when its account is parked."""

from __future__ import annotations

from dataclasses import dataclass

from goodwill.stores.sqlalchemy.outbox.libraries import (
    RetryCallState,
    Retrying,
    stop_after_attempt,
    wait_exponential,
    wait_random_exponential,
)

__all__ = ["Backoff"]

HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Backoff:
    """Ever longer waits, each by a random half shorter, so that accounts that failed together are not tried together.

    tenacity computes the waits; when the next try is due is kept in the event's row, so that a relay that is restarted
    goes on where it was, and no thread sleeps for an account.

    Attributes:
        attempts: after so many the account is parked. The default ones take from half a day to a day.
        first_s: seconds until the second attempt, at most.
        factor: how many times longer each wait is than the one before.
        longest_s: seconds that no wait exceeds; neither does one that the receiver asks for by Retry-After exceed four
            times these.

    Example:
        >>> backoff = Backoff(attempts=3, first_s=4.0)
        >>> 2.0 <= backoff.wait_s(1) <= 4.0, backoff.wait_s(1, retry_after_s=60.0), backoff.wait_s(3)
        (True, 60.0, None)
    """

    attempts: int = 12
    first_s: float = 5.0
    factor: float = 3.0
    longest_s: float = 6 * HOUR_S

    def __post_init__(self) -> None:
        if self.attempts < 1 or self.first_s <= 0 or self.factor < 1 or self.longest_s < self.first_s:
            raise ValueError(
                f"{self} cannot be waited by: attempts and factor are at least 1, and 0 < first_s <= longest_s"
            )

    def wait_s(self, attempt: int, retry_after_s: float | None = None) -> float | None:
        """Seconds to wait after an attempt that failed, the first being 1; None if it was the last.

        Args:
            attempt: which one failed.
            retry_after_s: what the receiver asked for; it is not tried sooner.
        """
        state = RetryCallState(Retrying(), None, (), {})
        state.attempt_number = attempt
        if stop_after_attempt(self.attempts)(state):
            return None
        half = {"multiplier": self.first_s / 2, "exp_base": self.factor, "max": self.longest_s / 2}
        wait = wait_exponential(**half)(state) + wait_random_exponential(**half)(state)
        return max(wait, min(retry_after_s or 0.0, 4 * self.longest_s))
