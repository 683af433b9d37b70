"""Pools of a Cinder backend, and the libzfssa driver of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from cinder import exception
from cinder.volume import volume_utils
from oslo_log import log as logging

import zfssa

__all__ = ["Pools", "pool_names"]

LOG = logging.getLogger(__name__)


def pool_names(configuration: Any, backend: str) -> dict[str, str | None]:
    """Returns the pools of a backend: Cinder's name of each, and its name on the appliance.

    The pool of zfssa_pool has the name of the backend: the former driver reported no pools, so the
    hosts of its volumes are <host>@<backend>#<backend name>. The pools of zfssa_pools have their
    own names. The name on the appliance is None if neither option is set, which the library
    refuses.
    """
    first = configuration.safe_get("zfssa_pool") or None
    further = [one for one in configuration.safe_get("zfssa_pools") or () if one]
    for one in further:
        if further.count(one) > 1:
            raise exception.InvalidConfigurationValue(
                message=f"zfssa_pools has {one} twice: name each pool once"
            )
        if first is not None and one == backend != first:
            raise exception.InvalidConfigurationValue(
                message=f"zfssa_pools has {one}, which is also the name of the backend and so of "
                f"the pool {first}: change volume_backend_name"
            )
    if not further:
        return {backend: first}
    names: dict[str, str | None] = {} if first is None else {backend: first}
    return names | {one: one for one in further if one != first}


class Pools:
    """Pools of a backend by their names in Cinder, each with an open driver of the library.

    A backend without zfssa_pools has one pool. It serves every volume, whatever pool the volume's
    host names, as the former driver did: hosts keep the old name when an operator renames a
    backend.
    """

    def __init__(
        self,
        names: dict[str, str | None],
        config: Callable[[str | None], zfssa.Config],
        *,
        any_name: bool,
    ) -> None:
        """Opens the driver of each pool; `config` returns the configuration for a pool."""
        self._names = names
        self._any_name = any_name
        self._drivers: dict[str, zfssa.Driver] = {}
        try:
            for name, pool in names.items():
                self._drivers[name] = zfssa.Driver(config(pool))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Closes every driver. Operations in flight are cancelled and roll back."""
        for driver in self._drivers.values():
            driver.close(cancel=True)

    def __iter__(self) -> Iterator[tuple[str, zfssa.Driver]]:
        return iter(self._drivers.items())

    def __len__(self) -> int:
        return len(self._drivers)

    @property
    def first(self) -> zfssa.Driver:
        """The driver of the first pool, for operations that concern no pool."""
        return next(iter(self._drivers.values()))

    def driver(self, name: str) -> zfssa.Driver:
        """Returns the driver of the pool with this name in Cinder."""
        return self._drivers[name]

    def name(self, volume: Any) -> str:
        """Returns the name of a volume's pool: that of its host or, without one, where its LUN is.

        Refuses a pool that the backend does not have, because an operation in another pool would
        not find the LUN, and a deletion would succeed without deleting it.
        """
        if self._any_name:
            return next(iter(self._names))
        name = self.of_host(volume["host"])
        if name is None:
            return self.find(volume) or next(iter(self._names))
        if name not in self._names:
            raise exception.VolumeDriverException(
                message=f"volume {volume['name']}: pool {name} is none of the pools of this "
                f"backend, {', '.join(self._names)}: add {name} to zfssa_pools"
            )
        return name

    def of_host(self, host: str) -> str | None:
        """Returns the name of the pool in <host>@<backend>#<pool>; None if there is none."""
        if self._any_name:
            return next(iter(self._names))
        named: str | None = volume_utils.extract_host(host, level="pool")
        if named is None or named in self._names:
            return named
        # zfssa_pool was set after its pool had served volumes under the pool's own name.
        return next((name for name, pool in self._names.items() if pool == named), named)

    def find(self, volume: Any) -> str | None:
        """Returns the name of the pool that has the volume's LUN; None if no pool has it."""
        for name, driver in self:
            try:
                driver.get_volume(volume["name"])
            except zfssa.VolumeNotFoundError:
                continue
            return name
        return None

    def of_snapshot(self, snapshot: Any) -> str:
        """Returns the name of the pool of a snapshot's volume."""
        # Cinder reads the volume from its database, which one pool does not need.
        return next(iter(self._names)) if self._any_name else self.name(snapshot["volume"])

    def known(self, objects: Iterable[Any], name: Callable[[Any], str]) -> list[Any]:
        """Returns the objects in pools of this backend, and logs each of the others."""
        found = []
        for one in objects:
            try:
                name(one)
            except exception.VolumeDriverException as error:
                LOG.warning("%s", error)
            else:
                found.append(one)
        return found

    def group(self, objects: Iterable[Any], name: Callable[[Any], str]) -> dict[str, list[Any]]:
        """Groups objects by the name of their pool, which `name` returns."""
        found: dict[str, list[Any]] = {}
        for one in objects:
            found.setdefault(name(one), []).append(one)
        return found
