"""Keeps the theme from loading what a static, offline book does not need."""

import re

from sphinx.application import Sphinx


def without_thebe(app, page, template, context, doctree) -> None:
    """Drop the scripts of sphinx-thebe: they come twice, throw, and ask a network for a kernel."""
    context["script_files"] = [
        script
        for script in context.get("script_files", [])
        if "thebe" not in str(getattr(script, "filename", script))
        and not re.search("thebe", str(getattr(script, "attributes", {}).get("body", "")))
    ]


def setup(app: Sphinx) -> dict:
    """Connect after the extensions that add what is taken away here."""
    app.connect("html-page-context", without_thebe, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
