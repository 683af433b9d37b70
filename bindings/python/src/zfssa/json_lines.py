"""Formatter of log records as lines of JSON, which `zfssa watch` sums up."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timezone
from typing import Any

# The engine's levels, which all arrive as DEBUG.
_LEVELS = {1: "ERROR", 2: "WARN", 3: "INFO", 4: "DEBUG", 5: "TRACE"}


class JsonLines(logging.Formatter):
    """Formats each record as a JSON object on one line, with the members of the engine's log.

    Set it on the handler of the logger `zfssa`, whose level is DEBUG.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        facts = vars(record)
        at = datetime.fromtimestamp(record.created, timezone.utc)
        line: dict[str, Any] = {
            "time": at.isoformat(timespec="milliseconds"),
            "level": _LEVELS.get(facts.get("zfssa_level", 0), record.levelname),
            "msg": facts.get("zfssa_message") or record.getMessage(),
            "target": record.name.replace(".", "::"),
        }
        # The binding's own record of a call has no fields: the engine's record counts the call.
        fields = facts.get("zfssa_fields")
        if fields is not None:
            for member in ("operation", "resource", "operation_id"):
                value = facts.get(f"zfssa_{member}")
                if value:
                    line[member] = value
            line = {**fields, **line}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)
