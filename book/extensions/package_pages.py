"""The API pages: every public module, from docstrings that are plain text.

Docstrings of the package are written to be read in a terminal. Here their backticks become code,
their indented lines literal blocks, and all else is taken literally, so that no asterisk or
underscore in prose can break the page.
"""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

from sphinx.application import Sphinx

MARK = re.compile(r"^<!-- modules: ([\w. ]+) -->$", re.MULTILINE)
REST = "rest"
CODE = re.compile(r"(``?)(.+?)\1", re.DOTALL)
SPECIAL = re.compile(r"([\\*|_`<>])")
BULLET = re.compile(r"(?=^[*-] )", re.MULTILINE)


def modules(name: str) -> Iterator[str]:
    """Yield a module and, if it is a package, the public modules in it."""
    module = importlib.import_module(name)
    if module.__doc__:
        yield name
    for child in pkgutil.iter_modules(getattr(module, "__path__", [])):
        if not child.name.startswith("_"):
            yield from modules(f"{name}.{child.name}")


def listed(text: str) -> dict[str, list[str]]:
    """Return the modules that each mark of the pages stands for; `rest` is what no other names.

    What follows a mark is a list of modules and packages, or the word `rest`.
    """
    marks = [match[1] for match in MARK.finditer(text)]
    named = [(mark, name) for mark in marks if mark != REST for name in mark.split()]
    found: dict[str, list[str]] = {mark: [] for mark in marks}
    for mark, name in named:
        found[mark] += modules(name)
    seen = {"oneshot", *(name for names in found.values() for name in names)}
    if REST in found:
        found[REST] = [name for name in modules("oneshot") if name not in seen]
    return found


def expand(app: Sphinx, docname: str, source: list[str]) -> None:
    """Replace each `<!-- modules: ... -->` by a section for each of its modules."""
    if not MARK.search(source[0]):
        return
    pages = Path(app.srcdir, "book").glob("api*.md")
    found = listed("\n".join(page.read_text(encoding="utf-8") for page in pages))
    section = "### {0}\n\n```{{eval-rst}}\n.. automodule:: {0}\n```\n"
    source[0] = MARK.sub(lambda m: "\n".join(map(section.format, found[m[1]])), source[0])


def plain(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]):
    """Rewrite a docstring, line by line in place, as reStructuredText that means what it shows."""
    blocks = re.split(r"\n\s*\n", "\n".join(lines).strip("\n"))
    lines[:] = "\n\n".join(_block(block) for block in blocks).splitlines()


def _block(block: str) -> str:
    if block.startswith("    "):
        return f"::\n\n{block}"
    items = BULLET.split(block)
    return "\n\n".join(_prose(item) for item in items if item.strip())


def _prose(text: str) -> str:
    bullet = "* " if BULLET.match(text) else ""
    text = " ".join(text.removeprefix("* ").removeprefix("- ").split())
    found, end = [], 0
    for code in CODE.finditer(text):
        found += [SPECIAL.sub(r"\\\1", text[end : code.start()]), f"``{code[2]}``\\ "]
        end = code.end()
    found.append(SPECIAL.sub(r"\\\1", text[end:]))
    # The escaped space lets a literal touch the letter that follows, as in `x`s.
    return bullet + "".join(found).replace("\\  ", " ").removesuffix("\\ ")


def setup(app: Sphinx) -> dict:
    """Connect both rewritings."""
    app.connect("source-read", expand)
    app.connect("autodoc-process-docstring", plain)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
