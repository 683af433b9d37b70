#!/usr/bin/env python3
"""Compiles and runs every code block of the documentation against the simulated appliance.

    tests/snippets/run.sh                   every block of every page
    tests/snippets/run.sh README.md docs    those of these pages, or of the pages in a folder
    tests/snippets/run.sh --write FOLDER PAGE LANGUAGE
                                            only writes the blocks, for a check that runs them

Fails with the page and the line of each block that does not do what its page says.
"""

from __future__ import annotations

import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pages import DRAWINGS, ROOT, Failed, Snippet, pages, snippets

KNOWN_NOTES = (
    "prints",
    "leaves",
    "with an attached LUN by",
    "twice",
    "same as",
    "run by",
    "not run:",
)


def elsewhere(snippet: Snippet, every: list[Snippet]) -> str | None:
    """Returns how a block counts that is not run here, after a check of its note."""
    for note in snippet.notes:
        if not note.startswith(KNOWN_NOTES):
            raise Failed(f"{snippet.place}: this note is not known: {note}")
    reason = snippet.note("not run:")
    if reason is not None:
        if len(reason) < 10:
            raise Failed(f"{snippet.place}: the note has no reason")
        return "not run"
    runner = snippet.note("run by")
    if runner is not None:
        path = ROOT / runner
        if not path.is_file() or Path(snippet.page).name not in path.read_text("utf-8"):
            raise Failed(f"{snippet.place}: {runner} does not exist or does not name the page")
        return "run by another test"
    twin = snippet.note("same as")
    if twin is not None:
        same = [at for at in every if at.page == twin and at.text == snippet.text]
        if not same or same[0].note("same as") is not None:
            raise Failed(f"{snippet.place}: {twin} has no such block: copy it, or drop the note")
        return "the same elsewhere"
    return None


def run(snippet: Snippet) -> str | None:
    """Runs a block. Returns the failure, or None."""
    import languages

    try:
        languages.run(snippet)
    except Failed as failure:
        return f"{snippet.place}: {snippet.language}: {failure}"
    except Exception as surprise:
        return f"{snippet.place}: {snippet.language}: {surprise!r}"
    return None


def write(folder: str, page: str, language: str) -> None:
    """Writes the blocks of one language of a page to files that have the line as their name."""
    chosen = [at for at in snippets(page) if at.language == language]
    if not chosen:
        raise SystemExit(f"{page} has no block of {language}")
    for snippet in chosen:
        path = Path(folder) / f"{snippet.line}.{language}"
        path.write_text(snippet.text, "utf-8")
        print(path)


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--write"]:
        write(*arguments[1:])
        return 0
    # Not above, since --write needs neither the library nor the simulator.
    import languages

    failures: list[str] = []
    counts: Counter[str] = Counter()
    every: list[Snippet] = []
    for page in pages():
        try:
            every += snippets(page)
        except Failed as failure:
            failures.append(str(failure))
    to_run: list[Snippet] = []
    for snippet in every:
        chosen = [at for at in arguments if Path(snippet.page).is_relative_to(at)]
        if (arguments and not chosen) or snippet.language in DRAWINGS:
            continue
        try:
            count = elsewhere(snippet, every)
        except Failed as failure:
            failures.append(str(failure))
            continue
        if count is not None:
            counts[count] += 1
        elif snippet.language not in languages.RUNNERS:
            failures.append(f"{snippet.place}: no runner for {snippet.language}")
        else:
            to_run.append(snippet)
    with ThreadPoolExecutor(2) as threads:
        for snippet, failure in zip(to_run, threads.map(run, to_run), strict=True):
            if failure is None:
                counts["run"] += 1
                print(f"ok {snippet.place} {snippet.language}")
            else:
                failures.append(failure)
    for failure in failures:
        print(f"not ok {failure}")
    print(f"{counts['run']} passed, {len(failures)} failed")
    others = [f"{count} {what}" for what, count in sorted(counts.items()) if what != "run"]
    print(f"blocks that run elsewhere or not: {', '.join(others) or 'none'}")
    return 1 if failures or not counts else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
