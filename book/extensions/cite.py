"""How to cite the book and the papers, from `CITATION.cff` and the bibliography, to copy."""

import os
import re
from pathlib import Path

import yaml
from sphinx.application import Sphinx

MARK = "<!-- cite -->"
PAPERS = ("boutin2022", "boutin2023", "boutin2024")


def software(citation: dict, address: str | None) -> str:
    """Return the BibTeX entry of a project by its `CITATION.cff`, and its address if known."""
    names = [
        one["name"] if "name" in one else f"{one['family-names']}, {one['given-names']}"
        for one in citation["authors"]
    ]
    told = {
        "author": " and ".join(f"{{{name}}}" for name in names),
        "title": f"{{{citation['title']}}}",
        "year": str(citation.get("date-released", ""))[:4],
        "version": citation.get("version", ""),
        "doi": citation.get("doi", ""),
        "url": citation.get("url", address or ""),
    }
    lines = "".join(f"  {name:7} = {{{text}}},\n" for name, text in told.items() if text)
    key = citation["title"].partition(":")[0]
    return f"@software{{{key},\n{lines}}}"


def entry(bibliography: str, key: str) -> str:
    """Return an entry of a BibTeX file as it stands there."""
    return re.search(rf"^@\w+{{{key},\n.*?^}}", bibliography, re.M | re.S)[0]


def expand(app: Sphinx, page: str, source: list[str]) -> None:
    """Replace the mark by a block of BibTeX, which the theme gives a button to copy it."""
    file = Path(app.srcdir) / "CITATION.cff"
    if MARK not in source[0] or not file.exists():
        return
    address = os.environ.get("ONESHOT_REPOSITORY") or os.environ.get("ONESHOT_SITE")
    papers = (Path(app.srcdir) / "book" / "references.bib").read_text(encoding="utf-8")
    entries = [software(yaml.safe_load(file.read_text(encoding="utf-8")), address)]
    entries += [entry(papers, key) for key in PAPERS]
    block = "\n\n".join(entries)
    source[0] = source[0].replace(MARK, f"```bibtex\n{block}\n```")


def setup(app: Sphinx) -> dict:
    """Connect before the page is read."""
    app.connect("source-read", expand)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
