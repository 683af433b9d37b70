"""Recovery of operations of dead processes, repeated while the backend runs."""

from __future__ import annotations

from oslo_log import log as logging

import zfssa

__all__ = ["recover"]

LOG = logging.getLogger(__name__)

#: Maximum time of one recovery, in seconds. What it does not end, the next one does.
_TIMEOUT = 30


def recover(pool: str, driver: zfssa.Driver) -> None:
    """Finishes or rolls back the operations of dead processes, as far as that is possible now.

    Setup does so too. But the appliance may still carry out a request of such a process then, and
    the recovery of its operation ends only later. Without any operation to recover, the appliance
    gets no request.
    """
    try:
        report = driver.recover(timeout=_TIMEOUT)
    except zfssa.Error as error:
        LOG.warning("pool %s: recovery failed: %s", pool, error)
        return
    for flow in report.recovered:
        failed = flow.settled == zfssa.Recovery.FAILED
        LOG.log(logging.WARNING if failed else logging.INFO, "recovery: %s", flow.message)
