"""How a code block of each language is compiled and run.

A block that is no whole program is put into one of the programs in `around`, at the line SNIPPET.
"""

from __future__ import annotations

import configparser
import functools
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import shell
import tomllib
import zfssa
from bench import Bench
from pages import ROOT, Failed, Snippet

AROUND = Path(__file__).parent / "around"
STRICT = ["-Wall", "-Wextra", "-Werror", f"-I{ROOT}/include", f"-I{ROOT}/examples/c", "-pthread"]


def whole(snippet: Snippet, bench: Bench, sign: str, around: str, position: str) -> str:
    """Returns a whole program. Errors of its compiler name the lines of the page.

    `sign` is in every whole program of the language, `around` is the file with the hidden set-up,
    and `position` the directive with {line} and {page}, or nothing if there is none.
    """
    here = position.format(line=snippet.line, page=snippet.page)
    text = f"{here}{bench.placed(snippet.text)}"
    if sign in snippet.text:
        return text
    frame = (AROUND / around).read_text("utf-8")
    before, mark, after = frame.partition("SNIPPET\n")
    if not mark:
        raise Failed(f"tests/snippets/around/{around} has no line SNIPPET")
    hidden = position.format(line=before.count("\n") + 2, page=f"tests/snippets/around/{around}")
    return f"{before}{text}{hidden}{after}"


def c_family(compiler: str, standard: str, suffix: str) -> Callable[[Snippet, Bench], str]:
    def run(snippet: Snippet, bench: Bench) -> str:
        source, program = bench.folder / f"page.{suffix}", bench.folder / "page"
        directive = '#line {line} "{page}"\n'
        source.write_text(
            whole(snippet, bench, "int main(", f"program.{suffix}", directive), "utf-8"
        )
        link = [f"-L{Path(os.environ['ZFSSA_LIBRARY']).parent}", "-lzfssa"]
        bench.execute([compiler, f"-std={standard}", *STRICT, source, "-o", program, *link])
        return bench.execute([program, "backend.toml"])

    return run


def go(snippet: Snippet, bench: Bench) -> str:
    bench.program_of_go(
        whole(snippet, bench, "package main", "program.go", "//line {page}:{line}\n")
    )
    program = bench.folder / "page"
    bench.execute(["go", "build", "-o", program, "."])
    return bench.execute([program, "backend.toml"])


def python(snippet: Snippet, bench: Bench) -> str:
    source = bench.folder / "page.py"
    source.write_text("\n" * (snippet.line - 1) + bench.placed(snippet.text), "utf-8")
    command = [sys.executable, "-Werror", AROUND / "program.py", source, snippet.page]
    output = bench.execute(command, without_errors=True)
    if not output and "print" in snippet.text:
        raise Failed("prints nothing")
    return output


@functools.cache
def crates() -> dict[str, str]:
    """Returns the paths of the crates that cargo built, from its messages in build/snippets."""
    found = {}
    for line in (ROOT / "build/snippets/artifacts.json").read_text("utf-8").split("\n"):
        message = json.loads(line) if line else {}
        for path in message.get("filenames", ()):
            if path.endswith(".rlib"):
                found[message["target"]["name"]] = path
    return found


def rust(snippet: Snippet, bench: Bench) -> str:
    # rustc has no directive for the place of a line, so line 1 of the block gets its number.
    source, program = bench.folder / "page.rs", bench.folder / "page"
    text = whole(snippet, bench, "fn main(", "program.rs", "")
    source.write_text(text, "utf-8")
    target = Path(os.environ["ZFSSA_LIBRARY"]).parent
    externs = []
    for name in ("zfssa", "zfssa_appliance", "tokio"):
        externs += ["--extern", f"{name}={crates()[name]}"]
    compiler = ["rustc", "--edition=2024", "-Dwarnings", f"-Ldependency={target}/deps"]
    try:
        bench.execute([*compiler, *externs, source, "-o", program])
    except Failed as failure:
        before = text[: text.index(bench.placed(snippet.text))].count("\n")
        raise Failed(
            f"line {before + 1} of page.rs is line {snippet.line} of the page\n{failure}"
        ) from None
    return bench.execute([program])


def toml(snippet: Snippet, _: Bench) -> str:
    tables = tomllib.loads(snippet.text)
    nested = all(isinstance(value, dict) for value in tables.values())
    for section in list(tables) if nested else [None]:
        zfssa.Config.from_toml_text(snippet.text, section).validate()
    return "valid"


def ini(snippet: Snippet, bench: Bench) -> str:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(snippet.text)
    path = bench.folder / "page.conf"
    path.write_text(snippet.text, "utf-8")
    for section in parser.sections():
        zfssa.Config.from_cinder_conf(path, section).validate()
    return "valid" if parser.sections() else ""


Runner = Callable[[Snippet, Bench], str]
RUNNERS: dict[str, Runner] = {
    "c": c_family("cc", "c11", "c"),
    "cpp": c_family("c++", "c++17", "cpp"),
    "go": go,
    "python": python,
    "rust": rust,
    "toml": toml,
    "ini": ini,
    "sh": shell.run,
    "console": shell.run,
}


def run(snippet: Snippet) -> None:
    """Runs a block as its notes say. Raises Failed."""
    runner = RUNNERS[snippet.language]
    with Bench(snippet.note("with an attached LUN by")) as bench:
        try:
            printed = runner(snippet, bench)
            if snippet.note("twice") is not None and runner(snippet, bench) != printed:
                raise Failed("prints something else when it runs again")
        except zfssa.Error as error:
            causes = "".join(f"\n{cause}" for cause in getattr(error, "causes", ()))
            raise Failed(f"{error.message}{causes}") from None
        wanted = snippet.note("prints")
        if wanted is not None and wanted not in printed:
            raise Failed(f"does not print {wanted!r}\n{printed}")
        left = snippet.note("leaves")
        wanted_volumes = [] if left == "no volume" else (left or "").split()
        if left is not None and bench.volumes() != wanted_volumes:
            raise Failed(f"leaves the volumes {bench.volumes()}")
