"""Makes the theme's pages light: what can wait is fetched after the text, what is not needed never.

The theme is written for pages that are online. A page of this book may be on a slow line or opened
from disk, and its widgets bring megabytes of pictures, so the text comes first.
"""

import re
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

STATE = re.compile(
    r'<script type="application/vnd\.jupyter\.widget-state\+json">.*?</script>\s*', re.S
)
ICONS = re.compile(r'<script defer(?:="")? src="[^"]*scripts/fontawesome\.js[^"]*"></script>\s*')
# A label that hides what the button says, and a list whose items are not said to be any.
SEARCH = re.compile(r'(<button(?=[^>]*search-button-field)[^>]*?) aria-label="Search"')
LIST = '<div role="list" class="citation-list">'
LATER = re.compile(
    r'<script (?=[^>]*src="[^"]*(?:doctools|sphinx_highlight|clipboard\.min|copybutton|'
    r"sphinx-book-theme|togglebutton|design-tabs|searchtools|language_data|searchindex)\.js)"
    r"(?![^>]*defer)"
)


def without_thebe(app, page, template, context, doctree) -> None:
    """Drop the scripts of sphinx-thebe: they come twice, throw, and ask a network for a kernel."""
    context["script_files"] = [
        script
        for script in context.get("script_files", [])
        if "thebe" not in str(getattr(script, "filename", script))
        and not re.search("thebe", str(getattr(script, "attributes", {}).get("body", "")))
    ]


def light(html: str, scripts_wait: bool = True) -> str:
    """Return a page whose text does not wait for scripts or for the values of its widgets.

    Doing it twice changes nothing. The 1.5 MB of icons that the theme carries are not fetched:
    `icons.css` has the few that it shows. `scripts_wait` says that none is needed by the text.
    """
    html = SEARCH.sub(r"\1", ICONS.sub("", html)).replace(LIST, LIST.replace(' role="list"', ""))
    if scripts_wait:
        html = LATER.sub("<script defer ", html)
    states = STATE.findall(html)
    return STATE.sub("", html).replace("</body>", "".join(states).rstrip() + "\n</body>", 1)


def lighten(app: Sphinx, error: Exception | None) -> None:
    """Rewrite the built pages; on the search page, scripts in the text need the others."""
    if error is not None or app.builder.format != "html":
        return
    for path in Path(app.outdir).rglob("*.html"):
        before = path.read_text(encoding="utf-8")
        after = light(before, scripts_wait=path.name != "search.html")
        if after != before:
            path.write_text(after, encoding="utf-8")


def parameters_last(app: Sphinx, doctree: nodes.document) -> None:
    """Put the parameters of a page to its foot, beside the command that runs it with others."""
    cells = [c for c in doctree.findall(nodes.container) if "tag_parameters" in c["classes"]]
    feet = [r for r in doctree.findall(nodes.raw) if 'class="provenance"' in r.astext()]
    if not (cells and feet):
        return
    cell, foot = cells[0], feet[-1]
    cell.parent.remove(cell)
    command = escape(f"oneshot run {app.env.docname}.ipynb -p NAME=VALUE")
    opening = (
        '<details class="rerun"><summary>Run this page with other parameters</summary>'
        f"<p><code>{command}</code></p>"
    )
    place = foot.parent.index(foot)
    foot.parent[place:place] = [raw(opening), cell, raw("</details>")]


def own_scorer(app: Sphinx, config: object) -> None:
    """Let the search put pages before the API; Sphinx wants to know where that file really is."""
    config.html_search_scorer = str(Path(app.srcdir) / "book" / "assets" / "scorer.js")


def raw(html: str) -> nodes.raw:
    """Return a piece of HTML as a node."""
    return nodes.raw("", html, format="html")


def setup(app: Sphinx) -> dict:
    """Connect after the extensions that add what is taken away here."""
    app.connect("config-inited", own_scorer)
    app.connect("doctree-read", parameters_last)
    app.connect("html-page-context", without_thebe, priority=900)
    app.connect("build-finished", lighten)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
