"""Python binding of libzfssa, an engine for Oracle ZFS Storage Appliances.

Methods of `Driver` block, methods of `AsyncDriver` are coroutines. A driver is one backend: an
appliance, a pool and a project. `options()` lists the options of a backend.
"""

from . import errors, operations
from ._abi import ZFSSA_VERSION as __version__
from ._async import AsyncDriver, OperationCancelled
from ._config import Config, Option, options
from ._library import objects_alive, version
from ._marshal import EVERY, Every
from ._metrics import LockWaits, Metrics, RequestDurations
from ._sync import Driver, Operation
from .errors import *  # noqa: F403
from .json_lines import JsonLines
from .operations import *  # noqa: F403

__all__ = [
    "EVERY",
    "AsyncDriver",
    "Config",
    "Driver",
    "Every",
    "JsonLines",
    "LockWaits",
    "Metrics",
    "Operation",
    "OperationCancelled",
    "Option",
    "RequestDurations",
    "__version__",
    "objects_alive",
    "options",
    "version",
    *errors.__all__,
    *operations.__all__,
]
