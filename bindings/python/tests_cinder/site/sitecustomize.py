"""Lets several processes of Cinder share one SQLite file.

Their transactions begin by reading and go on to write, and SQLite refuses that at once when
another process wrote in between. So each takes the right to write when it begins, and waits.
"""

import sqlite3
from typing import Any


class _Cursor(sqlite3.Cursor):
    def execute(self, sql: str, *parameters: Any) -> Any:
        if sql.strip().upper() == "BEGIN":
            sql = "BEGIN IMMEDIATE"
        return super().execute(sql, *parameters)


class _Connection(sqlite3.Connection):
    def cursor(self, factory: Any = _Cursor) -> Any:
        return super().cursor(factory)


def _connect(*arguments: Any, **more: Any) -> Any:
    return _plain(*arguments, **{"factory": _Connection, **more})


_plain = sqlite3.connect
sqlite3.connect = sqlite3.dbapi2.connect = _connect
