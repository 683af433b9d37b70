"""Comparison of results with the expected outcomes."""

from __future__ import annotations

from pathlib import Path

import pytest
from outcomes import FAILED, PASSED, SKIPPED, Comparison, Expectation, Result, expectations
from suite import of_classes

ONE, TWO, OTHER = "tempest.a.Class.test_one", "tempest.a.Class.test_two", "tempest.b.Other.test"
SELECTED = [ONE, TWO, OTHER]


def compared(
    outcomes: dict[str, str], expected: list[Expectation], *, whole: bool = True
) -> list[str]:
    results = {name: Result(outcome) for name, outcome in outcomes.items()}
    return Comparison(SELECTED, results, expected, whole=whole).problems


def test_every_test_passes() -> None:
    assert compared(dict.fromkeys(SELECTED, PASSED), []) == []


@pytest.mark.parametrize("outcome", [FAILED, SKIPPED])
def test_another_outcome_is_a_problem(outcome: str) -> None:
    found = dict.fromkeys(SELECTED, PASSED) | {TWO: outcome}
    assert compared(found, []) == [f"{TWO}: {outcome}, and expected as passed"]
    assert compared(found, [Expectation(outcome, "because", [TWO])]) == []
    other = FAILED if outcome == SKIPPED else SKIPPED
    assert compared(found, [Expectation(other, "because", [TWO])]) == [
        f"{TWO}: {outcome}, and expected as {other}"
    ]


def test_an_expected_failure_that_passes_is_a_problem() -> None:
    found = dict.fromkeys(SELECTED, PASSED)
    assert compared(found, [Expectation(FAILED, "because", [OTHER])]) == [
        f"{OTHER}: passed, and expected as failed"
    ]


def test_a_test_without_a_result_is_a_problem() -> None:
    assert compared({ONE: PASSED, TWO: PASSED}, []) == [f"{OTHER}: not run, and expected as passed"]


def test_a_class_stands_for_its_tests() -> None:
    found = {ONE: SKIPPED, TWO: SKIPPED, OTHER: PASSED}
    assert compared(found, [Expectation(SKIPPED, "because", ["tempest.a.Class"])]) == []
    # Not for those of a class whose name begins in the same way.
    assert (
        len(compared(found, [Expectation(SKIPPED, "because", ["tempest.a.Cla"])], whole=False)) == 2
    )


def test_an_expectation_of_no_test_is_a_problem() -> None:
    found = dict.fromkeys(SELECTED, PASSED)
    gone = [Expectation(FAILED, "because", ["tempest.gone"])]
    assert compared(found, gone) == ["tempest.gone: expected as failed, and is no test"]
    assert compared(found, gone, whole=False) == []


def test_a_failed_teardown_is_a_problem() -> None:
    found = dict.fromkeys(SELECTED, PASSED) | {"tearDownClass (tempest.b.Other)": FAILED}
    assert len(compared(found, [])) == 1


def test_the_result_of_a_setup_counts_for_the_tests_of_its_class() -> None:
    results = {"setUpClass (tempest.a.Class)": Result(SKIPPED, "no"), OTHER: Result(PASSED)}
    assert of_classes(results, SELECTED) == {
        ONE: Result(SKIPPED, "no"),
        TWO: Result(SKIPPED, "no"),
        OTHER: Result(PASSED),
    }


def test_the_committed_expectations_have_reasons() -> None:
    for one in expectations(Path(__file__).parent / "expected.toml"):
        assert one.reason
        assert one.tests == sorted(set(one.tests))


def test_an_unknown_outcome_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "expected.toml"
    path.write_text('[[expected]]\noutcome = "flaky"\nreason = "because"\ntests = []\n')
    with pytest.raises(ValueError, match="outcome is flaky"):
        expectations(path)
