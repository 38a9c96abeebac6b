from __future__ import annotations

import copy
import decimal
import pickle
import re
from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill.domain.errors import GoodwillError, InvalidEntry, InvalidKind, UnknownKind
from goodwill.domain.kind import Catalog, Direction, Kind, Rate

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,62}", fullmatch=True)
UNITS = st.sampled_from(["event", "money", "day", "message"]) | NAMES
LINES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=20)
TYPICAL = st.decimals(0, 10**12, places=6) | st.integers(0, 10**12).map(Decimal)
PARTS = st.floats(0, 1e12)
NO_NAMES = st.just(())
DIMENSIONS = st.sampled_from([(), ("speed",), ("distributive", "procedural", "interactional")])


@st.composite
def kinds(draw, names=NAMES, aliases=NO_NAMES):
    direction, unit = draw(st.sampled_from(Direction)), draw(UNITS)
    per = st.sampled_from(["event", "unit", *(["money"] if unit == "money" else [])])
    starters = st.none() if direction == Direction.OBSERVATION else st.none() | st.builds(Rate, per, PARTS, PARTS)
    return Kind(
        draw(names),
        direction,
        unit,
        typical=None if unit == "event" else draw(st.none() | TYPICAL),
        contact=draw(st.booleans()),
        dimensions=draw(DIMENSIONS),
        retired=draw(st.booleans()),
        aliases=draw(aliases),
        meaning=draw(LINES),
        starter=draw(starters),
    )


@st.composite
def catalogs(draw):
    names = draw(st.lists(NAMES, max_size=5, unique=True))
    count = draw(st.integers(0, len(names)))
    split = [tuple(names[count:][place :: max(count, 1)]) for place in range(count)]
    return Catalog(
        draw(kinds(st.just(name), st.just(others))) for name, others in zip(names[:count], split, strict=True)
    )


THANKS = Kind("thank_you", Direction.DEPOSIT, aliases=("thanks", "gratitude"))
LATE = Kind("late_delivery", Direction.WITHDRAWAL, "day", starter=Rate("unit", 4))


@given(kinds(aliases=st.lists(st.sampled_from(["old_a", "old_b"]), unique=True).map(tuple)))
def test_a_kind_prints_as_code_and_comes_back_from_its_dict(kind):
    assert eval(repr(kind)) == kind
    assert Kind.from_dict(kind.name, kind.to_dict()) == kind
    assert pickle.loads(pickle.dumps(kind)) == kind
    assert hash(copy.deepcopy(kind)) == hash(kind)


@given(catalogs())
def test_a_catalog_comes_back_from_its_toml_its_dict_and_its_repr(catalog):
    assert Catalog.from_toml(catalog.to_toml() + "\n") == catalog
    assert Catalog.from_dict(catalog.to_dict()) == catalog
    assert eval(repr(catalog)) == catalog
    assert pickle.loads(pickle.dumps(catalog)) == copy.deepcopy(catalog) == catalog


@given(catalogs())
def test_every_name_and_alias_leads_to_its_kind_in_whatever_order_they_came(catalog):
    assert Catalog(reversed(list(catalog.values()))) == catalog
    for kind in catalog.values():
        for name in (kind.name, *kind.aliases):
            assert catalog[name] is catalog.resolve(name) is catalog.get(name) is kind
            assert name in catalog
            assert catalog.canonical(name) == kind.name


def test_a_kind_hides_what_it_was_not_given():
    assert repr(THANKS) == "Kind('thank_you', Direction.DEPOSIT, aliases=('thanks', 'gratitude'))"


def test_a_kind_is_of_money_if_its_unit_is():
    assert Kind("refund", Direction.DEPOSIT, "money").is_money
    assert not LATE.is_money


def test_a_direction_may_be_given_by_its_word():
    assert Kind("late_delivery", "withdrawal", "day", starter=Rate("unit", 4)) == LATE


def test_names_may_be_given_as_a_list():
    assert Kind("thank_you", Direction.DEPOSIT, aliases=["thanks", "gratitude"]) == THANKS


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"name": "Late delivery"}, "kinds.Late delivery: 'Late delivery' is not a name"),
        ({"name": ""}, "kinds.: '' is not a name"),
        ({"name": "a" * 64}, "at most 63"),
        ({"name": "late\n"}, "is not a name"),
        ({"name": None}, "is not a name"),
        ({"direction": "up"}, "kinds.late.direction: one of deposit, withdrawal, observation, promise, not 'up'"),
        ({"direction": None}, "kinds.late.direction"),
        ({"unit": "Days"}, "kinds.late.unit: 'Days' is not a name"),
        ({"typical": 2.5}, re.escape("kinds.late.typical: a Decimal, not float 2.5; write Decimal('2.5')")),
        ({"typical": True}, "kinds.late.typical: a Decimal"),
        ({"typical": Decimal(-1)}, "kinds.late.typical: from 0 to 1e12, not -1"),
        ({"typical": Decimal("NaN")}, "kinds.late.typical: from 0 to 1e12, not NaN"),
        ({"typical": Decimal("Infinity")}, "kinds.late.typical: from 0 to 1e12"),
        ({"typical": Decimal("1e13")}, "kinds.late.typical: from 0 to 1e12"),
        ({"typical": Decimal("0.0000001")}, "kinds.late.typical: in steps of a millionth"),
        ({"typical": Decimal(1), "unit": "event"}, "kinds.late.typical: an event without a magnitude counts once"),
        ({"contact": 1}, "kinds.late.contact: true or false, not 1"),
        ({"retired": "no"}, "kinds.late.retired: true or false, not 'no'"),
        ({"dimensions": "speed"}, re.escape("kinds.late.dimensions: several names, not 'speed'; write ('speed',)")),
        ({"dimensions": ("speed", "speed")}, "kinds.late.dimensions: the same name twice"),
        ({"dimensions": ("Speed",)}, "kinds.late.dimensions: 'Speed' is not a name"),
        ({"dimensions": 3}, "kinds.late.dimensions: several names"),
        ({"aliases": ("late",)}, "kinds.late.aliases: the same name twice"),
        ({"aliases": (None,)}, "kinds.late.aliases: None is not a name"),
        ({"meaning": "two\nlines"}, "kinds.late.meaning: one line"),
        ({"meaning": "\ud800"}, "kinds.late.meaning: one line"),
        ({"meaning": None}, "kinds.late.meaning: a str"),
        ({"starter": 4.0}, "kinds.late.starter: a Rate, not 4.0"),
        ({"starter": Rate("money", 1)}, "kinds.late.starter.per: per money needs the unit money"),
        ({"starter": Rate("event"), "direction": "observation"}, "kinds.late.starter: an observation is never valued"),
    ],
)
def test_a_kind_that_contradicts_itself_is_refused_with_the_place_of_the_fault(changes, fault):
    with pytest.raises(InvalidKind, match=fault):
        Kind(**{"name": "late", "direction": Direction.WITHDRAWAL, "unit": "day", **changes})


def test_the_context_of_the_caller_s_thread_does_not_reach_a_typical_magnitude():
    with decimal.localcontext(prec=3):
        assert Kind("spent", Direction.OBSERVATION, "money", typical=Decimal("123456.789012")).typical


def test_iterating_lists_each_kind_once_in_the_order_given():
    catalog = Catalog([THANKS, LATE])
    assert list(catalog) == ["thank_you", "late_delivery"]
    assert len(catalog) == 2
    assert list(catalog.values()) == [THANKS, LATE]
    assert dict(catalog) == {"thank_you": THANKS, "late_delivery": LATE}
    assert isinstance(catalog, Mapping)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("late_delivry", "did you mean late_delivery?"),
        ("thank", "did you mean"),
        ("zzz", "it holds 2 kinds"),
        ("", "it holds 2 kinds"),
        (7, "no kind '7'"),
        ("x" * 10_000, "no kind 'x{80}'"),
    ],
)
def test_an_unknown_kind_names_the_nearest_ones(name, hint):
    catalog = Catalog([THANKS, LATE])
    with pytest.raises(UnknownKind, match=hint) as caught:
        catalog[name]
    assert len(str(caught.value)) < 200
    assert name not in catalog
    assert catalog.get(name) is None
    assert catalog.get(name, LATE) is LATE


@pytest.mark.parametrize("root", [GoodwillError, InvalidEntry, LookupError, ValueError])
def test_a_stranger_catches_an_unknown_kind_as_a_lookup_error(root):
    with pytest.raises(root):
        Catalog([LATE]).resolve("zzz")


def test_the_message_of_an_unknown_kind_is_not_put_in_quotes_as_a_key_error_s_is():
    with pytest.raises(UnknownKind) as caught:
        Catalog()["late_delivery"]
    assert not isinstance(caught.value, KeyError)
    assert str(caught.value).startswith("no kind")


@pytest.mark.parametrize(
    "kinds",
    [
        [LATE, LATE],
        [THANKS, Kind("thanks", Direction.DEPOSIT)],
        [Kind("thanks", Direction.DEPOSIT), THANKS],
        [THANKS, Kind("applause", Direction.DEPOSIT, aliases=("gratitude",))],
    ],
)
def test_a_name_stands_for_one_kind_only(kinds):
    with pytest.raises(InvalidKind, match="already stands for"):
        Catalog(kinds)


def test_an_unknown_name_is_its_own_canonical_name():
    assert Catalog([LATE]).canonical("of_another_year") == "of_another_year"


def test_a_catalog_is_extended_and_stays_as_it_was():
    catalog = Catalog([LATE])
    assert list(catalog.extended(THANKS)) == ["late_delivery", "thank_you"]
    assert list(catalog) == ["late_delivery"]
    with pytest.raises(InvalidKind):
        catalog.extended(LATE)


def test_a_catalog_is_not_equal_to_a_dict_of_its_kinds():
    assert Catalog([LATE]) != {"late_delivery": LATE}


def test_a_catalog_has_no_hash():
    with pytest.raises(TypeError, match="unhashable"):
        hash(Catalog())


def test_toml_is_read_from_a_path_and_from_a_text(tmp_path):
    file = tmp_path / "kinds.toml"
    file.write_text(Catalog([THANKS, LATE]).to_toml(), encoding="utf-8")
    assert Catalog.from_toml(file) == Catalog.from_toml(str(file)) == Catalog([THANKS, LATE])


def test_an_empty_text_is_an_empty_catalog():
    assert Catalog.from_toml("") == Catalog()
    assert Catalog().to_toml() == ""


def test_a_file_that_is_not_there_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        Catalog.from_toml(tmp_path / "kinds.toml")


def test_a_file_in_another_encoding_is_refused_by_name(tmp_path):
    (tmp_path / "kinds.toml").write_bytes('[kinds.x]\nmeaning = "café"'.encode("latin-1"))
    with pytest.raises(InvalidKind, match=r"kinds\.toml is not TOML"):
        Catalog.from_toml(tmp_path / "kinds.toml")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("kinds = 3", "kinds: a table, not 3"),
        ("[kind.late]", "kind: unknown; did you mean kinds?"),
        ("[kinds]\nlate = 3", "kinds.late: a table, not 3"),
        ("[kinds.late]", "kinds.late.direction: missing; one of deposit, withdrawal, observation"),
        ("[kinds.late]\ndirection = 'deposits'", "kinds.late.direction: one of"),
        ("[kinds.late]\ndirection = ['deposit']", "kinds.late.direction: one of"),
        ("[kinds.late]\ndirection = 'deposit'\nunits = 'day'", "kinds.late.units: unknown; did you mean unit"),
        ("[kinds.late]\nname = 'other'", "kinds.late.name: unknown"),
        ("[kinds.late]\ndirection = 'deposit'\ntypical = 2.5", 'kinds.late.typical: a number in quotes, such as "2.5"'),
        ("[kinds.late]\ndirection = 'deposit'\ntypical = 'two'", "kinds.late.typical: 'two' is not a number"),
        ("[kinds.late]\ndirection = 'deposit'\ntypical = true", "kinds.late.typical: a number in quotes"),
        ("[kinds.late]\ndirection = 'deposit'\nstarter = 4", "kinds.late.starter: a table, not 4"),
        ("[kinds.late]\ndirection = 'deposit'\nstarter.per = 'day'", "kinds.late.starter.per: a rate is per event"),
        (
            "[kinds.late]\ndirection = 'deposit'\nstarter.pre = 'day'",
            "kinds.late.starter.pre: unknown; did you mean per",
        ),
        ("[kinds.late]\ndirection = 'deposit'\naliases = 'old'", "kinds.late.aliases: several names"),
        ('[kinds."Late!"]\ndirection = "deposit"', "kinds.Late!: 'Late!' is not a name"),
        ("[kinds.late", "the text is not TOML"),
        ("x = " + "[" * 10_000, "the text is not TOML"),
        ("x = " + "9" * 10_000, "the text is not TOML"),
        ("[kinds.late]\ndirection = 'deposit'\nmeaning = \"\\ud800\"", "the text is not TOML"),
    ],
    ids=lambda value: value[:40],
)
def test_a_fault_in_toml_is_named_by_its_path(text, fault):
    with pytest.raises(InvalidKind, match=f"^{re.escape(fault)}"):
        Catalog.from_toml(text)


def test_a_typical_magnitude_may_stand_in_quotes_or_as_a_whole_number():
    text = "[kinds.late]\ndirection = 'withdrawal'\nunit = 'day'\ntypical = {}"
    assert Catalog.from_toml(text.format("'2'")) == Catalog.from_toml(text.format("2"))
