"""Scenario that all bindings run, with equal results and errors."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

import pytest
from simulator import ROOT, Appliance

import zfssa

FILE = Path(os.environ.get("ZFSSA_SCENARIO", ROOT / "tests" / "scenario" / "volume.json"))


def request_of(operation: str, arguments: dict[str, Any]) -> zfssa.operations.Request[Any]:
    """Creates a request by its C name. Missing arguments are zero, as in C."""
    name = "".join(part.capitalize() for part in operation.split("_"))
    kind = getattr(zfssa.operations, name)
    required = [one for one in dataclasses.fields(kind) if one.default is dataclasses.MISSING]
    zeros: dict[str, Any] = {one.name: 0 if one.type == "int" else None for one in required}
    zeros |= {one.name: zfssa.EVERY for one in required if "Every" in str(one.type)}
    request: zfssa.operations.Request[Any] = kind(**{**zeros, **arguments})
    return request


def holds(wanted: Any, found: Any) -> bool:
    """Whether a value contains all wanted values. A missing and an empty list are equal."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(
            key in found and holds(value, found[key]) for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        return len(wanted) == len(found or ()) and all(map(holds, wanted, found or ()))
    if wanted is None:
        return found is None or found == ()
    return bool(wanted == found and isinstance(wanted, bool) == isinstance(found, bool))


def plain(output: Any) -> Any:
    if isinstance(output, tuple):
        return [dataclasses.asdict(one) for one in output]
    return None if output is None else dataclasses.asdict(output)


def test_the_scenario_of_every_language(appliance: Appliance) -> None:
    if not FILE.exists():
        pytest.skip("there is no scenario here")
    scenario = json.loads(FILE.read_text())
    initiators = {name: [{"iqn": iqn}] for name, iqn in scenario["initiators"].items()}
    options = appliance.options(zfssa_initiator_config=initiators, **scenario["options"])
    transcript = []
    with zfssa.Driver(options) as driver:
        for number, step in enumerate(scenario["steps"], 1):
            if "fault" in step:
                appliance.admin("POST", "/faults", step["fault"])
                continue
            if step.get("clear"):
                appliance.admin("DELETE", "/faults")
                continue
            expected = step.get("expect", {})
            where = f"step {number}, {step['operation']} {step['args']}"
            status, outcome, fault, output = "OK", "", "", None
            try:
                output = driver.call(request_of(step["operation"], step["args"]))
            except zfssa.Error as error:
                status, outcome, fault = error.status_name, error.outcome.name, error.fault or ""
            transcript.append(
                {
                    "operation": step["operation"],
                    "status": status,
                    "outcome": outcome,
                    "fault": fault,
                    "result": plain(output),
                }
            )
            assert status == expected.get("status", "OK"), where
            assert outcome == expected.get("outcome", outcome), where
            assert fault == expected.get("fault", fault), where
            if "result" in expected:
                assert holds(expected["result"], plain(output)), f"{where}: {output}"
    assert len(transcript) > 20
    assert appliance.luns("cinder") == {}
    # tests/bindings/scenario compares the transcripts of all languages.
    if folder := os.environ.get("ZFSSA_SCENARIO_TRANSCRIPTS"):
        (Path(folder) / "python.json").write_text(json.dumps(transcript))
