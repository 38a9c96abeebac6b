"""The how-to of the mapping format: its blocks are mappings, and it leaves no key out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from goodwill.sources import ImportMapping
from goodwill.sources.functions import FUNCTIONS
from goodwill.sources.grammar import Aggregate, Column, FieldSpec, Join, Reading
from goodwill.sources.mapping import Rule

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "how-to" / "import-a-crm-export.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
RULE = """
[[entries]]
kind = "purchase"
account = "{a}"
occurred_at = "{b}"
reference = "{c}"
"""


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.partition("\n")[0])
def test_every_block_is_a_mapping_or_a_part_of_one(block):
    ImportMapping.from_toml(block if "[[entries]]" in block else block + RULE)


@pytest.mark.parametrize("model", [ImportMapping, Rule, Reading, Column, FieldSpec, Join, Aggregate])
def test_the_page_says_something_of_every_key(model):
    keys = {field.alias or name for name, field in model.model_fields.items()}
    assert not {key for key in keys if not re.search(rf"\b{key}\b", PAGE)}


def test_the_page_names_every_function():
    assert not {name for name in FUNCTIONS if not re.search(rf"\b{name}\b", PAGE)}
