"""Puts libzfssa into the wheel and gives the wheel its platform.

ZFSSA_BUNDLE names the library and ZFSSA_PLATFORM the platform; build_wheel.sh sets both. Without
them the wheel is py3-none-any and finds the library of the system.
"""

from __future__ import annotations

import os
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BundledLibrary(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        library = os.environ.get("ZFSSA_BUNDLE")
        if not library or version == "editable":
            return
        build_data["force_include"][library] = "zfssa/_lib/libzfssa.so.1"
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{os.environ['ZFSSA_PLATFORM']}"
