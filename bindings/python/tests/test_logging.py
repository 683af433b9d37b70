"""Log records of operations."""

from __future__ import annotations

import logging

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


def test_a_success_is_for_debugging(driver: zfssa.Driver, log: pytest.LogCaptureFixture) -> None:
    driver.create_volume("volume-1", 1)
    (record,) = log.records
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
    (record,) = log.records
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
    (record,) = log.records
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
    (record,) = log.records
    assert (record.levelno, vars(record)["zfssa_outcome"]) == (logging.WARNING, "PARTIAL")
    assert all(left in record.message for left in caught.value.left_behind)


def test_what_a_check_warns_of_is_a_warning(
    driver: zfssa.Driver, log: pytest.LogCaptureFixture
) -> None:
    warnings = driver.check_for_setup_error().warnings
    assert warnings
    told = [record for record in log.records if record.levelno == logging.WARNING]
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
    assert len(log.records) == 2
    assert "CANARY" not in log.text
    assert "CANARY" not in repr([vars(record) for record in log.records])
