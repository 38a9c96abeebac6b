"""Components and models: made, printed, stored, compared, registered and refused."""

from __future__ import annotations

import copy
import json
import pickle
from abc import abstractmethod
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema
import pytest
from hypothesis import given

from goodwill.decays import HalfLife, Linear, NoDecay, PowerLaw
from goodwill.domain.errors import PolicyError
from goodwill.policies.combinators import Blend
from goodwill.policies.component import Component, Model, preserved_registry, registered, unregister
from goodwill.policies.decay import Decay, Grace, Product
from goodwill.policies.parameters import Days, Frozen, FrozenDict, Positive, Share
from goodwill.policies.schedule import DecaySchedule
from goodwill.testing.strategies import decays


@pytest.fixture(autouse=True)
def _own_registry() -> Iterator[None]:
    with preserved_registry():
        yield


def fault(data: Any, family: type[Model] = Decay) -> str:
    """What is said of an object that cannot be loaded."""
    with pytest.raises(PolicyError) as caught:
        family.from_dict(data)
    return str(caught.value)


HALF_LIFE = {"type": "half_life", "days": 84}


# A value


@given(decays(3))
def test_a_component_prints_as_code_and_stores_as_json(decay: Decay) -> None:
    assert eval(repr(decay), {cls.__name__: cls for cls in registered(Decay).values()}) == decay
    assert Decay.from_json(decay.to_json()) == decay
    assert Decay.from_dict(decay.to_dict()) == decay
    assert str(decay) == repr(decay)


@given(decays(2))
def test_equal_components_have_one_hash_and_one_digest(decay: Decay) -> None:
    for again in (Decay.from_json(decay.to_json()), copy.deepcopy(decay), pickle.loads(pickle.dumps(decay))):
        assert again == decay
        assert again.digest == decay.digest
        assert len({again, decay}) == 1


@given(decays(2))
def test_json_of_a_component_satisfies_the_schema_of_its_family(decay: Decay) -> None:
    jsonschema.validate(json.loads(decay.to_json()), schema())


@cache
def schema() -> dict[str, Any]:
    """The schema of all decays, made when a test first asks, so that the test answers for how it is made."""
    return Decay.json_schema()


def test_the_schema_of_a_member_says_its_tag_its_first_sentence_and_what_it_needs() -> None:
    told = Decay.json_schema()
    assert told["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    member = next(
        each for each in told["$defs"].values() if each.get("properties", {}).get("type") == {"const": "half_life"}
    )
    assert member["required"] == ["type", "days"]
    assert set(member["properties"]) == {"type", "days"}
    assert member["description"] == HalfLife.__doc__.partition("\n\n")[0]
    assert list(told["$defs"]) == sorted(told["$defs"])


def test_the_schema_is_itself_valid_and_refuses_what_loading_refuses() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    validator = jsonschema.Draft202012Validator(schema())
    bad = [
        {"type": "half_life"},
        {"type": "half_life", "days": 0},
        {"type": "half_life", "days": "84"},
        {"type": "half_life", "days": 84, "more": 1},
        {"type": "product", "of": [HALF_LIFE]},
        {"type": "grace", "days": 14, "of": {"type": "unheard_of"}},
        {"days": 84},
        84,
    ]
    for data in bad:
        assert not validator.is_valid(data), data
        fault(data)


def test_the_schema_of_a_model_holds_the_members_of_its_families() -> None:
    told = DecaySchedule.json_schema()
    jsonschema.Draft202012Validator.check_schema(told)
    schedule = DecaySchedule(default=HalfLife(days=84), by_kind={"dispute": NoDecay().grace(days=3)})
    jsonschema.validate(schedule.to_dict(), told)
    assert not jsonschema.Draft202012Validator(told).is_valid({"default": {"type": "unheard_of"}})


def test_the_schema_that_pydantic_makes_is_json_too() -> None:
    # A host may put a policy into its own models, of which FastAPI asks pydantic for the schema.
    assert '"x-goodwill-family": "decay"' in json.dumps(DecaySchedule.model_json_schema())


def test_a_large_float_comes_back_though_json_writes_it_as_an_integer() -> None:
    class Large(Model):
        number: float

    assert Large.from_json(Large(number=1e20).to_json()) == Large(number=1e20)


def test_defaults_are_hidden_in_print_and_written_in_json() -> None:
    assert repr(PowerLaw(days=30)) == "PowerLaw(days=30.0)"
    assert PowerLaw(days=30).to_json() == '{"days":30,"exponent":1,"type":"power_law"}'
    assert repr(PowerLaw(days=30, exponent=0.5)) == "PowerLaw(days=30.0, exponent=0.5)"


def test_the_digest_of_a_component_never_changes() -> None:
    # Digests are keys in stores: a release that changes one has lost what was kept under it.
    assert HalfLife(days=84).digest == "b160b3b7a8bb1146600d62da989d4c335e3c43074e14c815183e8ef4c23661a8"


def test_a_component_is_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        HalfLife(days=84).days = 3.0  # type: ignore[misc]


def test_members_with_equal_fields_are_not_equal() -> None:
    assert HalfLife(days=84) != Linear(days=84)


def test_replace_checks_what_it_changes() -> None:
    law = PowerLaw(days=30, exponent=0.5)
    assert law.replace(days=60) == PowerLaw(days=60, exponent=0.5)
    with pytest.raises(PolicyError, match="days: -1 is not above 0"):
        law.replace(days=-1)
    with pytest.raises(PolicyError, match="dais: PowerLaw has no such field; nearest: days"):
        law.replace(dais=1)


# Loading


def test_a_field_of_a_family_takes_an_instance_or_an_object() -> None:
    assert Grace(days=14, of=HALF_LIFE) == Grace(days=14, of=HalfLife(days=84))  # type: ignore[arg-type]


def test_a_member_loads_itself_and_refuses_another() -> None:
    assert HalfLife.from_dict(HALF_LIFE) == HalfLife.from_dict({"days": 84}) == HalfLife(days=84)
    assert fault({"type": "linear", "days": 3}, HalfLife) == "type: 'linear' is not 'half_life', the type of a HalfLife"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"type": "halflife", "days": 3}, "type: no decay is called 'halflife'; nearest: half_life"),
        ({"type": 3}, "type: no decay is called 3; known: "),
        ({"days": 3}, "type: is missing: it names the decay, one of binomial, blend, "),
        (3, '3 is not a decay: give one, or an object with its "type"'),
        ({"type": "half_life", "dayz": 3}, "dayz: HalfLife has no such field; nearest: days"),
        ({"type": "half_life"}, "days: is missing"),
        ({"type": "half_life", "days": 3, "revision": 2}, "revision: 2 is not known; half_life is at revision 1 here"),
        ({"type": "product", "of": 3}, "of: 3 is refused: input should be a valid tuple"),
        ({"type": "product", "of": [HALF_LIFE]}, "of: a product is of two decays or more, not 1"),
    ],
)
def test_a_fault_is_named_with_its_path(data: Any, message: str) -> None:
    assert fault(data).startswith(message)
    if isinstance(data, dict):
        nested = {"default": HALF_LIFE, "by_kind": {"dispute": {"type": "product", "of": [HALF_LIFE, data]}}}
        assert fault(nested, DecaySchedule).startswith(f"by_kind.dispute.of[1].{message}")


def test_a_key_that_is_no_text_is_no_field() -> None:
    assert fault({"type": "half_life", 3: 4}) == "['3']: HalfLife has no such field; known: days"


def test_each_of_several_faults_has_its_line() -> None:
    data = {"type": "product", "of": [{"type": "half_life", "days": -3}, {"type": "linear", "days": True}]}
    assert fault(data).splitlines() == [
        "of[0].days: -3 is not above 0 (days, must be finite and > 0)",
        "of[1].days: True is not a number (days, must be finite and > 0)",
    ]


def test_objects_within_each_other_have_a_limit_however_they_are_made() -> None:
    decay: Decay = HalfLife(days=84)
    for _ in range(31):
        decay = decay.grace(days=1)
    assert Decay.from_json(decay.to_json()) == decay
    with pytest.raises(PolicyError, match="more than 32 objects within each other"):
        decay.grace(days=1)
    data: Any = HALF_LIFE
    for depth in range(2000):
        data = {"type": "grace", "days": 1, "of": data}
        if depth in {32, 60, 70, 1999}:
            assert "more than 32 objects within each other" in fault(data)
            with pytest.raises(PolicyError, match="more than 32 objects within each other"):
                Grace(days=1, of=data)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"type":"grace","days":1,"of":' * 100_000, "", "null", "[]", '"x"'])
def test_no_text_escapes_as_anything_but_a_policy_error(text: str) -> None:
    with pytest.raises(PolicyError):
        Decay.from_json(text)


def test_a_key_given_twice_is_refused_with_the_path() -> None:
    text = '{"type":"grace","days":1,"of":{"type":"half_life","days":84,"days":85}}'
    with pytest.raises(PolicyError, match=r"^of\.days: is given twice$"):
        Decay.from_json(text)


# Definitions


class Shape(Component, family="shape"):
    """A family of the test's own: nothing of this is about decays."""

    @abstractmethod
    def area(self) -> float:
        """How large it is."""


class Square(Shape, type="square", revision=2):
    side: Positive

    def area(self) -> float:
        return self.side**2


class Scene(Model):
    shapes: tuple[Shape, ...] = ()
    named: Frozen[str, Shape] = FrozenDict({})


def test_another_family_has_all_that_decays_have() -> None:
    scene = Scene(shapes=(Square(side=2),), named={"first": Square(side=3)})
    assert repr(scene) == "Scene(shapes=(Square(side=2.0),), named={'first': Square(side=3.0)})"
    assert eval(repr(scene)) == Scene.from_json(scene.to_json()) == scene
    assert fault({"shapes": [HALF_LIFE]}, Scene).startswith("shapes[0].type: no shape is called 'half_life'")
    assert fault({"shapes": [HalfLife(days=3)]}, Scene).startswith("shapes[0]: HalfLife(days=3.0) is not a shape")


def test_a_revision_is_written_and_an_earlier_one_is_not_taken_for_it() -> None:
    assert Square(side=2).to_json() == '{"revision":2,"side":2,"type":"square"}'
    jsonschema.validate(Square(side=2).to_dict(), Shape.json_schema())
    assert "revision: 1 is not known; square is at revision 2 here" in fault({"type": "square", "side": 2}, Shape)


def test_a_class_that_is_made_again_replaces_the_one_before() -> None:
    def cell() -> type[Decay]:
        class Fading(Decay, type="fading"):
            days: Days

            def remaining(self, age: Any) -> Any:
                return 1.0 + 0.0 * age

        return Fading

    first, second = cell(), cell()
    assert first is not second
    assert registered(Decay)["fading"] is second
    assert type(Decay.from_dict({"type": "fading", "days": 3})) is second


def test_another_class_under_a_taken_tag_is_refused() -> None:
    with pytest.raises(PolicyError, match=r"'half_life' is taken by goodwill\.decays\.half_life\.HalfLife"):

        class Impostor(Decay, type="half_life"):
            def remaining(self, age: Any) -> Any:
                return age

    assert registered(Decay)["half_life"] is HalfLife


def test_a_member_that_leaves_something_open_is_refused_when_it_is_defined() -> None:
    with pytest.raises(PolicyError, match=r"Lazy does not define remaining\(self, age"):

        class Lazy(Decay, type="lazy"):
            days: Days


def test_a_member_without_a_tag_is_refused_when_it_is_defined() -> None:
    with pytest.raises(PolicyError, match=r'Nameless needs a tag: class Nameless\(\.\.\., type="\.\.\."\)'):

        class Nameless(Decay):
            def remaining(self, age: Any) -> Any:
                return age

    with pytest.raises(PolicyError, match="Faster needs a tag"):

        class Faster(HalfLife):
            pass


def test_a_helper_of_a_family_may_leave_something_open_and_needs_no_tag() -> None:
    class Timed(Decay):
        days: Days

    class Halving(Timed, type="halving"):
        def remaining(self, age: Any) -> Any:
            return 1.0 + 0.0 * age

    assert registered(Decay)["halving"] is Halving
    assert Decay.from_dict({"type": "halving", "days": 3}) == Halving(days=3)


@pytest.mark.parametrize("tag", ["HalfLife", "half-life", "", "9lives", "x" * 64, "half life"])
def test_a_tag_is_a_name(tag: str) -> None:
    with pytest.raises(PolicyError, match="write it like half_life"):

        class Wrong(Decay, type=tag):
            def remaining(self, age: Any) -> Any:
                return age


@pytest.mark.parametrize("name", ["type", "revision", "area", "digest", "runs_on"])
@pytest.mark.filterwarnings("ignore:Field name:UserWarning")  # pydantic's, before ours
def test_a_field_cannot_take_a_name_that_the_family_needs(name: str) -> None:
    namespace = {"__annotations__": {name: int}, "__module__": __name__, "area": lambda self: 1.0}
    with pytest.raises(PolicyError, match=f"Odd cannot have a field '{name}'"):
        type(Shape)("Odd", (Shape,), namespace, type="odd")


def test_a_component_of_no_family_is_refused() -> None:
    with pytest.raises(PolicyError, match="Stray is of no family"):

        class Stray(Component, type="stray"):
            pass


def test_a_family_itself_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Decay()  # type: ignore[abstract]


def test_an_unregistered_tag_is_free_again() -> None:
    unregister(Square)
    assert registered(Shape) == {}
    unregister(Square)  # twice does no harm


def test_a_registry_can_be_preserved() -> None:
    with preserved_registry():

        class Circle(Shape, type="circle"):
            def area(self) -> float:
                return 3.14

        assert "circle" in registered(Shape)
    assert "circle" not in registered(Shape)


# Parts and operands


def test_the_parts_of_a_component_are_found_in_every_field() -> None:
    decay = Blend(of=(HalfLife(days=1), NoDecay()), weights=(0.5, 0.5)).grace(days=3)
    assert list(decay.parts) == [decay.of]
    assert list(decay.of.parts) == [HalfLife(days=1), NoDecay()]


def test_a_combination_runs_on_what_all_its_parts_run_on() -> None:
    class OnFloats(Decay, type="on_floats"):
        operands = frozenset({"float"})

        def remaining(self, age: Any) -> Any:
            return 1.0

    assert HalfLife(days=1).runs_on == {"float", "numpy", "narwhals", "sql"}
    assert (HalfLife(days=1) * OnFloats()).grace(days=1).runs_on == {"float"}


def test_a_product_of_products_is_one_product_in_json_too() -> None:
    nested = {"type": "product", "of": [{"type": "product", "of": [HALF_LIFE, HALF_LIFE]}, HALF_LIFE]}
    loaded = Decay.from_dict(nested)
    assert isinstance(loaded, Product)
    assert len(loaded.of) == 3


def test_what_a_name_says_is_outside_the_digest() -> None:
    class Named(Model):
        outside_digest = frozenset({"name"})
        name: str
        share: Share

    assert Named(name="a", share=0.5).digest == Named(name="b", share=0.5).digest
    assert Named(name="a", share=0.5) != Named(name="b", share=0.5)
    assert Named(name="a", share=0.5).digest != Named(name="a", share=0.6).digest
