"""Tempest's tests of volumes against Cinder's services with this driver.

    run.py [--short] [--workers N] [REGEX...]

Ends with 0 if each test has the outcome that expected.toml says, and nothing is left on the
appliances.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from outcomes import FAILED, Comparison, expectations
from services import TYPE, Services
from simulator import ROOT
from suite import Suite

HERE = Path(__file__).parent
#: Directory with the logs of the last run.
LOGS = ROOT / "build" / "tempest"


def main() -> int:
    parser = argparse.ArgumentParser(description="Tempest's tests of volumes")
    parser.add_argument("--short", action="store_true", help="only the tests of short.txt")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("regex", nargs="*", help="only the tests with such a name")
    asked = parser.parse_args()
    patterns = asked.regex
    if asked.short:
        patterns = (HERE / "short.txt").read_text().split()
    shutil.rmtree(LOGS, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="zfssa-tempest-") as name:
        try:
            comparison = compare(Path(name), patterns, asked.workers)
        finally:
            LOGS.mkdir(parents=True)
            for log in (*Path(name).glob("*.log"), *Path(name).glob("tempest/*.log")):
                shutil.copy(log, LOGS)
    print(comparison)
    return bool(comparison.problems)


def compare(folder: Path, patterns: list[str], workers: int) -> Comparison:
    """Runs the tests in a folder, and prints what explains the problems."""
    with Services(folder) as services:
        suite = Suite(folder, services.keystone, services.backends, TYPE, services.image)
        selected = suite.tests(patterns)
        results = suite.run(patterns, workers, selected)
        expected = expectations(HERE / "expected.toml")
        comparison = Comparison(selected, results, expected, whole=not patterns)
        comparison.problems += services.leftovers()
        comparison.problems += services.leaks()
        if comparison.problems:
            print(services.cinder.problems())
    for test, result in results.items():
        if result.outcome == FAILED and comparison.is_problem(test):
            print(f"{test}:\n{result.details}")
    return comparison


if __name__ == "__main__":
    sys.exit(main())
