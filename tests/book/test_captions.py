"""Figures of notebooks: captions with numbers, alternative texts, data as files, the gallery."""

import csv
import json
import re

import nbformat
import pytest
from docutils import nodes
from small import ROOT
from test_book import extension


@pytest.fixture(scope="module")
def figures():
    return extension("figures")


@pytest.fixture(scope="module")
def page(small_book):
    return (small_book / "notebooks" / "small.html").read_text()


def captions(page: str) -> list[tuple[str, str]]:
    found = re.findall(r'caption-number">(.*?)</span><span class="caption-text">(.*?)<', page)
    return [(number.strip(), text.strip()) for number, text in found]


def test_pictures_and_widgets_of_a_cell_have_one_caption_with_a_number(page):
    assert captions(page) == [
        ("Fig. 1", "Bars of"),
        ("Fig. 2", "Who draws what, to be chosen."),
        ("Fig. 3", "How far."),
    ]
    assert page.count("oneshot-still") == 3, "two sliders of one cell share a caption"
    assert '<figure class="align-default" id="small-bars">' in page


def test_executing_a_page_keeps_the_captions(small_book):
    made = nbformat.read(small_book.parent / "executed" / "notebooks" / "small.ipynb", as_version=4)
    told = [cell.metadata.figure.name for cell in made.cells if "figure" in cell.metadata]
    assert told == ["bars", "explorer", "far"]


def test_the_data_of_a_figure_and_of_a_table_are_files_beside_the_page(small_book, page):
    links = re.findall(r'<a (?=[^>]*class="data")[^>]*href="(.*?)"[^>]*>(.*?)</a>', page)
    kinds = ["figure", "figure", "figure", "table", "figure"]
    told = [words for kind in kinds for words in (f"Data of the {kind} (CSV)", "JSON")]
    assert [words for _, words in links] == told
    files = [(small_book / "notebooks" / address).read_text() for address, _ in links]
    bars, _, explorer, table, figure = (list(csv.reader(text.splitlines())) for text in files[::2])
    assert bars[0] == ["guidance", "concept", "originality of the dot", *bars[0][3:]]
    assert bars[4][:3] == ["0.5", "b", "0.5"] and bars[4][-1] == "frame 3"
    assert explorer[0] == ["name", "diversity", "recognizability (%)", "beta"]
    named = ["human", "wide", "tall", "slow", "tuned", "tuned", "tuned", "copy"]
    assert [row[0] for row in explorer[1:]] == named
    assert explorer[-2] == ["tuned", "0.7", "85.0", "2"]
    assert table == [["name", "far"], ["human", "0.0 0–0.1"]]
    assert figure[0] == ["name", "quantity", "value", "value_low", "value_high"]
    assert figure[2] == ["model", "distance", "0.5", "0.4", "0.75"]
    assert json.loads(files[-1])[1]["value_low"] == 0.4


def test_the_gallery_has_each_figure_under_the_one_that_it_follows(small_book):
    text = (small_book / "book" / "gallery.html").read_text()
    places = [
        text.index(words)
        for words in (
            "Diffusion Models as Artists",
            "Figure 2",
            "small.html#small-far",
            "This book",
            "small.html#small-bars",
        )
    ]
    assert places[1:] == sorted(places[1:])
    shown = re.findall(r'<div class="card-of-figure[^>]*>\s*<img ([^>]*)', text)
    assert len(shown) == 3 and all('alt="' in one and "loading" in one for one in shown)


def test_a_figure_without_a_caption_stops_the_build(figures, monkeypatch):
    warned = []
    monkeypatch.setattr(figures.log, "warning", lambda told, **_: warned.append(told))
    picture = nodes.container("", nodes.image(uri="a.png"))
    outputs = nodes.container("", nodes.paragraph("", "before"), picture)
    assert figures.framed(outputs, {}, "page-cell") is None
    assert len(warned) == 1 and "caption" in warned[0]
    figure = figures.framed(outputs, {"name": "a", "caption": "Seen *so*."}, "page-a")
    assert len(warned) == 1 and figure["ids"] == ["page-a"]
    assert [type(part).__name__ for part in outputs] == ["paragraph", "figure"]
    assert figure[-1].astext() == "Seen so." and picture[0]["alt"] == "Seen so."


def test_captions_say_what_is_seen_and_type_no_number_by_hand():
    names = set()
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if told := cell.metadata.get("figure"):
                words = told["caption"].replace("95 %", "")
                assert len(words) > 40 and words.endswith("."), (path.name, words)
                assert not re.search(r"\d", words), (path.name, words)
                names.add((path.stem, told["name"]))
    assert len(names) > 40
