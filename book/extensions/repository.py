"""What is offered when the address of the repository is known: commits, and places to run pages.

The address is the environment variable ONESHOT_REPOSITORY, which `make site REPOSITORY=...` sets.
Where it is not known nothing is offered, and no address is guessed.
"""

import os
import re
from urllib.parse import quote

from docutils import nodes
from sphinx.application import Sphinx

BIBLIOGRAPHY = "book/bibliography"
COMMIT = re.compile(r"\(commit ((?:\S+-g)?([0-9a-f]{7,40})(?:-dirty)?)\)")


def address() -> str | None:
    """Return the address of the repository without a slash at its end, None where not known."""
    return os.environ.get("ONESHOT_REPOSITORY", "").rstrip("/") or None


def foot(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Link the commit that made a page, and how to cite it, in the line at its foot."""
    for line in [raw for raw in doctree.findall(nodes.raw) if 'class="provenance"' in raw.astext()]:
        text = line.astext()
        if repository := address():
            linked = rf'(commit <a href="{repository}/commit/\2">\1</a>)'
            text = COMMIT.sub(linked, text)
        if BIBLIOGRAPHY in app.env.found_docs and app.builder.format == "html":
            cite = f"{app.builder.get_relative_uri(page, BIBLIOGRAPHY)}#cite-this-book"
            text = text.replace("</p>", f' <a href="{cite}">Cite this book</a></p>')
        line.parent.replace(line, nodes.raw("", text, format="html"))


def places(repository: str, page: str) -> list[tuple[str, str]]:
    """Return names and addresses of where a notebook of a repository can be run.

    Colab opens a copy on the branch `launch` that begins with the installation (`oneshot.launch`).
    """
    host, _, name = repository.partition("://")[2].partition("/")
    source = f"gh/{name}" if host == "github.com" else f"git/{quote(repository, safe='')}"
    found = [("Binder", f"https://mybinder.org/v2/{source}/HEAD?urlpath=lab/tree/{page}")]
    if host == "github.com":
        colab = f"https://colab.research.google.com/github/{name}/blob/launch/{page}"
        found.append(("Colab", colab))
    return found


def launch(app: Sphinx, page: str, template: str, context: dict, doctree: object) -> None:
    """Give notebooks a menu of places to run them."""
    source = f"{page}.ipynb"
    if (repository := address()) is None or not page.startswith("notebooks/") or doctree is None:
        return
    buttons = [
        {"type": "link", "text": name, "tooltip": f"Run this page on {name}", "url": url}
        for name, url in places(repository, source)
    ]
    group = {"type": "group", "tooltip": "Run this page", "icon": "fas fa-rocket"}
    context["header_buttons"].append(group | {"buttons": buttons, "label": "launch-buttons"})


def setup(app: Sphinx) -> dict:
    """Connect after the theme, whose buttons are there by then."""
    app.connect("doctree-resolved", foot)
    app.connect("html-page-context", launch, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
