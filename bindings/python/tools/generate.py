#!/usr/bin/env python3
"""Generator of _abi.py, errors.py and operations.py from docs/abi/zfssa.json.

tools/generate.py            writes the files
tools/generate.py --check    fails if one of them is out of date
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from abi_module import abi
from errors_module import errors
from header import read
from operations_module import operations

ROOT = Path(__file__).resolve().parents[3]


PACKAGE = Path(__file__).resolve().parents[1] / "src" / "zfssa"


def main() -> int:
    header = read(ROOT)
    files = {
        "_abi.py": abi(header),
        "errors.py": errors(header),
        "operations.py": operations(header),
    }
    stale = 0
    for name, wanted in files.items():
        path = PACKAGE / name
        wanted = re.sub(r"[ \t]+\n", "\n", wanted)
        if path.exists() and path.read_text(encoding="utf-8") == wanted:
            continue
        if "--check" in sys.argv:
            print(f"{path.name} is out of date: run tools/generate.py")
            stale += 1
        else:
            path.write_text(wanted, encoding="utf-8")
            print(f"{path.name} written")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
