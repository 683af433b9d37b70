"""A cluster of two cinder-volume services for one backend, with locks in etcd."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from backends import section
from etcd import Etcd
from life import Life
from processes import Process, until
from samples import connector
from simulator import HOST_A, HOST_B, Appliance
from stack import Cinder

CLUSTER = "fleet"
HOSTS = ("host-1", "host-2")


@pytest.fixture
def cinder(appliance: Appliance, etcd: Etcd, tmp_path: Path) -> Iterator[Cinder]:
    backend = section(
        appliance,
        "first",
        zfssa_coordination_url=etcd.url,
        # The least time to live for these, so that locks of a dead host end soon.
        zfssa_rest_timeout=20,
        zfssa_late_request_timeout=1,
        zfssa_coordination_ttl=24,
    )
    one = Cinder(
        tmp_path,
        {"first": backend},
        eventlet=False,
        hosts=HOSTS,
        cluster=CLUSTER,
        service_down_time=20,
        more_sections={"coordination": {"backend_url": etcd.tooz_url}},
    )
    yield one
    one.stop()


class ClusterLife(Life):
    """Actions of a user and an operator whose backend is served by two hosts."""

    def __init__(self, cinder: Cinder, appliance: Appliance, etcd: Etcd) -> None:
        self.cinder = cinder
        self.appliance = appliance
        self.etcd = etcd

    def volume(self, size: int, kind: str = "zfssa", **more: Any) -> str:
        identity = self.begin_volume(size, kind, **more)
        self.cinder.settled("volume", identity, "available")
        return identity

    def begin_volume(self, size: int, kind: str = "zfssa", **more: Any) -> str:
        body = {"volume": {"size": size, "volume_type": kind, **more}}
        identity: str = self.cinder.post("/volumes", body)["volume"]["id"]
        return identity

    def lun(self, volume: str) -> Any:
        return self.appliance.luns("cinder")[f"volume-{volume}"]

    def status(self, volume: str) -> str:
        found: str = self.cinder.get(f"/volumes/{volume}")["volume"]["status"]
        return found

    def service(self, host: str) -> Process:
        """Returns the running cinder-volume of a host."""
        return next(
            one for one in reversed(self.cinder.processes) if one.name == f"cinder-volume-{host}"
        )

    def working_hosts(self, volume: str) -> list[str]:
        """Returns the hosts that have the volume's lock or wait for it."""
        groups = {self.service(host).process.pid: host for host in HOSTS}
        processes = self.etcd.locks(f"volume-{volume}").values()
        return sorted(groups[os.getpgid(process)] for process in processes)

    def hold(self, method: str, path: str, times: int | None = None) -> None:
        """Holds the requests of a kind, without work or answer, until they are released."""
        fault = {"method": method, "path": path, "kind": {"hang": {}}, "times": times}
        self.appliance.fault(**fault)

    def held(self) -> int:
        return sum(one["fired"] for one in self.appliance.admin("GET", "/faults"))

    def release(self) -> None:
        self.appliance.admin("DELETE", "/faults")
        self.appliance.admin("POST", "/release")

    def both_serve(self) -> list[str]:
        """Creates volumes until each host has created one, and returns them."""
        made: list[str] = []

        def both() -> bool:
            made.append(self.volume(1))
            return {self.host(one).partition("@")[0] for one in made} == set(HOSTS)

        until("a volume of each host", both)
        return made

    def connect(self, volume: str, initiator: str) -> Any:
        asked = {"os-initialize_connection": {"connector": connector(initiator)}}
        return self.cinder.post(f"/volumes/{volume}/action", asked)["connection_info"]

    def disconnect(self, volume: str, initiator: str) -> None:
        asked = {"os-terminate_connection": {"connector": connector(initiator)}}
        self.cinder.post(f"/volumes/{volume}/action", asked)

    def clones_of(self, volume: str) -> list[Any]:
        """Returns the requests for a clone that the appliance has carried out."""
        return [
            one
            for one in self.appliance.trace()
            if one["path"].endswith("/clone")
            and one["committed"]
            and f"volume-{volume}" in one["body"]
        ]

    def state(self, host: str) -> str:
        """Returns whether Cinder regards the service of a host as up or as down."""
        services = self.cinder.get("/os-services?binary=cinder-volume")["services"]
        return next(str(one["state"]) for one in services if one["host"] == f"{host}@first")


def test_a_cluster_of_two_hosts(
    cinder: Cinder, appliance: Appliance, etcd: Etcd, tmp_path: Path
) -> None:
    life = ClusterLife(cinder, appliance, etcd)
    life.types()
    before = appliance.state()
    made = life.both_serve()

    attach_at_once(life, made[0])
    made += kill_one_host(life)
    for one in made:
        life.delete("volume", one)
    assert appliance.state() == before
    until("the end of the last locks", lambda: not etcd.locks())
    failover = cinder.ask("PUT", "/os-services/failover_host", {"cluster": f"{CLUSTER}@first"})
    assert failover.status == 400
    refused_without_coordination(cinder)
    for log in tmp_path.glob("*.log"):
        assert "CANARY" not in log.read_text(errors="replace"), log.name


def attach_at_once(life: ClusterLife, volume: str) -> None:
    """Each host presents one volume to another initiator, and neither presentation is lost."""
    life.hold("PUT", f"/luns/volume-{volume}$", times=1)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(life.connect, volume, HOST_A)
        until("the first change", lambda: first.done() or life.held() == 1)
        second = pool.submit(life.connect, volume, HOST_B)
        # Without a common lock, the second one would be done before the release.
        until("the second one", lambda: second.done() or len(life.working_hosts(volume)) == 2)
        assert not second.done()
        assert life.working_hosts(volume) == sorted(HOSTS)
        life.release()
        assert first.result()["data"]["volume_id"] == volume
        assert second.result()["data"]["volume_id"] == volume
    assert life.groups(volume) == {"host-a", "host-b"}
    life.disconnect(volume, HOST_A)
    assert life.groups(volume) == {"host-b"}
    life.disconnect(volume, HOST_B)
    assert life.groups(volume) == set()


def kill_one_host(life: ClusterLife) -> list[str]:
    """Kills a host in the middle of a clone and of a deletion, which the appliance carries out
    later. The other host cleans up. Returns the volumes that are left.
    """
    cinder = life.cinder
    # Cinder serializes the clones of one volume.
    sources = [life.volume(1), life.volume(1)]
    doomed = [life.volume(1), life.volume(1)]
    life.hold("PUT", "/clone$")
    life.hold("DELETE", "/luns/volume-")
    clones = [life.begin_volume(2, source_volid=source) for source in sources]
    until("two clones", lambda: life.held() == 2)
    for one in doomed:
        cinder.delete(f"/volumes/{one}")
    until("two deletions", lambda: life.held() == 4)
    at_work = {one: life.working_hosts(one) for one in (*clones, *doomed)}
    # Cinder distributes the requests of a kind in turn.
    for pair in (clones, doomed):
        assert sorted(at_work[one] for one in pair) == [[host] for host in HOSTS]

    assert all(any(one in key for key in life.etcd.journals()) for one in clones)

    dead = HOSTS[1]
    killed = life.service(dead)
    killed.kill()
    cinder.processes.remove(killed)
    killed.log.rename(killed.log.with_suffix(".before.log"))
    life.release()
    clone = next(one for one in clones if at_work[one] == [dead])
    deletion = next(one for one in doomed if at_work[one] == [dead])
    (finished,) = {*clones} - {clone}
    cinder.settled("volume", finished, "available")
    (other,) = {*doomed} - {deletion}
    cinder.settled("volume", other, "deleted")
    until("the late clone", lambda: len(life.clones_of(clone)) == 1)
    assert (life.status(clone), life.status(deletion)) == ("creating", "deleting")
    until("the end of the service", lambda: life.state(dead) == "down")
    asked = {"cluster_name": f"{CLUSTER}@first", "binary": "cinder-volume"}
    cleaning = cinder.post("/workers/cleanup", asked)
    assert [one["host"] for one in cleaning["cleaning"]] == [f"{dead}@first"]
    cinder.settled("volume", clone, "error")
    cinder.settled("volume", deletion, "deleted")
    life.delete("volume", clone)

    # The dead host's journal of the clone lapses, and the other host ends it.
    until("the end of the journals", lambda: not life.etcd.journals())
    cinder.start_volume(dead)
    until("the return of the host", lambda: life.state(dead) == "up")
    return [finished, *sources, *life.both_serve()]


def refused_without_coordination(cinder: Cinder) -> None:
    """Cinder refuses to start a backend in a cluster that has no locks across hosts."""
    service = cinder.start_volume("host-3", zfssa_coordination_url="")
    until("the end of the service", lambda: service.process.poll() is not None)
    cinder.processes.remove(service)
    assert "Active-Active configuration is not currently supported" in service.tail(400)
