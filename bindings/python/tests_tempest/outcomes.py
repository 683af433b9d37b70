"""Outcomes of tests, and the tests that are expected not to pass."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import tomllib

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
#: A test that was selected and has no result.
NOT_RUN = "not run"


@dataclass
class Result:
    """Result of a test, with the reason of a skip or the traceback of a failure."""

    outcome: str
    details: str = ""


@dataclass
class Expectation:
    """Tests, or classes of tests, that do not pass, with the reason."""

    outcome: str
    reason: str
    tests: list[str]
    #: Names in `tests` that were found among the selected tests.
    used: set[str] = field(default_factory=set)

    def covers(self, test: str) -> bool:
        for name in self.tests:
            if test == name or test.startswith(f"{name}."):
                self.used.add(name)
                return True
        return False


def expectations(path: Path) -> list[Expectation]:
    """Reads the expected outcomes from a TOML file."""
    read = tomllib.loads(path.read_text())["expected"]
    found = [Expectation(one["outcome"], one["reason"], one["tests"]) for one in read]
    for one in found:
        if one.outcome not in (FAILED, SKIPPED):
            raise ValueError(f"{path}: outcome is {one.outcome}: give {FAILED} or {SKIPPED}")
    return found


class Comparison:
    """Comparison of the results of the selected tests with the expected outcomes.

    `problems` has a line for each test with another outcome than expected. With `whole`, for a
    selection of all tests, a name in the expectations that belongs to no test is a problem too.
    """

    def __init__(
        self,
        selected: list[str],
        results: dict[str, Result],
        expected: list[Expectation],
        *,
        whole: bool,
    ) -> None:
        self.problems: list[str] = []
        self.counts: Counter[str] = Counter()
        self.by_reason: list[tuple[Expectation, list[str]]] = [(one, []) for one in expected]
        for test in selected:
            self._compare(test, results.get(test, Result(NOT_RUN)))
        for test in sorted(set(results) - set(selected)):
            # What is no test of the selection, such as tearDownClass, only has a result if it failed.
            if results[test].outcome == FAILED:
                self._compare(test, results[test])
        if whole:
            for one in expected:
                for name in sorted(set(one.tests) - one.used):
                    self.problems.append(f"{name}: expected as {one.outcome}, and is no test")

    def is_problem(self, test: str) -> bool:
        return any(line.startswith(f"{test}: ") for line in self.problems)

    def _compare(self, test: str, result: Result) -> None:
        self.counts[result.outcome] += 1
        wanted = PASSED
        for one, tests in self.by_reason:
            if one.covers(test):
                wanted = one.outcome
                tests.append(test)
                break
        if result.outcome != wanted:
            self.problems.append(f"{test}: {result.outcome}, and expected as {wanted}")

    def __str__(self) -> str:
        lines = []
        for one, tests in self.by_reason:
            if tests:
                lines += [f"{len(tests)} {one.outcome} as expected: {one.reason}"]
                lines += [f"    {test}" for test in tests]
        lines += [f"FAILED {problem}" for problem in self.problems]
        counts = [f"{self.counts[PASSED]} passed"]
        for outcome in (FAILED, SKIPPED, NOT_RUN):
            if self.counts[outcome]:
                counts.append(f"{self.counts[outcome]} {outcome}")
        lines.append(f"{', '.join(counts)}; {len(self.problems)} not as expected")
        return "\n".join(lines)
