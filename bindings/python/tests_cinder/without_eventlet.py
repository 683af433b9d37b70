"""A process in which eventlet does not exist, apart from the names that Cinder itself imports.

The current Cinder imports eventlet even when it runs on native threads, so it cannot be had without
it. Here modules of Cinder get stand-ins that do nothing by themselves, every other module gets an
ImportError, and nothing of eventlet is loaded: the place of a Cinder that has dropped eventlet.
"""

from __future__ import annotations

import builtins
import sys
import types
from typing import Any

_import = builtins.__import__

#: Modules outside of Cinder that it imports and that import eventlet in any case.
_ALSO = {"oslo_service.wsgi"}


class _Pool:
    """Base class of Cinder's pool of SSH connections, which no test uses."""


def _same(one: Any, *_: Any, **__: Any) -> Any:
    return one


def _stand_in() -> types.ModuleType:
    eventlet = types.ModuleType("eventlet")
    parts: dict[str, dict[str, Any]] = {
        "greenpool": {},
        "patcher": {},
        "pools": {"Pool": _Pool},
        # Cinder wraps image files in this; without eventlet it would use them as they are.
        "tpool": {"Proxy": _same},
        # A default argument of the web server, which cinder-volume does not start.
        "wsgi": {"HttpProtocol": None},
    }
    for name, members in parts.items():
        part = types.ModuleType(f"eventlet.{name}")
        vars(part).update(members)
        setattr(eventlet, name, part)
    # For an annotation.
    eventlet.Semaphore = object  # type: ignore[attr-defined]
    return eventlet


def install() -> None:
    """Removes eventlet from this process. Call it before Cinder is imported."""
    assert "eventlet" not in sys.modules
    eventlet = _stand_in()

    def importing(
        name: str,
        globals: Any = None,  # noqa: A002
        locals: Any = None,  # noqa: A002
        fromlist: Any = (),
        level: int = 0,
    ) -> Any:
        if name.partition(".")[0] == "eventlet" and level == 0:
            importer = str((globals or {}).get("__name__", ""))
            if importer.partition(".")[0] == "cinder" or importer in _ALSO:
                return eventlet
        return _import(name, globals, locals, fromlist, level)

    builtins.__import__ = importing
    # Every other import raises ModuleNotFoundError, as that of a package that is not installed.
    sys.modules["eventlet"] = None  # type: ignore[assignment]


def is_absent() -> bool:
    """Whether nothing of eventlet is loaded."""
    return not any(module for name, module in sys.modules.items() if name.startswith("eventlet"))
