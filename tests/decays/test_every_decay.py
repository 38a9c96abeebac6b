"""What every decay that ships holds to: the laws, a file and a test of its own, a published source."""

from __future__ import annotations

from pathlib import Path

import pytest

import goodwill.decays
from goodwill.policies.component import registered
from goodwill.policies.decay import Decay
from goodwill.testing import check_decay

SHIPPED = {tag: member for tag, member in registered(Decay).items() if member.__module__.startswith("goodwill.decays.")}


@pytest.mark.parametrize("tag", SHIPPED)
def test_it_obeys_the_laws(tag: str) -> None:
    check_decay(SHIPPED[tag])


@pytest.mark.parametrize("tag", SHIPPED)
def test_it_has_a_file_an_export_and_a_test_of_its_own(tag: str, project_root: Path) -> None:
    member = SHIPPED[tag]
    assert member.__module__ == f"goodwill.decays.{tag}"
    assert getattr(goodwill.decays, member.__name__) is member
    assert (project_root / "tests" / "decays" / f"test_{tag}.py").is_file()


@pytest.mark.parametrize("tag", SHIPPED)
def test_its_docstring_explains_its_parameters_and_shows_an_example(tag: str) -> None:
    docstring = SHIPPED[tag].__doc__ or ""
    assert ">>> " in docstring
    for name in SHIPPED[tag].model_fields:
        assert f"\n        {name}: " in docstring
