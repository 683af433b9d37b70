"""The requests of the cycle by `requests` alone: `bare.py REQUESTS.json CALLERS CYCLES`.

Each caller has a session, and so a connection, of its own.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import requests
from measure import Names, Step, measure


def login(recording: dict[str, Any]) -> str:
    headers = {
        "X-Auth-User": recording["user"],
        "X-Auth-Key": Path(recording["password_file"]).read_text(),
    }
    url = recording["url"] + "/api/access/v1"
    answer = requests.post(url, headers=headers, verify=recording["ca_file"], timeout=60)
    answer.raise_for_status()
    return answer.headers["X-Auth-Session"]


def steps(recording: dict[str, Any], token: str) -> list[Step]:
    session = requests.Session()
    session.trust_env = False
    session.verify = recording["ca_file"]
    session.headers.update({"X-Auth-Session": token, "Accept": "application/json"})

    def send(sent: list[dict[str, Any]], names: Names) -> None:
        for one in sent:
            path, body = one["path"], one["body"]
            for kind, name in names._asdict().items():
                path, body = path.replace(f"{{{kind}}}", name), body.replace(f"{{{kind}}}", name)
            answer = session.request(
                one["method"],
                recording["url"] + path,
                data=body or None,
                headers={"Content-Type": "application/json"} if body else None,
            )
            if answer.status_code != one["status"]:
                raise RuntimeError(f"{one['method']} {path}: {answer.status_code}: {answer.text}")
            if answer.content:
                answer.json()

    return [lambda names, sent=sent: send(sent, names) for sent in recording["steps"]]


if __name__ == "__main__":
    recorded = json.loads(Path(sys.argv[1]).read_text())
    session_token = login(recorded)
    of_callers = [steps(recorded, session_token) for _ in range(int(sys.argv[2]))]
    measure(of_callers, int(sys.argv[3]))
