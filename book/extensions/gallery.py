"""All figures of the book on one page, by the figures of the papers that they follow."""

import re
from collections.abc import Iterator
from html import escape

from docutils import nodes
from sphinx.application import Sphinx

GALLERY = "book/gallery"
MARK = "<!-- gallery -->"
PAPERS = {
    "boutin2022": "Diversity vs. Recognizability",
    "boutin2023": "Diffusion Models as Artists",
    "boutin2024": "Latent Representation Matters",
    "": "This book's own",
}
STILL = re.compile(r'class="oneshot-still".*?<img[^>]* src="(data:image/[^"]+)"', re.S)


def figures(app: Sphinx) -> Iterator[tuple[str, tuple, nodes.figure]]:
    """Yield the page, the number and the node of each figure of a notebook, in reading order."""
    found = []
    for page, kinds in app.env.toc_fignumbers.items():
        numbers = kinds.get("figure", {})
        for figure in app.env.get_doctree(page).findall(nodes.figure):
            if "paper" in figure and (number := numbers.get(figure["ids"][0])):
                found.append((page, number, figure))
    yield from sorted(found, key=lambda one: one[1])


def followed(figure: nodes.figure) -> tuple[str, str]:
    """Return the key of the paper that a figure follows, and which figure of it, "" for none."""
    paper, _, which = figure["paper"].partition(", ")
    return paper, which


def thumbnail(figure: nodes.figure) -> nodes.Node:
    """Return the first picture of a figure, or of its slider, or a word where there is none."""
    for image in figure.findall(nodes.image):
        small = image.deepcopy()
        small["loading"] = "lazy"
        return small
    for raw in figure.findall(nodes.raw):
        if found := STILL.search(raw.astext()):
            alt = escape(figure[-1].astext().split(". ")[0])
            return nodes.raw(
                "", f'<img loading="lazy" alt="{alt}" src="{found[1]}">', format="html"
            )
    return nodes.raw("", '<span class="live">live in the page</span>', format="html")


def card(app: Sphinx, page: str, number: tuple, figure: nodes.figure) -> nodes.container:
    """Return a link to a figure, with its picture and the first sentence of its caption."""
    address = f"{app.builder.get_relative_uri(GALLERY, page)}#{figure['ids'][0]}"
    first = figure[-1].astext().split(". ")[0].rstrip(".")
    words = f"{app.config.numfig_format['figure'] % '.'.join(map(str, number))}. {first}."
    told = nodes.paragraph("", "", nodes.reference("", words, refuri=address, internal=True))
    told += nodes.Text(f" {app.env.titles[page].astext()}")
    return nodes.container("", thumbnail(figure), told, classes=["card-of-figure"])


def expand(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Replace the mark by a section for each paper and in it a shelf for each of its figures."""
    if page != GALLERY:
        return
    for mark in [raw for raw in doctree.findall(nodes.raw) if MARK in raw.astext()]:
        shelves: dict[tuple[str, str], list] = {}
        for one in figures(app):
            shelves.setdefault(followed(one[2]), []).append(one)
        made: list[nodes.Node] = []
        for paper, title in PAPERS.items():
            mine = {which: group for (of, which), group in shelves.items() if of == paper}
            if mine:
                made.append(nodes.raw("", f"<h2>{escape(title)}</h2>", format="html"))
            for which, group in sorted(mine.items()):
                if which:
                    head = f"<h3>{escape(which.capitalize())}</h3>"
                    made.append(nodes.raw("", head, format="html"))
                cards = [card(app, *one) for one in group]
                made.append(nodes.container("", *cards, classes=["gallery"]))
        mark.parent.replace(mark, made)


def again(app: Sphinx, env: object) -> list[str]:
    """Write the gallery anew whenever any page was read."""
    return [GALLERY] if GALLERY in env.found_docs else []


def setup(app: Sphinx) -> dict:
    """Connect both."""
    app.connect("env-updated", again)
    app.connect("doctree-resolved", expand)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
