"""Marks each term of the glossary where a page first uses it, with its definition beside it.

`reading.js` shows the definition on hover and on focus; without scripts, the link leads to it.
"""

import re
from collections.abc import Iterator
from html import escape

from docutils import nodes
from sphinx.application import Sphinx

GLOSSARY = "book/glossary"
LISTS = ("book/bibliography", "book/gallery")
"""Pages of titles and captions, which hold no prose."""
# Words that already lead somewhere, or that are not prose.
ELSEWHERE = (
    nodes.reference,
    nodes.title,
    nodes.literal,
    nodes.literal_block,
    nodes.raw,
    nodes.math,
)
ELSEWHERE = (*ELSEWHERE, nodes.math_block, nodes.caption, nodes.term, nodes.table)


def definitions(glossary: nodes.document) -> dict[str, tuple[str, str]]:
    """Return of each term of a glossary the identifier of its place and its definition."""
    found = {}
    for item in glossary.findall(nodes.definition_list_item):
        text = " ".join(item[-1].astext().split())
        for term in item.findall(nodes.term):
            found[term.astext().split("\n")[0]] = (term["ids"][0], text)
    return found


def pattern(term: str) -> re.Pattern:
    """Return what finds a term in prose, in the singular or the plural."""
    stem, ending = (term[:-1], "(?:y|ies)") if term.endswith("y") else (term.rstrip("s"), "s?")
    return re.compile(rf"(?<![\w-]){re.escape(stem)}{ending}(?![\w-])", re.IGNORECASE)


def first_uses(
    doctree: nodes.document, terms: dict[str, tuple[str, str]]
) -> Iterator[tuple[nodes.Text, re.Match, str]]:
    """Yield the text, the place in it and the name of each term where a page first uses it.

    Longer terms come first, so that "prototype loss" is not taken for a "prototype"; one text holds
    one term at most, which keeps a paragraph readable.
    """
    taken = set()
    for term in sorted(terms, key=len, reverse=True):
        for text in doctree.findall(nodes.Text):
            if text in taken or _elsewhere(text):
                continue
            if match := pattern(term).search(text.astext()):
                taken.add(text)
                yield text, match, term
                break


def _elsewhere(node: nodes.Node) -> bool:
    while node is not None:
        if isinstance(node, ELSEWHERE):
            return True
        node = node.parent
    return False


def mark(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Turn the first use of each term on a page into a link to its definition."""
    if page in (GLOSSARY, *LISTS) or GLOSSARY not in app.env.found_docs:
        return
    if app.builder.format != "html":
        return
    terms = definitions(app.env.get_doctree(GLOSSARY))
    address = app.builder.get_relative_uri(page, GLOSSARY)
    for text, match, term in list(first_uses(doctree, terms)):
        place, definition = terms[term]
        link = (
            f'<a class="term" href="{address}#{place}" data-tip="{escape(definition)}">'
            f"{escape(match[0])}</a>"
        )
        whole = text.astext()
        pieces = [nodes.Text(whole[: match.start()]), nodes.raw("", link, format="html")]
        pieces.append(nodes.Text(whole[match.end() :]))
        text.parent.replace(text, pieces)


def setup(app: Sphinx) -> dict:
    """Connect before the page is written."""
    app.connect("doctree-resolved", mark)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
