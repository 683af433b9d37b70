"""Asyncio driver."""

from __future__ import annotations

import asyncio
import gc
import threading
import time

import pytest
from simulator import HOST_A, SOON, Appliance, nowhere

import zfssa


def test_a_volumes_life(appliance: Appliance) -> None:
    async def life() -> None:
        async with zfssa.AsyncDriver(appliance.options()) as driver:
            await driver.do_setup()
            before = appliance.state()
            made = await asyncio.gather(
                *(driver.create_volume(f"volume-{n}", 1) for n in range(10))
            )
            assert [one.name for one in made] == [f"volume-{n}" for n in range(10)]
            connection = await driver.initialize_connection("volume-3", HOST_A)
            assert connection.target_luns == (connection.target_lun,)
            await driver.terminate_connection("volume-3", HOST_A)
            with pytest.raises(zfssa.VolumeNotFoundError):
                await driver.get_volume("volume-x")
            await asyncio.gather(*(driver.delete_volume(f"volume-{n}") for n in range(10)))
            assert appliance.state() == before

    asyncio.run(life())


def test_iterators_hold_a_page_at_a_time(appliance: Appliance) -> None:
    async def iterate() -> None:
        async with zfssa.AsyncDriver(appliance.options()) as driver:
            await driver.do_setup()
            names = [f"volume-{n}" for n in range(5)]
            for name in names:
                await driver.create_volume(name, 1)
                await driver.create_snapshot(name, f"snapshot-of-{name}")
            volumes = driver.iter_volumes(page_size=2)
            assert [one.name async for one in volumes] == names
            snapshots = driver.iter_snapshots(zfssa.EVERY, page_size=2)
            assert sorted([one.volume async for one in snapshots]) == names
            entries = driver.iter_manageable_volumes(page_size=2)
            assert [one.reference async for one in entries] == names
            entries = driver.iter_manageable_snapshots(page_size=2)
            assert sorted([one.source_reference async for one in entries]) == names

    asyncio.run(iterate())


def test_20000_operations_on_one_loop() -> None:
    async def many() -> None:
        async with zfssa.AsyncDriver(nowhere()) as driver:
            said = await asyncio.gather(*(driver.echo(message=str(n)) for n in range(20_000)))
            assert [one.message for one in said] == [str(n) for n in range(20_000)]
        assert threading.active_count() == 1

    asyncio.run(many())


def test_a_cancelled_task_waits_for_the_outcome(appliance: Appliance) -> None:
    """The task is cancelled after the clone was created, and ends after its deletion."""

    async def cancel() -> None:
        async with zfssa.AsyncDriver(appliance.options()) as driver:
            await driver.do_setup()
            await driver.create_volume("volume-1", 1)
            before = appliance.state()
            # The request that extends the clone hangs.
            appliance.fault(method="PUT", path="/luns/volume-2$", kind={"hang": {}})
            task = asyncio.ensure_future(driver.create_cloned_volume("volume-2", 2, "volume-1"))
            while not appliance.admin("GET", "/faults")[0]["fired"]:
                await asyncio.sleep(0)
            task.cancel()
            task_again = asyncio.get_running_loop().call_soon(task.cancel)
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            assert task_again
            assert isinstance(caught.value, zfssa.OperationCancelled)
            error = caught.value.error
            assert isinstance(error, zfssa.CancelledError)
            assert error.outcome is zfssa.Outcome.ROLLED_BACK
            assert appliance.state() == before
            appliance.reset()

    asyncio.run(asyncio.wait_for(cancel(), SOON))


def test_asyncio_timeouts_work() -> None:
    async def hurry() -> None:
        async with zfssa.AsyncDriver(nowhere()) as driver:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(driver.echo(delay_ms=3_600_000), 0.05)
            assert (await driver.echo(message="after")).message == "after"

    asyncio.run(hurry())


def test_one_driver_serves_several_loops() -> None:
    driver = zfssa.AsyncDriver(nowhere())

    async def say(word: str) -> str:
        return (await driver.echo(message=word)).message

    words = []
    threads = [
        threading.Thread(target=lambda n=n: words.append(asyncio.run(say(str(n)))))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SOON)
    assert sorted(words) == sorted(map(str, range(8)))
    assert asyncio.run(say("again")) == "again"
    asyncio.run(driver.close())
    gc.collect()


def test_the_loop_is_never_blocked() -> None:
    async def count() -> None:
        worst = 0.0

        async def tick() -> None:
            nonlocal worst
            while True:
                begin = time.monotonic()
                await asyncio.sleep(0)
                worst = max(worst, time.monotonic() - begin)

        driver = zfssa.AsyncDriver(nowhere())
        ticking = asyncio.ensure_future(tick())
        slow = asyncio.ensure_future(driver.echo(delay_ms=300))
        await asyncio.sleep(0)
        assert not await driver.close(timeout=0.05)
        await slow
        assert await driver.close()
        ticking.cancel()
        assert worst < 0.25

    asyncio.run(count())
