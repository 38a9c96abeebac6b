"""The mapping file: what it may say, and how it is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from goodwill.domain.errors import MappingError
from goodwill.sources import ImportMapping

RULE = """
[[entries]]
kind = "late_delivery"
account = "{customer}"
occurred_at = "{promised}"
reference = "shop:{order}:late"
"""


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "entries: Field required"),
        ("entries = []", "entries: "),
        ("entires = []" + RULE, "unknown key 'entires'; did you mean entries?"),
        ("mapping = 2" + RULE, "mapping: "),
        ("[source]\nencodng = 'utf-8'" + RULE, "source: unknown key 'encodng'; did you mean encoding?"),
        ("[source]\nencoding = 'utf-99'" + RULE, "source.encoding: no encoding 'utf-99'"),
        ("[source]\nencoding = 'rot13'" + RULE, "source.encoding: no encoding 'rot13'"),
        ("[source]\ndelimiter = ';;'" + RULE, "source.delimiter: ';;': one character"),
        ("[source]\nzone = 'America/Sao_Paolo'" + RULE, "source.zone: no zone 'America/Sao_Paolo'.* did you mean America/Sao_Paulo"),
        ("[source]\nzone = '../etc/passwd'" + RULE, "source.zone: no zone"),
        ("[source]\ndates = ['%d.%m.']" + RULE, r"source.dates\[0\]: '%d.%m.' says no year"),
        ("[source]\ndates = 'dd.mm.yyyy'" + RULE, r"source.dates\[0\]: 'dd.mm.yyyy' says no year"),
        ("[source]\ndates = '%Y-%Q'" + RULE, r"source.dates\[0\]: '%Y-%Q' cannot be read back"),
        ("[source]\ndecimal = ','\nthousands = ','" + RULE, "source: decimal and thousands are both ','"),
        ("[source]\ndecimal = ''" + RULE, "source: decimal: one character"),
        ("[source]\nthousands = '0'" + RULE, "source.thousands: '0': one character"),
        ("[source]\ncurrency = 'BLR'" + RULE, "source.currency: no currency 'BLR' in ISO 4217; did you mean "),
        ("[source]\nskip = -1" + RULE, "source.skip: "),
        ("[source]\nheader = false" + RULE, "source: header = false needs names"),
        ("[source]\nnames = ['a', 'a']" + RULE, "source: names: a name stands there twice"),
        ("[source]\nwhere = 'a ='" + RULE, "source.where: 'a =' is no expression"),
        ("[columns]\nday = 'dat'" + RULE, "columns.day.as: .*'date'"),
        ("[columns]\n'a b' = 'date'" + RULE, "columns.a b.*: 'a b' is no name"),
        ("[columns]\nday = { form = 'x' }" + RULE, "columns.day: unknown key 'form'; did you mean from?"),
        ("[columns]\nrow = 'date'" + RULE, "columns.row: the name stands for the row itself already"),
        ("[columns]\nx = 'date'\n[values]\nx = '1'" + RULE, "values.x: the name stands for columns.x already"),
        ("[values]\nx = 'y'\ny = 'x'" + RULE, "values and joins go in a circle: "),
        ("[values]\nx = 'lowr(y)'" + RULE, "values.x: 'lowr\\(y\\)': no function 'lowr'; did you mean lower?"),
        ("[joins.o]\nfile = 'o.csv'" + RULE, "joins.o.on: Field required"),
        ("[joins.o]\non = ['a', 'b']\nkey = 'a'" + RULE, "joins.o: on has 2 parts and key 1"),
        ("[joins.o]\non = 'a'\nkeep = 'first'\naggregates.n.count = true" + RULE, "joins.o: keep chooses one"),
        ("[joins.o]\non = 'a'\naggregates.n = { sum = 'x', max = 'x' }" + RULE, "joins.o.aggregates.n: exactly one of sum"),
        ("[joins.o]\non = 'a'\naggregates.n = {}" + RULE, "joins.o.aggregates.n: exactly one of .* here none"),
        ("[numbered]\nn = []" + RULE, "numbered.n: "),
        (RULE + "magnitud = 1", r"entries\[0\]: unknown key 'magnitud'; did you mean magnitude?"),
        (RULE + "type = 'deposits'", r"entries\[0\].type: "),
        (RULE + "magnitude = true", r"entries\[0\].magnitude.value: True: a text, a number or a date"),
        (RULE + "magnitude = { column = 'a', expr = 'b' }", r"entries\[0\].magnitude: exactly one of .* column and expr"),
        (RULE + "magnitude = { as = 'number' }", r"entries\[0\].magnitude: exactly one of .* here none"),
        (RULE + "magnitude = { colum = 'a' }", r"entries\[0\].magnitude: unknown key 'colum'; did you mean column?"),
        (RULE + "note = 'a { b'", r"entries\[0\].note.template: 'a { b': a single {"),
        (RULE + "dimensions = { x = { expr = '(' } }", r"entries\[0\].dimensions.x.expr: '\(' is no expression"),
        (RULE + "reverses = 'x'", r"entries\[0\].reverses: belongs to type"),
        ("[[entries]]\nkind = 'x'", r"entries\[0\]: account, occurred_at, reference missing, here and in defaults"),
        ("[[entries]]\ntype = 'reversal'\nreference = 'x'", r"entries\[0\]: reverses missing"),
        ("[[entries]]\ntype = 'reversal'\nreference = 'x'\nreverses = 'y'\nkind = 'z'", r"entries\[0\]: a reversal has no kind"),
        ("a = = 1", "not TOML: "),
    ],
)  # fmt: skip
def test_a_mapping_with_a_fault_is_refused_with_the_path_to_it(text, fault):
    with pytest.raises(MappingError, match=fault):
        ImportMapping.from_toml(text)


def test_a_fault_in_a_file_names_the_file(tmp_path):
    path = tmp_path / "shop.toml"
    path.write_text("[sauce]" + RULE)
    with pytest.raises(MappingError, match=r"shop\.toml: unknown key 'sauce'; did you mean source\?"):
        ImportMapping.from_file(path)


def test_a_file_that_is_not_utf_8_is_refused(tmp_path):
    path = tmp_path / "shop.toml"
    path.write_bytes('name = "Café"'.encode("cp1252"))
    with pytest.raises(MappingError, match="not UTF-8"):
        ImportMapping.from_file(path)


def test_a_mapping_that_notepad_saved_with_a_byte_order_mark_is_read(tmp_path):
    path = tmp_path / "shop.toml"
    path.write_text(RULE, encoding="utf-8-sig")
    assert ImportMapping.from_file(path).entries[0].kind.template == "late_delivery"


def test_a_field_is_a_template_a_value_or_a_table():
    mapping = ImportMapping.from_toml(
        RULE + 'magnitude = 1.10\nnote = "{a}"\nchannel = { column = "b" }\nseverity = { value = 2 }'
    )
    (rule,) = mapping.entries
    assert (rule.magnitude.value, rule.note.template, rule.channel.column) == (Decimal("1.1"), "{a}", "b")
    assert rule.severity.value == 2


def test_defaults_fill_what_a_rule_leaves_out_and_no_more():
    mapping = ImportMapping.from_toml(
        """
        [defaults]
        account = "{a}"
        channel = "shop"
        occurred_at = "{b}"
        attributes = { x = "1", y = "2" }
        [[entries]]
        kind = "purchase"
        channel = "web"
        reference = "r"
        attributes = { y = "3" }
        [[entries]]
        type = "reversal"
        reverses = "x"
        reference = "y"
        """
    )
    bought, reversal = mapping.rules()
    assert (bought.account.template, bought.channel.template) == ("{a}", "web")
    assert {name: spec.template for name, spec in bought.attributes.items()} == {"x": "1", "y": "3"}
    assert (reversal.account, reversal.occurred_at, reversal.channel, reversal.attributes) == (None, None, None, {})


def test_joins_are_read_after_those_that_their_keys_come_from():
    mapping = ImportMapping.from_toml("[joins.person]\non = 'order.customer'\n[joins.order]\non = 'order_id'\n" + RULE)
    assert mapping.joins_in_order() == ["order", "person"]
