#!/usr/bin/env python3
"""Collects the pages of the book for mdBook: those that SUMMARY.md names, from their places.

    collect.py FOLDER

No page is in Git twice. A README becomes the index of its folder. A link to another page of the
book stays, with the name that the page has there; so does one to an image, which is copied; a link
to the header goes to its reference; a link to another file of the repository goes to the repository. A link to nothing is an error.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path, PurePosixPath

import tomllib

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)\s#]+)(#[^)\s]*)?(?=\))")
HEADER = "include/zfssa.h"


def normal(path: str) -> str:
    return os.path.normpath(path)


def name_in_book(page: str) -> str:
    """Returns the path of a page in the book. mdBook makes a file of the same stem of it."""
    if page == "README.md":
        return "index.md"
    return str(PurePosixPath(page).with_name("index.md")) if page.endswith("/README.md") else page


def known_files() -> set[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return set(listed.stdout.split("\n"))


class Book:
    def __init__(self) -> None:
        settings = tomllib.loads((HERE / "book.toml").read_text("utf-8"))
        self.repository: str = settings["output"]["html"]["git-repository-url"]
        self.summary = (HERE / "SUMMARY.md").read_text("utf-8")
        here = str(HERE.relative_to(ROOT))
        self.pages = [normal(f"{here}/{link}") for link, _ in LINK.findall(self.summary)]
        self.files = known_files()
        self.images: set[str] = set()
        self.wrong: list[str] = []

    def linked(self, page: str, link: str, anchor: str) -> str:
        """Returns a link of a page as it is in the book."""
        target = normal(f"{PurePosixPath(page).parent}/{link}")
        folder = f"{target}/README.md"
        page_there = target if target in self.pages else folder if folder in self.pages else None
        beginning = os.path.relpath(".", PurePosixPath(name_in_book(page)).parent)
        if page_there:
            return normal(f"{beginning}/{name_in_book(page_there)}") + anchor
        if target == HEADER:
            return normal(f"{beginning}/header/index.html")
        if target in self.files and target.endswith(".svg"):
            self.images.add(target)
            return normal(f"{beginning}/{target}")
        if target in self.files:
            return f"{self.repository}/blob/main/{target}{anchor}"
        if any(file.startswith(f"{target}/") for file in self.files):
            return f"{self.repository}/tree/main/{target}{anchor}"
        self.wrong.append(f"{page}: the link {link} leads nowhere")
        return link

    def text(self, page: str) -> str:
        source = (ROOT / page).read_text("utf-8")
        return LINK.sub(lambda link: self.linked(page, link[1], link[2] or ""), source)

    def write(self, folder: Path) -> None:
        here = str(HERE.relative_to(ROOT))
        summary = LINK.sub(lambda link: name_in_book(normal(f"{here}/{link[1]}")), self.summary)
        missing = [page for page in self.files if page.endswith(".md") and page not in self.pages]
        missing.remove(f"{here}/SUMMARY.md")
        self.wrong += [f"{page}: SUMMARY.md does not name it" for page in missing]
        texts = {"SUMMARY.md": summary}
        for page in self.pages:
            texts[name_in_book(page)] = self.text(page)
        if self.wrong:
            raise SystemExit("\n".join(self.wrong))
        for name, text in texts.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        for image in self.images:
            (folder / image).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / image, folder / image)


if __name__ == "__main__":
    Book().write(Path(sys.argv[1]))
