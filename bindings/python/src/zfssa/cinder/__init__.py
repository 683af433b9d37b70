"""Cinder volume driver; in cinder.conf: `volume_driver = zfssa.cinder.ZFSSAISCSIDriver`."""

from .driver import ZFSSAISCSIDriver
from .options import ZFSSA_OPTS, list_opts

__all__ = ["ZFSSA_OPTS", "ZFSSAISCSIDriver", "list_opts"]
