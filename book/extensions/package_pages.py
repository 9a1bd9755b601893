"""The API page: every public module, from docstrings that are plain text.

Docstrings of the package are written to be read in a terminal. Here their backticks become code,
their indented lines literal blocks, and all else is taken literally, so that no asterisk or
underscore in prose can break the page.
"""

import importlib
import pkgutil
import re
from collections.abc import Iterator

from sphinx.application import Sphinx

MARK = re.compile(r"^<!-- modules: ([\w. ]+) -->$", re.MULTILINE)
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


def expand(app: Sphinx, docname: str, source: list[str]) -> None:
    """Replace `<!-- modules: a b -->` by a section for each module of a and b."""

    def sections(match: re.Match) -> str:
        names = [name for prefix in match[1].split() for name in modules(prefix)]
        return "\n".join(
            f"### {name}\n\n```{{eval-rst}}\n.. automodule:: {name}\n```\n" for name in names
        )

    source[0] = MARK.sub(sections, source[0])


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
