"""Each law catches a decay that breaks it, and says which, with the decay as code and the age."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest

from goodwill.decays import Cliff, HalfLife, NoDecay
from goodwill.policies.decay import Decay, Expire, Floor, Grace, Stretch
from goodwill.policies.exponentials import Exponential
from goodwill.policies.formula import exp, exp2, where
from goodwill.policies.parameters import Days, Positive, Share
from goodwill.testing import check_decay, laws, preserved_registry


@pytest.fixture(autouse=True)
def _own_registry() -> Iterator[None]:
    with preserved_registry():
        yield


with preserved_registry():

    class Honest(Decay, type="honest"):
        """What the liars are but for one thing."""

        days: Days

        def remaining(self, age: Any) -> Any:
            return exp2(-age / self.days)


def liars() -> dict[str, type[Decay]]:
    """For each law a decay that breaks it, and none that comes before it."""
    return {**liars_about_shares(), **liars_about_operators(), **liars_about_form()}


def liars_about_shares() -> dict[str, type[Decay]]:

    class StartsLate(Honest, type="starts_late"):
        def remaining(self, age: Any) -> Any:
            return 0.99 * exp2(-age / self.days)

    class Grows(Honest, type="grows"):
        def remaining(self, age: Any) -> Any:
            return 1.0 + 0.5 * age / (age + self.days)

    class ComesBack(Honest, type="comes_back"):
        def remaining(self, age: Any) -> Any:
            return where(age < self.days, 1.0 - 0.5 * age / self.days, 1.0)

    class EndsInNothing(Honest, type="ends_in_nothing"):
        def remaining(self, age: Any) -> Any:
            return exp2(-age / self.days) if age < 1000 * self.days else math.nan

    class KnowsTheYear(Decay, type="knows_the_year"):
        weight: Share

        def remaining(self, age: Any) -> Any:
            return 1.0 - self.weight * (1.0 - exp(-age / 365.0))

    class InvertsWrongly(Honest, type="inverts_wrongly"):
        def age_at(self, share: float) -> float | None:
            found = super().age_at(share)
            return None if found is None else 2 * found

    class HalvesWrongly(Honest, type="halves_wrongly"):
        @property
        def half_life(self) -> float:
            return self.days * 1.01

    return {
        "starts whole": StartsLate,
        "stays within 0 and 1": Grows,
        "never rises": ComesBack,
        "is a number for a million years": EndsInNothing,
        "time units change nothing": KnowsTheYear,
        "age at inverts": InvertsWrongly,
        "half life is where half is left": HalvesWrongly,
    }


def liars_about_operators() -> dict[str, type[Decay]]:
    class CutsGrace(Honest, type="cuts_grace"):
        def grace(self, *, days: float) -> Grace:
            return super().grace(days=days / 2)

    class DropsThroughFloors(Honest, type="drops_through_floors"):
        def floor(self, *, share: float) -> Floor:
            return super().floor(share=share / 2)

    class OutlivesItsEnd(Honest, type="outlives_its_end"):
        def expire(self, *, days: float) -> Expire:
            return super().expire(days=days * 2)

    return {
        "grace is whole inside": CutsGrace,
        "floor holds": DropsThroughFloors,
        "expiry is the end": OutlivesItsEnd,
    }


def liars_about_form() -> dict[str, type[Decay]]:
    class DiffersOnArrays(Honest, type="differs_on_arrays"):
        def remaining(self, age: Any) -> Any:
            return exp2(-age / self.days * (1.0 if isinstance(age, float) else 1.001))

    class FadesFasterInSums(Honest, type="fades_faster_in_sums"):
        @property
        def exponentials(self) -> tuple[Exponential, ...]:
            return (Exponential(weight=1.0, rate=1.01 * math.log(2.0) / self.days),)

    class PrintsNothing(Honest, type="prints_nothing"):
        def __repr_args__(self) -> Any:
            return []

    class StoresRounded(Honest, type="stores_rounded"):
        def to_dict(self) -> dict[str, Any]:
            return {"type": "stores_rounded", "days": math.ceil(self.days) + 1}

    return {
        "is the sum of its exponentials": FadesFasterInSums,
        "every engine agrees": DiffersOnArrays,
        "prints as code": PrintsNothing,
        "stores as json": StoresRounded,
    }


def name_of(law: Callable[..., None]) -> str:
    return law.__name__.replace("_", " ")


@pytest.mark.parametrize("law", laws.LAWS, ids=name_of)
def test_a_law_catches_the_decay_that_breaks_it(law: Callable[[Decay], None]) -> None:
    liar = liars()[name_of(law)]
    decay = liar(**{name: {"days": 100, "weight": 0.5}[name] for name in liar.model_fields})
    for earlier in laws.LAWS[: laws.LAWS.index(law)]:
        earlier(decay)
    with pytest.raises(AssertionError) as caught:
        law(decay)
    assert str(caught.value).startswith(f"{name_of(law)}: ")
    assert liar.__name__ in str(caught.value)


@pytest.mark.parametrize("law", ["stays within 0 and 1", "never rises", "every engine agrees"])
def test_check_decay_names_the_law_and_the_smallest_example(law: str) -> None:
    liar = liars()[law]
    with pytest.raises(AssertionError) as caught:
        check_decay(liar, examples=20)
    assert str(caught.value).startswith(f"{law}: {liar.__name__}(days=0.5) breaks this law at an age of ")


@pytest.mark.parametrize("law", laws.LAWS)
def test_an_honest_decay_breaks_no_law(law: Callable[[Decay], None]) -> None:
    law(HalfLife(days=84))
    law((HalfLife(days=84) * NoDecay().expire(days=365)).grace(days=14).floor(share=0.1))


def test_a_message_holds_the_decay_as_code_and_the_age() -> None:
    with pytest.raises(AssertionError) as caught:
        laws.never_rises(liars()["never rises"](days=10.0))  # type: ignore[call-arg]
    assert str(caught.value).startswith(
        "never rises: ComesBack(days=10.0) breaks this law at an age of 10.0 days: the share is 1.0, and it was 0.5"
    )


def test_a_law_looks_around_every_length_of_time_in_a_decay() -> None:
    decay = (HalfLife(days=3).expire(days=700)).grace(days=21)
    assert {3.0, 21.0, 700.0, 350.0, 7000.0} <= set(laws.probed_ages(decay))
    assert max(laws.probed_ages(decay, [1e12])) == laws.MILLION_YEARS


def test_a_decay_that_raises_breaks_the_law_that_was_looking() -> None:
    class Divides(Honest, type="divides"):
        def remaining(self, age: Any) -> Any:
            return 1.0 / (self.days - age) * self.days

    with pytest.raises(AssertionError, match=r"at an age of 10\.0 days: remaining raises ZeroDivisionError"):
        laws.never_rises(Divides(days=10.0))


def test_a_formula_for_floats_alone_must_say_so() -> None:
    class OnFloats(Honest, type="on_floats"):
        def remaining(self, age: Any) -> Any:
            return math.exp2(-min(age / self.days, 1000.0))

    with pytest.raises(AssertionError, match="every engine agrees: .* numpy raises"):
        laws.every_engine_agrees(OnFloats(days=3))
    OnFloats.operands = frozenset({"float"})
    laws.every_engine_agrees(OnFloats(days=3))


def test_where_a_share_jumps_an_engine_may_be_a_rounding_off_and_no_more() -> None:
    """polars divides by a number by multiplying with its inverse, which at 10 days is a rounding below the jump."""
    laws.every_engine_agrees(Stretch(factor=1e6, of=Cliff(days=1e-5)), [10.0])

    class Hasty(Honest, type="hasty"):
        def remaining(self, age: Any) -> Any:
            days = self.days if isinstance(age, float) else self.days * (1 + 1e-9)
            return where(age < days, 1.0, 0.0)

    with pytest.raises(AssertionError, match=r"every engine agrees: .* the share is 0\.0 on a float and 1\.0 on numpy"):
        laws.every_engine_agrees(Hasty(days=3.0), [3.0 * (1 + 1e-10)])


def test_lengths_of_time_are_found_by_annotation_or_by_name_in_tuples_and_tables() -> None:
    class Steps(Decay, type="steps"):
        operands: ClassVar[frozenset[str]] = frozenset({"float"})
        ends: tuple[Days, ...]
        extra_days: Positive

        def remaining(self, age: Any) -> Any:
            passed = sum(age >= end + self.extra_days for end in self.ends)
            return 1.0 - passed / len(self.ends)

    check_decay(Steps)
    assert {10.0, 20.0, 3.0} <= set(laws.probed_ages(Steps(ends=(10, 20), extra_days=3)))
