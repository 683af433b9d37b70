"""Puts libzfssa and the command zfssa into the wheel and gives the wheel its platform.

ZFSSA_BUNDLE names the library, ZFSSA_COMMAND the command and ZFSSA_PLATFORM the platform;
build_wheel.sh sets them. Without the library the wheel is py3-none-any and finds the library of the
system. Without the command the wheel has a script that tells how to get it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BundledPrograms(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        library = os.environ.get("ZFSSA_BUNDLE")
        command = os.environ.get("ZFSSA_COMMAND")
        if version == "editable":
            return
        if library:
            build_data["force_include"][library] = "zfssa/_lib/libzfssa.so.1"
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{os.environ['ZFSSA_PLATFORM']}"
        if not (library and command):
            command = str(Path(self.root, "tools", "scripts", "zfssa"))
        # Installers put it beside the interpreter: the program itself, without Python before it.
        build_data["shared_scripts"][command] = "zfssa"
