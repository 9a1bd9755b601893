"""What a published site has besides its pages: a map for crawlers, a feed of changes, previews.

All three name full addresses, so they are made only when the address of the site is known: the
environment variable ONESHOT_SITE, which `make site URL=...` sets.
"""

import os
import re
from html import escape
from pathlib import Path

from sphinx.application import Sphinx

RELEASE = re.compile(r"^## (?P<name>.+?)(?: [-–] (?P<date>\d{4}-\d{2}-\d{2}))?$", re.M)
PICTURE = "_static/one-shot.png"


def address() -> str | None:
    """Return the address of the site without a slash at its end, None where it is not known."""
    return os.environ.get("ONESHOT_SITE", "").rstrip("/") or None


def preview(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Tell other sites what to show of a page that somebody shares."""
    site = address()
    if site is None or doctree is None:
        return
    told = {
        "og:title": re.sub("<[^>]+>", "", context.get("title", "")),
        "og:description": first_words(doctree),
        "og:image": f"{site}/{PICTURE}",
        "og:url": f"{site}/{page}.html",
        "og:type": "article",
    }
    tags = [f'<meta property="{name}" content="{escape(text)}">' for name, text in told.items()]
    tags.append(f'<link rel="alternate" type="application/atom+xml" href="{site}/feed.xml">')
    context["metatags"] = context.get("metatags", "") + "\n".join(tags)


def first_words(doctree, longest: int = 200) -> str:
    """Return the first paragraph of a page, cut at a word."""
    from docutils import nodes

    for paragraph in doctree.findall(nodes.paragraph):
        text = " ".join(re.sub("<[^>]+>", "", paragraph.astext()).split())
        if len(text) > longest:
            text = text[:longest].rsplit(" ", 1)[0] + "…"
        return text
    return ""


def sitemap(site: str, pages: list[str]) -> str:
    """Return a map of the site in the form of sitemaps.org."""
    places = "".join(f"<url><loc>{escape(f'{site}/{page}.html')}</loc></url>\n" for page in pages)
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{space}">\n{places}</urlset>\n'


def feed(site: str, changes: str) -> str:
    """Return the releases of a change log as an Atom feed, newest first."""
    releases = list(RELEASE.finditer(changes))
    ends = [*(release.start() for release in releases[1:]), len(changes)]
    dated = [(r, end) for r, end in zip(releases, ends, strict=True) if r["date"]]
    entries = "".join(
        f"<entry><title>{escape(r['name'])}</title><id>{site}/#{escape(r['name'])}</id>"
        f'<updated>{r["date"]}T00:00:00Z</updated><link href="{site}/"/>'
        f"<content>{escape(changes[r.end() : end].strip())}</content></entry>\n"
        for r, end in dated
    )
    latest = max((r["date"] for r, _ in dated), default="1970-01-01")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
        f"<title>One-shot drawing</title><id>{site}/</id><updated>{latest}T00:00:00Z</updated>"
        f"<author><name>the oneshot authors</name></author>"
        f'<link href="{site}/feed.xml" rel="self"/>\n{entries}</feed>\n'
    )


def write(app: Sphinx, error: Exception | None) -> None:
    """Write the map and, where there is a change log, the feed."""
    site = address()
    if error is not None or site is None:
        return
    out = Path(app.outdir)
    pages = sorted(app.env.found_docs)
    (out / "sitemap.xml").write_text(sitemap(site, pages), encoding="utf-8")
    (out / "robots.txt").write_text(f"Sitemap: {site}/sitemap.xml\n", encoding="utf-8")
    changes = Path(app.srcdir) / "CHANGELOG.md"
    if changes.exists():
        (out / "feed.xml").write_text(feed(site, changes.read_text()), encoding="utf-8")


def setup(app: Sphinx) -> dict:
    """Connect both; a page shared before its address was known has no preview."""
    app.connect("html-page-context", preview)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
