"""Volumes from images, with a transfer by the caller."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from typing import Any

import pytest
from simulator import HOST_A, SOON, Appliance

import zfssa


def image(name: str, image_id: str) -> dict[str, Any]:
    return {
        "name": name,
        "size_gib": 1,
        "image_id": image_id,
        "image_updated_at": "2024-01-01",
        "image_virtual_size": 1 << 20,
        "initiator": HOST_A,
    }


def test_an_image_is_transferred_once(driver: zfssa.Driver) -> None:
    asked: list[tuple[str, zfssa.Connection]] = []
    steps: list[zfssa.Progress] = []

    def transfer(connection: zfssa.Connection) -> None:
        asked.append((threading.current_thread().name, connection))

    first = driver.clone_image(**image("v-1", "py-once"), transfer=transfer, progress=steps.append)
    assert first.transferred
    assert first.volume is not None
    assert first.volume.name == "v-1"
    second = driver.clone_image(**image("v-2", "py-once"), transfer=transfer)
    assert not second.transferred
    assert second.cache_entry == first.cache_entry
    [(thread, connection)] = asked
    assert thread == "zfssa-transfer"
    assert connection.target_iqn.startswith("iqn.")
    assert steps
    assert all(one.step and one.done <= one.total for one in steps)
    driver.delete_volume("v-1")
    driver.delete_volume("v-2")


def test_a_transfer_that_fails_is_undone(driver: zfssa.Driver, appliance: Appliance) -> None:
    before = appliance.state()

    def transfer(_: zfssa.Connection) -> None:
        raise OSError("the disk\0 is full")

    with pytest.raises(zfssa.TransferError, match="is full") as caught:
        driver.clone_image(**image("v-1", "py-bad"), transfer=transfer)
    assert caught.value.outcome is zfssa.Outcome.ROLLED_BACK
    # Without a transfer function the operation fails at once, not after a timeout.
    with pytest.raises(zfssa.TransferError, match="no transfer function"):
        driver.clone_image(**image("v-1", "py-bad"))
    assert appliance.state() == before


def test_a_progress_function_that_fails_harms_nobody(driver: zfssa.Driver) -> None:
    def progress(_: zfssa.Progress) -> None:
        raise ValueError("not my day")

    done = driver.clone_image(
        **image("v-1", "py-progress"), transfer=lambda _: None, progress=progress
    )
    assert done.transferred
    driver.delete_volume("v-1")


def test_a_coroutine_transfers(appliance: Appliance) -> None:
    async def life() -> None:
        async with zfssa.AsyncDriver(appliance.options()) as driver:
            await driver.do_setup()
            before = appliance.state()

            async def transfer(connection: zfssa.Connection) -> None:
                await asyncio.sleep(0)
                assert connection.target_iqn.startswith("iqn.")

            steps: list[zfssa.Progress] = []
            made = await driver.clone_image(
                **image("v-1", "py-async"), transfer=transfer, progress=steps.append
            )
            assert made.transferred
            assert steps
            await driver.delete_volume("v-1")
            assert appliance.state() == before

    asyncio.run(life())


def test_a_cancelled_task_ends_its_transfer(appliance: Appliance) -> None:
    async def life() -> None:
        async with zfssa.AsyncDriver(appliance.options()) as driver:
            await driver.do_setup()
            before = appliance.state()
            begun = asyncio.Event()
            ended: list[bool] = []

            async def transfer(_: zfssa.Connection) -> None:
                begun.set()
                try:
                    await asyncio.Event().wait()
                finally:
                    ended.append(True)

            task = asyncio.create_task(
                driver.clone_image(**image("v-1", "py-cancel"), transfer=transfer)
            )
            await begun.wait()
            task.cancel()
            with pytest.raises(zfssa.OperationCancelled) as caught:
                await task
            error = caught.value.error
            assert isinstance(error, zfssa.CancelledError)
            assert error.outcome is zfssa.Outcome.ROLLED_BACK
            assert ended
            assert appliance.state() == before

    asyncio.run(life())


def test_a_transfer_runs_in_the_hub_of_eventlet(appliance: Appliance) -> None:
    """The transfer waits for another greenlet, which uses the driver meanwhile: would either the
    transfer or whoever waits for it block the hub, neither would end.
    """
    pytest.importorskip("eventlet")
    script = f"""
import eventlet
eventlet.monkey_patch()
import threading, zfssa

with zfssa.Driver({appliance.options()!r}) as driver:
    driver.do_setup()
    begun, other = threading.Event(), threading.Event()

    def transfer(connection):
        begun.set()
        other.wait()

    def work():
        begun.wait()
        print(driver.create_volume("v-2", 1).name)
        other.set()

    working = eventlet.spawn(work)
    made = driver.clone_image(**{image("v-1", "py-hub")!r}, transfer=transfer)
    print(made.volume.name, made.transferred)
    working.wait()
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, timeout=SOON
    )
    assert (done.returncode, done.stdout) == (0, "v-2\nv-1 True\n"), done.stderr
