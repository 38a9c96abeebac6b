"""The plug-in in a pytest of its own: fixtures, another policy by option, several by marker, balances explained."""

from __future__ import annotations

import pytest

from goodwill import presets
from goodwill.decays import HalfLife

pytest_plugins = ["pytester"]


@pytest.fixture(autouse=True)
def _plugged(pytester: pytest.Pytester) -> None:
    pytester.plugins = []


def test_the_fixtures_share_one_clock_and_policy(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_story(goodwill_ledger, goodwill_clock, goodwill_policy):
            goodwill_ledger.deposit("ada", "upgrade")
            goodwill_clock.advance(days=84)
            assert goodwill_ledger.balance("ada").points == 10**0.88 / 2
            assert goodwill_ledger.policy == goodwill_policy
        """
    )
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_a_suite_runs_under_another_policy(pytester: pytest.Pytester) -> None:
    slow = presets.default().replace(decay=HalfLife(days=168))
    pytester.path.joinpath("slow.json").write_text(slow.to_json())
    pytester.makepyfile(
        """
        def test_policy(goodwill_policy):
            assert goodwill_policy.decay.default.days == 168
        """
    )
    pytester.runpytest_subprocess("--goodwill-policy", "slow.json").assert_outcomes(passed=1)
    pytester.runpytest_subprocess().assert_outcomes(failed=1)


def test_one_test_runs_under_several_policies_and_the_outcomes_are_tabulated(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        from goodwill import presets
        from goodwill.decays import HalfLife, NoDecay

        @pytest.mark.goodwill_policies(fades=presets.default(), stays=presets.default().replace(decay=NoDecay()))
        def test_it_fades(goodwill_ledger, goodwill_clock):
            goodwill_ledger.deposit("ada", "upgrade")
            before = goodwill_ledger.balance("ada").points
            goodwill_clock.advance(days=1)
            assert goodwill_ledger.balance("ada").points < before
        """
    )
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*test_it_fades  fades: passed  stays: failed*"])


def test_a_failing_test_prints_what_each_balance_is_made_of(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_wrong(goodwill_ledger):
            goodwill_ledger.withdraw("ada", "dispute", reference="order:7")
            assert not goodwill_ledger.balance("ada").is_overdrawn
        """
    )
    result = pytester.runpytest_subprocess()
    result.stdout.fnmatch_lines(
        ["*what each balance is made of*", "*points (overdrawn) of 'ada'*", "*dispute  order:7*"]
    )


def test_a_marker_that_names_no_policy_is_an_error_that_says_so(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.goodwill_policies
        def test_nothing(goodwill_ledger): ...
        """
    )
    result = pytester.runpytest_subprocess()
    result.stdout.fnmatch_lines(["*name each policy*"])


def test_the_start_of_pytest_does_not_import_goodwill(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_nothing():
            assert "goodwill" not in sys.modules
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)
