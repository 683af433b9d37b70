"""Code blocks of the documentation, and the notes that say how they are run.

A note is an HTML comment above a block, which a reader of the page does not see:

    <!-- snippet: prints 10 GiB -->            the output contains the text
    <!-- snippet: leaves volume-1 -->          the project has these volumes afterwards
    <!-- snippet: leaves no volume -->         the same, without any
    <!-- snippet: with an attached LUN by CHAP -->    or by iSCSI, without CHAP
    <!-- snippet: twice -->                    runs again, and prints the same
    <!-- snippet: same as PAGE -->             PAGE has the same block, and runs it
    <!-- snippet: run by FILE -->              a test or a check runs it, which names the page
    <!-- snippet: not run: REASON -->          nothing can run it here
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: Languages of blocks that are no program: drawings.
DRAWINGS = {"", "text"}
FENCE = re.compile(r"^( *)```(.*)$")
NOTE = re.compile(r"^<!-- snippet: (.*) -->$")
COMMENT = re.compile(r"^<!--.*-->$")


@dataclass(frozen=True)
class Snippet:
    """A code block: its page, the line of its first line, and its text."""

    page: str
    line: int
    language: str
    text: str
    notes: tuple[str, ...]

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"

    def note(self, beginning: str) -> str | None:
        """Returns the rest of the note that begins with these words."""
        for note in self.notes:
            if note == beginning or note.startswith(beginning + " "):
                return note[len(beginning) :].strip()
        return None


class Failed(Exception):
    """A snippet that does not do what its page says."""


def pages() -> list[str]:
    """Returns the paths of the pages, which are the Markdown files that Git knows or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return sorted(page for page in listed.stdout.split("\n") if page and (ROOT / page).exists())


def snippets(page: str, text: str | None = None) -> list[Snippet]:
    """Returns the code blocks of a page, without the indentation of a list."""
    lines = (text if text is not None else (ROOT / page).read_text("utf-8")).split("\n")
    found: list[Snippet] = []
    notes: list[str] = []
    begin, indent, language, used = None, "", "", []
    for number, line in enumerate(lines, 1):
        fence = FENCE.match(line)
        if begin is not None:
            if fence and not fence.group(2):
                inside = [at.removeprefix(indent) for at in lines[begin : number - 1]]
                block = "".join(f"{at}\n" for at in inside)
                found.append(Snippet(page, begin + 1, language, block, tuple(used)))
                begin = None
            continue
        if fence:
            begin, indent, language, used = number, fence.group(1), fence.group(2), notes
            notes = []
        elif noted := NOTE.match(line.strip()):
            notes.append(noted.group(1))
        elif line.strip() and not COMMENT.match(line.strip()) and notes:
            raise Failed(f"{page}:{number}: the note above belongs to no block: {notes[0]}")
    if begin is not None:
        raise Failed(f"{page}:{begin}: the block has no end")
    return found
