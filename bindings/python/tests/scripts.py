"""Processes of their own, each of which runs a script to its end."""

from __future__ import annotations

import subprocess
import sys
import textwrap

from simulator import SOON, nowhere

#: A shell that starts the tests in the background has SIGINT ignored, which children inherit.
PRELUDE = f"""\
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
import zfssa
nowhere = {nowhere()!r}
"""


def run(script: str, *options: str, code: int = 0) -> str:
    """Runs a script to its end, which must come, with this exit code and without a word of
    complaint.
    """
    done = subprocess.run(
        [sys.executable, *options, "-c", PRELUDE + textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=SOON,
    )
    assert (done.returncode, done.stderr) == (code, ""), done.stderr
    return done.stdout
