"""Drop-in replacement of Cinder's former driver for the Oracle ZFS Storage Appliance."""

from __future__ import annotations

import sys
from typing import Any

from cinder import interface
from cinder.volume import configuration
from cinder.volume.drivers.san import san
from oslo_config import cfg
from oslo_log import log as logging

import zfssa
from zfssa import _waiting

from .backend import has_cinder_coordination
from .connections import Connections
from .exceptions import cinder_errors
from .groups import Groups
from .images import Images
from .management import Management
from .migration import Migration
from .options import SHARED_OPTIONS, ZFSSA_OPTS, backend_config
from .pools import Pools, pool_names
from .statistics import Statistics
from .volumes import Volumes

__all__ = ["ZFSSAISCSIDriver"]

CONF = cfg.CONF
CONF.register_opts(ZFSSA_OPTS, group=configuration.SHARED_CONF_GROUP)
LOG = logging.getLogger(__name__)


@interface.volumedriver
class ZFSSAISCSIDriver(
    Volumes,
    Connections,
    Groups,
    Images,
    Management,
    Migration,
    Statistics,
    san.SanISCSIDriver,  # type: ignore[misc]
):
    """iSCSI volumes on an Oracle ZFS Storage Appliance.

    Names of objects, options and extra specs are the same as in the driver that OpenStack removed
    in 2019, so its volumes can be used without a change. libzfssa does the work; Cinder may run on
    native threads, without eventlet, or on eventlet, whose hub is never blocked.
    """

    VERSION = zfssa.__version__

    #: Page of the former driver's CI, below wiki.openstack.org/wiki/ThirdPartySystems.
    CI_WIKI_NAME = "Oracle_ZFSSA_CI"

    #: Without locks across hosts: run one cinder-volume per backend. __init__ sets it for backends
    #: with such locks, and Cinder's manager reads it from the driver that it has constructed.
    SUPPORTS_ACTIVE_ACTIVE = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stats: dict[str, Any] = {}
        self._sizes: dict[tuple[str, str], int] = {}
        self.configuration.append_config_values(ZFSSA_OPTS)
        self.SUPPORTS_ACTIVE_ACTIVE = self._has_library_coordination()

    @classmethod
    def get_driver_options(cls) -> Any:
        """Returns all options that the driver uses, for Cinder's documentation."""
        return ZFSSA_OPTS + cls._get_oslo_driver_opts(*SHARED_OPTIONS)

    def do_setup(self, context: Any) -> None:  # noqa: ARG002
        """Creates the missing objects that the backend needs on the appliance."""
        _disable_thread_pool()
        if self.cluster_name and not has_cinder_coordination():
            LOG.warning(
                "cluster %s: [coordination] backend_url is no service that several hosts share: "
                "set it to that of etcd, because Cinder's own locks must hold on every host of "
                "the cluster",
                self.cluster_name,
            )
        previous, self._opened = self._opened, None
        if previous is not None:
            previous.close()
        lock_path = getattr(getattr(CONF, "oslo_concurrency", None), "lock_path", None)

        def config(pool: str | None) -> zfssa.Config:
            return backend_config(self.configuration, pool, CONF.state_path, lock_path)

        names = pool_names(self.configuration, self._backend_name())
        any_name = not self.configuration.safe_get("zfssa_pools")
        with cinder_errors():
            self._opened = Pools(names, config, any_name=any_name)
            for _, driver in self._opened:
                for change in driver.do_setup().changes:
                    LOG.info("appliance: setup: %s", change)

    def check_for_setup_error(self) -> None:
        """Checks every precondition of the operations."""
        with cinder_errors():
            for _, driver in self._pools:
                driver.check_for_setup_error()


def _disable_thread_pool() -> None:
    """Makes eventlet's thread pool run its work in the calling thread, on native threads.

    Cinder releases that still depend on eventlet read and write images in this pool even on native
    threads. It delivers results only to the thread that used it first; any other thread would
    block for ever. A Cinder without eventlet has not imported the pool, and the driver does not
    import it either.
    """
    pool: Any = sys.modules.get("eventlet.tpool")
    if pool is not None and not _waiting.on_eventlet():
        pool.set_num_threads(0)
