"""Log records of operations, and of the engine."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from datetime import datetime

import pytest
from simulator import PASSWORD, Appliance

import zfssa

REFUSAL = {"status": {"status": 400, "name": "ERR_INVALID_ARG"}}


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture, driver: zfssa.Driver) -> pytest.LogCaptureFixture:  # noqa: ARG001
    """Collects the log after the setup of the driver."""
    caplog.set_level(logging.DEBUG, "zfssa")
    caplog.clear()
    return caplog


def of_operations(log: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in log.records if record.name == "zfssa"]


def of_engine(log: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in log.records if record.name.startswith("zfssa.")]


def test_a_success_is_for_debugging(driver: zfssa.Driver, log: pytest.LogCaptureFixture) -> None:
    driver.create_volume("volume-1", 1)
    (record,) = of_operations(log)
    assert (record.name, record.levelno) == ("zfssa", logging.DEBUG)
    assert record.message.startswith("create_volume volume-1 succeeded (")
    facts = {name: value for name, value in vars(record).items() if name.startswith("zfssa_")}
    assert facts.pop("zfssa_ticket") != 0
    assert facts.pop("zfssa_elapsed") > 0
    assert facts == {
        "zfssa_operation": "create_volume",
        "zfssa_resource": "volume-1",
        "zfssa_requests": 1,
    }


def test_a_failure_that_is_understood_is_told(
    driver: zfssa.Driver, log: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(zfssa.VolumeNotFoundError):
        driver.get_volume("volume-1")
    (record,) = of_operations(log)
    assert record.levelno == logging.INFO
    facts = vars(record)
    assert facts["zfssa_status"] == "VOLUME_NOT_FOUND"
    assert facts["zfssa_outcome"] in ("NONE", "REJECTED")
    assert facts["zfssa_operation"] == "get_volume"
    assert "get_volume volume-1 failed" in record.message


def test_what_is_not_settled_is_a_warning(
    driver: zfssa.Driver, appliance: Appliance, log: pytest.LogCaptureFixture
) -> None:
    # The response is lost, and so is every response to the requests that read the volume back.
    appliance.fault(method="POST", path="/luns$", kind="reply_lost", when="after_commit")
    appliance.fault(method="GET", kind={"hang": {}}, times=None)
    with pytest.raises(zfssa.Error) as caught:
        driver.create_volume("volume-1", 1, timeout=1)
    assert caught.value.outcome is zfssa.Outcome.UNKNOWN
    (record,) = of_operations(log)
    assert (record.levelno, vars(record)["zfssa_outcome"]) == (logging.WARNING, "UNKNOWN")


def test_what_is_left_behind_is_a_warning(
    driver: zfssa.Driver, appliance: Appliance, log: pytest.LogCaptureFixture
) -> None:
    driver.create_volume("volume-1", 1)
    log.clear()
    # The clone can be neither extended nor deleted.
    appliance.fault(method="PUT", path="/luns/volume-2$", kind=REFUSAL, times=None)
    appliance.fault(method="DELETE", kind=REFUSAL, times=None)
    with pytest.raises(zfssa.Error) as caught:
        driver.create_cloned_volume("volume-2", 2, "volume-1")
    assert caught.value.outcome is zfssa.Outcome.PARTIAL
    (record,) = of_operations(log)
    assert (record.levelno, vars(record)["zfssa_outcome"]) == (logging.WARNING, "PARTIAL")
    assert all(left in record.message for left in caught.value.left_behind)


def test_what_a_check_warns_of_is_a_warning(
    driver: zfssa.Driver, log: pytest.LogCaptureFixture
) -> None:
    warnings = driver.check_for_setup_error().warnings
    assert warnings
    told = [record for record in of_operations(log) if record.levelno == logging.WARNING]
    assert [record.message for record in told] == [
        f"check_for_setup_error: {warning}" for warning in warnings
    ]
    assert {vars(record)["zfssa_operation"] for record in told} == {"check_for_setup_error"}


def test_a_level_that_is_off_is_off(driver: zfssa.Driver, log: pytest.LogCaptureFixture) -> None:
    log.set_level(logging.WARNING, "zfssa")
    driver.create_volume("volume-1", 1)
    with pytest.raises(zfssa.VolumeNotFoundError):
        driver.get_volume("volume-2")
    assert log.records == []


def test_an_application_that_sets_no_logging_up_reads_nothing(
    capsys: pytest.CaptureFixture[str], driver: zfssa.Driver
) -> None:
    driver.create_volume("volume-1", 1)
    assert capsys.readouterr() == ("", "")


def test_no_secret_is_logged(
    driver: zfssa.Driver, appliance: Appliance, log: pytest.LogCaptureFixture
) -> None:
    assert "CANARY" in PASSWORD
    wrong = appliance.options(san_password="CANARY-wrong")
    with zfssa.Driver(wrong) as other, pytest.raises(zfssa.UnauthenticatedError):
        other.get_volume_stats()
    driver.get_volume_stats()
    assert len(of_operations(log)) == 2
    assert len(of_engine(log)) > 2
    assert "CANARY" not in log.text
    assert "CANARY" not in repr([vars(record) for record in log.records])


LUNS = "storage/pools/pool-0/projects/cinder/luns"


def test_each_request_is_for_debugging(driver: zfssa.Driver, log: pytest.LogCaptureFixture) -> None:
    before = time.time()
    driver.create_volume("volume-1", 1, operation_id="from-a-test")
    sent, done, completion = log.records
    assert (sent.name, sent.levelno) == ("zfssa.rest", logging.DEBUG)
    assert sent.getMessage().startswith("create_volume volume-1: answered (")
    assert f"request=POST {LUNS}" in sent.getMessage()
    facts = vars(sent)
    assert facts["zfssa_fields"]["status"] == 201
    assert facts["zfssa_operation"] == "create_volume"
    assert facts["zfssa_resource"] == "volume-1"
    assert facts["zfssa_operation_id"] == "from-a-test"
    assert (facts["zfssa_level"], facts["zfssa_lost"]) == (4, 0)
    assert done.name == "zfssa.driver.operation"
    assert completion.name == "zfssa"
    assert before <= sent.created <= done.created <= completion.created


def test_the_log_is_written_as_lines_of_json(
    driver: zfssa.Driver, log: pytest.LogCaptureFixture
) -> None:
    driver.create_volume("volume-1", 1, operation_id="from-a-test")
    with pytest.raises(zfssa.VolumeExistsError):
        driver.create_volume("volume-1", 2)
    formatter = zfssa.JsonLines()
    text = [formatter.format(record) for record in log.records]
    assert not any("\n" in line for line in text)
    lines = [json.loads(line) for line in text]
    sent, done, completion = lines[:3]
    assert (sent["level"], sent["msg"], sent["target"]) == ("DEBUG", "answered", "zfssa::rest")
    assert (sent["request"], sent["status"]) == (f"POST {LUNS}", 201)
    assert datetime.fromisoformat(sent["time"]).timestamp() == pytest.approx(
        log.records[0].created, abs=0.001
    )
    assert sent["milliseconds"] >= 0
    assert (done["level"], done["msg"]) == ("INFO", "done")
    assert done["target"] == "zfssa::driver::operation"
    for line in (sent, done):
        assert line["operation"] == "create_volume"
        assert line["resource"] == "volume-1"
        assert line["operation_id"] == "from-a-test"
    assert "operation" not in completion, "the call is counted once"
    (failed,) = [line for line in lines if line["msg"] == "failed"]
    assert failed["level"] == "WARN"
    assert "(VOLUME_EXISTS, outcome " in failed["error"]


def test_each_retry_is_for_debugging(
    driver: zfssa.Driver, appliance: Appliance, log: pytest.LogCaptureFixture
) -> None:
    kind = {"status": {"status": 503, "name": "ERR_BUSY"}}
    appliance.fault(method="POST", path="/luns$", kind=kind, times=2)
    driver.create_volume("volume-1", 1)
    told = [record.getMessage().split(" (")[0].split(": ")[1] for record in of_engine(log)]
    assert told == ["answered", "repeated", "answered", "repeated", "answered", "done"]
    assert {record.levelno for record in log.records} == {logging.DEBUG}
    repeated = [vars(record) for record in log.records if "repeated" in record.getMessage()]
    assert [one["zfssa_fields"]["attempt"] for one in repeated] == [1, 2]


def test_the_engine_logs_in_the_threads_of_python(
    driver: zfssa.Driver, log: pytest.LogCaptureFixture
) -> None:
    driver.create_volume("volume-1", 1)
    flying = [driver.submit(zfssa.GetVolume("volume-1")) for _ in range(20)]
    for one in flying:
        one.result()
    assert len(of_engine(log)) == 2 * 21
    assert {record.thread for record in log.records} == {threading.get_ident()}


def test_the_level_may_change_at_any_time(
    driver: zfssa.Driver, log: pytest.LogCaptureFixture
) -> None:
    for level, expected in ((logging.INFO, 0), (logging.DEBUG, 2), (logging.INFO, 0)):
        log.set_level(level, "zfssa")
        log.clear()
        driver.list_volumes()
        assert len(of_engine(log)) == expected
    # A logger below may be quieter.
    log.set_level(logging.DEBUG, "zfssa")
    log.clear()
    below = logging.getLogger("zfssa.rest")
    below.setLevel(logging.WARNING)
    try:
        driver.list_volumes()
    finally:
        below.setLevel(logging.NOTSET)
    assert [record.name for record in of_engine(log)] == ["zfssa.driver.operation"]


def test_the_engine_logs_on_asyncio(
    appliance: Appliance, driver: zfssa.Driver, log: pytest.LogCaptureFixture
) -> None:
    driver.create_volume("volume-1", 1)
    log.clear()

    async def look() -> None:
        async with zfssa.AsyncDriver(appliance.options()) as other:
            await other.get_volume("volume-1")

    # Each event loop has a queue of its own.
    for _ in range(2):
        log.clear()
        asyncio.run(look())
        told = [record.getMessage() for record in of_engine(log)]
        assert sum(f"request=GET {LUNS}/volume-1" in one for one in told) == 1
        assert {record.thread for record in log.records} == {threading.get_ident()}


def test_the_engine_keeps_so_many_records_and_no_more(
    driver: zfssa.Driver, log: pytest.LogCaptureFixture
) -> None:
    # No thread takes the records until the first wait.
    flying = [driver.submit(zfssa.Echo()) for _ in range(1200)]
    driver.close()
    for one in flying:
        one.result()
    assert len(of_engine(log)) == 1024
