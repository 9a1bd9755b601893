"""The pad to draw on, on a page that is not a notebook: where a comment `sketchpad` stands."""

import json

from sphinx.application import Sphinx

MARK = "<!-- sketchpad -->"
NOTE = "A pad to draw on is here when JavaScript is on."


def expand(app: Sphinx, docname: str, source: list[str]) -> None:
    """Replace the mark by what a notebook with the pad would have: a view, and its values."""
    if MARK not in source[0]:
        return
    from oneshot.widgets.sketchpad import page

    kind = "application/vnd.jupyter.widget"
    # A browser ends a script at the first "</script", also within a text.
    values = json.dumps({"state": {"pad": page()}}).replace("</", "<\\/")
    view = json.dumps({"model_id": "pad"})
    html = (
        f"<noscript><p><em>{NOTE}</em></p></noscript>\n"
        f'<script type="{kind}-view+json">{view}</script>\n'
        f'<script type="{kind}-state+json">{values}</script>'
    )
    source[0] = source[0].replace(MARK, f"```{{raw}} html\n{html}\n```")
    app.env.oneshot_padded = getattr(app.env, "oneshot_padded", set()) | {docname}


def with_host(app: Sphinx, page: str, template: str, context: dict, doctree: object) -> None:
    """Give such a page the script that shows widgets, which notebooks bring along."""
    if page in getattr(app.env, "oneshot_padded", ()):
        app.add_js_file("widgets.js", defer="defer")


def setup(app: Sphinx) -> dict:
    """Connect both."""
    app.connect("source-read", expand)
    app.connect("html-page-context", with_host)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
