"""Log records of the engine, passed on to Python's logging.

They arrive as events of the completion queue, so no thread of the engine runs Python code.
"""

from __future__ import annotations

import json
import logging
from typing import Any

from ._library import lib
from ._marshal import maybe, string


def log_records(result: int) -> None:
    """Logs the records of a log event at the level DEBUG, to loggers such as `zfssa.rest`."""
    found = lib.zfssa_result_log(result)
    if found:
        for place in found.contents.records[: found.contents.count]:
            _log(place.contents)


def _log(view: Any) -> None:
    logger = logging.getLogger(string(view.target).replace("::", "."))
    if not logger.isEnabledFor(logging.DEBUG):
        return
    operation, resource = maybe(view.operation), maybe(view.resource)
    facts = {
        "zfssa_level": view.level,
        "zfssa_message": string(view.message),
        "zfssa_operation": operation,
        "zfssa_resource": resource,
        "zfssa_operation_id": maybe(view.operation_id),
        "zfssa_fields": json.loads(string(view.fields)),
        "zfssa_lost": view.lost,
    }
    name = " ".join(one for one in (operation, resource) if one)
    message = f"{name}: {string(view.message)}" if name else string(view.message)
    details = ", ".join(f"{key}={value}" for key, value in facts["zfssa_fields"].items())
    if details:
        message = f"{message} ({details})"
    if view.lost:
        message = f"{message} [{view.lost} records before this one were lost]"
    record = logger.makeRecord(
        logger.name, logging.DEBUG, "libzfssa", 0, message, (), None, None, facts
    )
    # The time at which the engine wrote the record: a thread takes it later.
    record.created = view.time_ns / 1e9
    record.msecs = float(view.time_ns // 10**6 % 1000)
    logger.handle(record)
