"""Commands of the documentation: what runs in the scratch folder, and what is only looked up.

A command that builds or tests the project itself is looked up, because running it would build all
anew: the target of make, the script, the test binary or the feature that it names must exist.
"""

from __future__ import annotations

import functools
import itertools
import json
import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

from bench import Bench
from pages import ROOT, Failed, Snippet

AROUND = Path(__file__).parent / "around"


@functools.cache
def make_targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    return {
        name
        for line in re.findall(r"^([a-z][a-z -]*):", makefile, re.MULTILINE)
        for name in line.split()
    }


@functools.cache
def packages() -> dict[str, dict[str, Any]]:
    command = ["cargo", "metadata", "--format-version=1", "--no-deps"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return {package["name"]: package for package in json.loads(done.stdout)["packages"]}


def require(fact: bool, what: str) -> None:
    if not fact:
        raise Failed(what)


def make(words: list[str]) -> None:
    for target in words:
        require("=" in target or target in make_targets(), f"make has no target {target}")


def cargo(words: list[str]) -> None:
    flags = dict(itertools.pairwise(words))
    subcommand = words[0] if words else ""
    require(
        subcommand in ("test", "build", "install", "add", "doc", "clippy", "run"),
        f"cargo {subcommand}?",
    )
    tests = {
        target["name"]
        for package in packages().values()
        for target in package["targets"]
        if "test" in target["kind"]
    }
    if "--test" in flags:
        require(flags["--test"] in tests, f"there is no test binary {flags['--test']}")
    if "--features" in flags:
        require(
            flags["--features"] in packages()["zfssa"]["features"],
            f"no feature {flags['--features']}",
        )
    for flag in ("-p", "--package"):
        if flag in flags:
            require(flags[flag] in packages(), f"there is no package {flags[flag]}")


def script(program: str, words: list[str]) -> None:
    path = ROOT / program
    require(path.is_file() and os.access(path, os.X_OK), f"{program} is no program")
    if program == ".ci/test":
        steps = set(re.findall(r"^ *step (\w+) \w+", path.read_text("utf-8"), re.MULTILINE))
        for step in words:
            require(step in steps, f".ci/test has no step {step}")


def looked_up(command: str) -> bool:
    """Checks a command that builds or tests the project. Returns whether it is one."""
    words = [word for word in shlex.split(command, comments=True) if word != "sudo"]
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words.pop(0)
    if not words:
        return False
    program, *arguments = words
    if program == "make":
        make(arguments)
    elif program == "cargo":
        cargo(arguments)
    elif program.startswith((".ci/", "packaging/", "bindings/", "examples/", "./test.sh")):
        script(program, arguments)
    else:
        return False
    return True


#: Programs that may run in the scratch folder. Others could change this machine, a registry or a
#: cluster: `kubectl` reads the configuration of the user who runs the tests.
SCRATCH = {"zfssa", "zfssa-appliance", "cc", "c++", "go", "curl", "qemu-img", "qemu-io"}
SCRATCH |= {"iscsi-ls", "iscsi-inq", "cat", "echo", "cd", "export"}


def may_run(command: str) -> bool:
    words = shlex.split(re.sub(r"\$\([^)]*\)", "OUTPUT", command), comments=True)
    while words and re.match(r"[A-Za-z_]+=", words[0]):
        words.pop(0)
    return not words or words[0] in SCRATCH


def set_up(snippet: Snippet, bench: Bench) -> None:
    """Writes the files that a reader of the page has already."""
    if "program.c" in snippet.text:
        source = (ROOT / "packaging/test/installed.c").read_text("utf-8")
        (bench.folder / "program.c").write_text(source, "utf-8")
    if "go " in snippet.text:
        text = (AROUND / "program.go").read_text("utf-8").replace("SNIPPET\n", "")
        bench.program_of_go(text)
        if "go mod edit" in snippet.text:
            (bench.folder / "go.mod").write_text("module page\n\ngo 1.24\n", "utf-8")


def commands(snippet: Snippet) -> list[tuple[int, str]]:
    """Returns each command with the line of its first word; one that a backslash continues is one."""
    found: list[tuple[int, str]] = []
    continued = False
    for number, line in enumerate(snippet.text.split("\n"), snippet.line):
        if continued:
            at, begun = found[-1]
            found[-1] = (at, f"{begun}\n{line}")
        elif snippet.language == "sh":
            found.append((number, line))
        elif line.startswith("$ "):
            found.append((number, line[2:]))
        else:
            continue
        continued = line.endswith("\\")
    return [(at, command) for at, command in found if command.strip()]


def run(snippet: Snippet, bench: Bench) -> str:
    """Runs the commands of a block in one shell, each at the number of its line on the page."""
    lines: list[str] = []
    executed = False
    every = commands(snippet)
    require(bool(every), "has no command")
    for number, command in every:
        try:
            if looked_up(command):
                continue
        except Failed as failure:
            raise Failed(f"line {number}: {failure}") from None
        placed = bench.placed(command)
        require(may_run(placed), f"line {number}: {command} runs nowhere: add a note")
        executed = True
        lines += [""] * (number - 1 - len(lines))
        lines += placed.split("\n")
    if not executed:
        return "looked up"
    set_up(snippet, bench)
    page = bench.folder / "page.sh"
    page.write_text("\n".join(lines) + "\n", "utf-8")
    return bench.execute(["bash", AROUND / "commands.sh", page, snippet.page])
