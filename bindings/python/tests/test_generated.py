"""Generated modules are up to date."""

from __future__ import annotations

import ctypes
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import zfssa
from zfssa import _abi

ROOT = Path(__file__).resolve().parents[3]
TOOLS = Path(__file__).resolve().parents[1] / "tools"


def test_the_header_asks_for_nothing_else() -> None:
    done = subprocess.run(
        [sys.executable, TOOLS / "generate.py", "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_structures_lie_as_c_lays_them(tmp_path: Path) -> None:
    compiler = shutil.which("cc")
    if not compiler:
        pytest.skip("no C compiler here")
    lines = ["#include <stddef.h>", "#include <stdio.h>", '#include "zfssa.h"', "int main(void) {"]
    expected = []
    for name, struct in _abi.STRUCTS.items():
        lines.append(f'printf("{name} %zu\\n", sizeof({name}));')
        expected.append(f"{name} {ctypes.sizeof(struct)}")
        for member, *_ in struct._fields_:
            field = getattr(struct, member)
            where = f"{name}.{member}"
            lines.append(
                f'printf("{where} %zu %zu\\n", offsetof({name}, {member}),'
                f" sizeof((({name} *)0)->{member}));"
            )
            expected.append(f"{where} {field.offset} {field.size}")
    for name in dir(_abi):
        value = getattr(_abi, name)
        if name.startswith("ZFSSA_") and isinstance(value, int):
            lines.append(f'printf("{name} %lld\\n", (long long){name});')
            expected.append(f"{name} {value}")
    source = tmp_path / "layout.c"
    source.write_text("\n".join([*lines, "return 0;", "}", ""]))
    program = tmp_path / "layout"
    subprocess.run([compiler, f"-I{ROOT / 'include'}", str(source), "-o", str(program)], check=True)
    said = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    assert said.splitlines() == expected
    assert len(expected) > 300


def test_the_generator_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    sys.path.insert(0, str(TOOLS))
    import generate
    import header

    described = json.loads((ROOT / "docs" / "abi" / "zfssa.json").read_text(encoding="utf-8"))
    target = tmp_path / "docs" / "abi" / "zfssa.json"
    target.parent.mkdir(parents=True)
    described["types"].append({"name": "zfssa_x_t", "kind": "enum", "doc": ""})
    target.write_text(json.dumps(described), encoding="utf-8")
    with pytest.raises(header.Surprise):
        header.read(tmp_path)
    described["types"].pop()
    described["structures"][0]["members"][0]["type"] = "size_t"
    target.write_text(json.dumps(described), encoding="utf-8")
    with pytest.raises(header.Surprise):
        generate.abi(header.read(tmp_path))


def test_a_number_of_a_later_library_is_kept() -> None:
    assert zfssa.Recovery(1) is zfssa.Recovery.ROLLED_BACK
    assert zfssa.Recovery(99) == 99
    assert zfssa.Recovery(99).name == "UNKNOWN_99"
