"""Runs a block of Python with the names that the text around it introduces.

    program.py FILE PAGE

A block that imports zfssa itself is a whole program and gets no name.
"""

import sys
from pathlib import Path

import zfssa

source, page = sys.argv[1:]
text = Path(source).read_text("utf-8")
names: dict[str, object] = {"__name__": "__main__"}
code = compile(text, page, "exec")
if "import zfssa" in text:
    exec(code, names)
else:
    options = zfssa.Config.from_toml("backend.toml")
    with zfssa.Driver(options) as driver:
        driver.do_setup()
        driver.create_volume("volume-1", 1)
        names |= {"zfssa": zfssa, "options": options, "driver": driver}
        exec(code, names)
