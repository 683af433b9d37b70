"""Scripts that run in a process of their own."""

from __future__ import annotations

import subprocess
import sys
import textwrap

from simulator import SOON, nowhere

#: Resets SIGINT, which children inherit as ignored if a shell runs the tests in the background.
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
