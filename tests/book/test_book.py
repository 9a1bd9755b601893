"""Building the book: what is executed again, what is refused."""

import importlib.util
import pkgutil
import re
import shutil
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
import yaml
from small import ROOT, SLIDER, notebook

import oneshot
from oneshot import book, execute


def test_the_built_book_asks_no_other_host_for_anything(small_book):
    for page in small_book.rglob("*.html"):
        text = page.read_text()
        for needle in ('src="http', 'src="//', "cdn.jsdelivr", "cdnjs", "unpkg", "thebe.js"):
            assert needle not in text, f"{page.name} has {needle}"


def test_github_pages_serves_the_book_as_it_is(small_book):
    """Without the file, Jekyll drops all folders that begin with an underscore."""
    assert (small_book / ".nojekyll").exists() and list(small_book.glob("_static/*.css"))


def test_a_table_in_markdown_is_a_table_in_the_book(small_book):
    text = (small_book / "notebooks" / "small.html").read_text()
    assert "<table" in text and "<strong>holds</strong>" in text


def test_nothing_is_done_again_when_nothing_changed(small_book, monkeypatch):
    root = small_book.parents[2]
    monkeypatch.setattr(execute, "run", lambda *a, **k: pytest.fail("executed again"))
    monkeypatch.setattr(book, "_sphinx", lambda *a: pytest.fail("built again"))
    assert book.build(root) == small_book / "index.html"


def test_a_change_of_prose_builds_but_does_not_execute(tmp_path, small_book, monkeypatch):
    root = tmp_path / "copy"
    shutil.copytree(small_book.parents[2], root)
    (root / "book" / "intro.md").write_text("# Intro\n\nOther words.\n")
    built = []
    monkeypatch.setattr(execute, "run", lambda *a, **k: pytest.fail("executed again"))
    monkeypatch.setattr(book, "_sphinx", lambda *a: built.append(a))
    book.build(root)
    assert built


def test_a_change_of_the_notebook_executes_it(tmp_path, small_book, monkeypatch):
    root = tmp_path / "copy"
    shutil.copytree(small_book.parents[2], root)
    notebook(root / "notebooks" / "small.ipynb", SLIDER, "1 + 1")
    ran = []

    def run(page, output):
        ran.append(page.name)
        shutil.copy(page, output)

    monkeypatch.setattr(execute, "run", run)
    monkeypatch.setattr(book, "_sphinx", lambda *a: None)
    book.build(root)
    assert ran == ["small.ipynb"]


def test_a_page_that_fails_is_named_and_the_others_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(book.os, "cpu_count", lambda: 2)
    bad = notebook(tmp_path / "notebooks" / "bad.ipynb", "raise ValueError('no paper')")
    good = notebook(
        tmp_path / "notebooks" / "good.ipynb", "import os; os.environ['OMP_NUM_THREADS']"
    )
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    pages = {f"notebooks/{page.name}": tmp_path / "executed" / page.name for page in (bad, good)}
    with pytest.raises(execute.PageError, match=r"bad\.ipynb: cell \d failed.*no paper"):
        book._execute(tmp_path, pages)
    assert not (tmp_path / "executed" / bad.name).exists()
    made = nbformat.read(tmp_path / "executed" / good.name, as_version=4)
    assert made.cells[2].outputs[0].data["text/plain"] == "'1'", "two pages share two cores"
    monkeypatch.setattr(book, "_run", lambda root, page, *rest: pytest.fail(f"{page} again"))
    del pages["notebooks/bad.ipynb"]
    book._execute(tmp_path, pages)


def test_what_is_done_beside_the_pages_may_fail_and_they_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(book.os, "cpu_count", lambda: 2)
    made = [notebook(tmp_path / "notebooks" / f"{name}.ipynb", "1") for name in ("one", "two")]
    beside = partial(Path.mkdir, tmp_path / "beside")
    first, second = (
        {f"notebooks/{page.name}": tmp_path / folder / page.name for page in made}
        for folder in ("first", "second")
    )
    book._execute(tmp_path, first, beside)
    assert (tmp_path / "beside").is_dir()
    with pytest.raises(FileExistsError, match="beside"):
        book._execute(tmp_path, second, beside)
    assert len(list((tmp_path / "second").glob("*.key"))) == 2


def test_a_warning_stops_the_build_and_is_shown(tmp_path, small_book):
    root = tmp_path / "copy"
    shutil.copytree(small_book.parents[2], root)
    (root / "book" / "intro.md").write_text("# Intro\n\nSee [](nowhere.md).\n")
    for _ in range(2):  # a build that failed must not succeed when it is tried again
        with pytest.raises(book.BookError, match=r"WARNING.*nowhere"):
            book.build(root)


TIED = """\
import ipywidgets as widgets
from IPython.display import display
slider, word = widgets.IntSlider(), widgets.IntText()
widgets.jslink((slider, "value"), (word, "value"))
display(slider, word)"""
OBSERVED = """\
import ipywidgets as widgets
slider = widgets.IntSlider()
slider.observe(print, "value")
slider"""


def test_widgets_that_the_book_cannot_show_are_found(tmp_path):
    pages = {"alive": SLIDER, "tied": TIED, "observed": OBSERVED}
    found = {}
    for name, cell in pages.items():
        page = notebook(tmp_path / f"{name}.ipynb", cell)
        found[name] = book.dead_widgets(execute.run(page, tmp_path / f"{name}-run.ipynb"))
    assert found["alive"] == []
    assert {"IntSlider", "IntText"} <= set(found["tied"])
    assert "IntSlider" in found["observed"]


HEAVY = """\
<head><script defer src="_static/scripts/fontawesome.js?digest=1"></script>
<script src="_static/doctools.js"></script>
<script src="_static/documentation_options.js"></script>
<script type="application/vnd.jupyter.widget-state+json">
{"state": {}}</script>
</head><body><p>Text.</p>
</body>"""


def test_text_comes_before_the_values_of_widgets_and_does_not_wait_for_scripts(fixes):
    page = fixes.light(HEAVY)
    assert "fontawesome" not in page
    assert page.index("Text.") < page.index("widget-state+json") < page.index("</body>")
    assert page.count("widget-state+json") == 1 and '{"state": {}}' in page
    assert '<script defer src="_static/doctools.js">' in page
    assert '<script src="_static/documentation_options.js">' in page, "text needs this at once"
    assert fixes.light(page) == page
    button = '<button aria-label="Search" class="btn search-button-field">Search</button>'
    assert fixes.light(button) == '<button class="btn search-button-field">Search</button>'
    assert "defer" not in fixes.light(HEAVY, scripts_wait=False)


def test_published_notebooks_have_no_outputs_and_say_how_to_run_them():
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        node = nbformat.read(path, as_version=4)
        assert node.metadata.kernelspec.name == "python3", path
        assert "widgets" not in node.metadata, path
        assert not any(c.get("outputs") or c.get("execution_count") for c in node.cells), path
        declared = execute.parameters(path)
        every = "systems" in declared and path.stem == "transfer"  # all data sets are on it
        assert "dataset" in declared or every, f"{path}: declare `dataset`"


def test_every_page_of_the_table_of_contents_exists():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    chapters = [c for part in toc["parts"] for c in part["chapters"]]
    chapters += [section for c in chapters for section in c.get("sections", ())]
    for name in [toc["root"], *(chapter["file"] for chapter in chapters)]:
        assert [(ROOT / f"{name}{end}").exists() for end in (".md", ".ipynb")].count(True) == 1, (
            name
        )


def extension(name: str):
    """Return a Sphinx extension of the book, which no package holds."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "book" / "extensions" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pages():
    """The extension behind the API page."""
    return extension("package_pages")


@pytest.fixture(scope="module")
def fixes():
    """The extension that makes pages light."""
    return extension("book_fixes")


def test_the_api_pages_have_every_public_module(pages):
    written = [page.read_text() for page in sorted((ROOT / "book").glob("api*.md"))]
    found = pages.listed("\n".join(written))
    listed = [name for names in found.values() for name in names]
    packages = pkgutil.walk_packages(oneshot.__path__, "oneshot.")
    public = {package.name for package in packages if "._" not in package.name}
    assert sorted(listed) == sorted(n for n in public if importlib.import_module(n).__doc__)
    assert "oneshot.cli" in found["rest"]


@pytest.mark.parametrize(
    ("docstring", "expected"),
    [
        ("Return `x` (C, *shape) of a_ b.", r"Return ``x`` (C, \*shape) of a\_ b."),
        ("Two `x`s and |y|.", r"Two ``x``\ s and \|y\|."),
        ("First.\n\n    eps = a * b\n\nThen.", "First.\n\n::\n\n    eps = a * b\n\nThen."),
        ("* one\n* two `a\nb`", "* one\n\n* two ``a b``"),
    ],
)
def test_docstrings_are_taken_literally(pages, docstring, expected):
    lines = docstring.splitlines()
    pages.plain(None, "function", "f", None, None, lines)
    assert "\n".join(lines) == expected


def test_terms_are_found_in_prose_in_singular_and_plural():
    pattern = extension("glossary_tips").pattern
    for term, text in [
        ("exemplar", "Two Exemplars."),
        ("originality", "on the originalities of"),
        ("test concepts", "a test concept"),
    ]:
        assert pattern(term).search(text), term
    for term, text in [
        ("concept", "conceptual"),
        ("latent", "latent-space"),
        ("critic", "critical"),
    ]:
        assert not pattern(term).search(text), term


CHANGES = """\
# Changes

## Unreleased

Not yet.

## 0.2.0 - 2026-12-01

- A pad <b>.

## 0.1.0 - 2026-11-01

- The first.
"""


def test_a_feed_has_the_dated_releases_and_a_map_has_the_pages():
    site = extension("site_files")
    feed = ElementTree.fromstring(site.feed("https://example.org/book", CHANGES))
    atom = "{http://www.w3.org/2005/Atom}"
    entries = feed.findall(f"{atom}entry")
    assert [e.findtext(f"{atom}title") for e in entries] == ["0.2.0", "0.1.0"]
    assert [e.findtext(f"{atom}content") for e in entries] == ["- A pad <b>.", "- The first."]
    assert feed.findtext(f"{atom}updated") == "2026-12-01T00:00:00Z"
    places = ElementTree.fromstring(site.sitemap("https://example.org/book", ["a", "b/c"]))
    assert [place.text for place in places.iter() if (place.text or "").strip()] == [
        "https://example.org/book/a.html",
        "https://example.org/book/b/c.html",
    ]


def test_a_book_whose_address_is_known_tells_it_and_another_names_none(
    tmp_path, small_book, monkeypatch
):
    assert not (small_book / "sitemap.xml").exists()
    before = (small_book / "notebooks" / "small.html").read_text()
    assert not any(word in before for word in ("og:", "/commit/", "mybinder", "colab"))
    root = tmp_path / "copy"
    shutil.copytree(small_book.parents[2], root)
    monkeypatch.setenv("ONESHOT_SITE", "https://example.org/book/")
    monkeypatch.setenv("ONESHOT_REPOSITORY", "https://github.com/somebody/oneshot")
    built = book.build(root).parent
    page = (built / "notebooks" / "small.html").read_text()
    assert '<meta content="https://example.org/book/notebooks/small.html" property="og:url"' in page
    assert "With one equation, " in page.split("og:description")[0].rsplit("<meta", 1)[1]
    assert "https://example.org/book/notebooks/small.html" in (built / "sitemap.xml").read_text()
    assert re.search(
        r'commit <a href="https://github.com/somebody/oneshot/commit/[0-9a-f]{7,}"', page
    )
    hub = "https://mybinder.org/v2/gh/somebody/oneshot/HEAD?urlpath=lab/tree/notebooks/small.ipynb"
    assert hub in page
    assert "/github/somebody/oneshot/blob/launch/notebooks/small.ipynb" in page
    made = nbformat.read(built.parent / "launch" / "notebooks" / "small.ipynb", as_version=4)
    assert "git+https://github.com/somebody/oneshot@" in made.cells[1].source
    assert not any(cell.get("outputs") for cell in made.cells)


def test_places_to_run_a_page_follow_the_address_of_the_repository():
    places = dict(
        extension("repository").places("https://git.example.org/a/b", "notebooks/x.ipynb")
    )
    assert list(places) == ["Binder"], "Colab opens notebooks of GitHub alone"
    assert "/v2/git/https%3A%2F%2Fgit.example.org%2Fa%2Fb/HEAD?" in places["Binder"]


def test_the_book_is_cited_by_its_own_file_and_papers_by_the_bibliography():
    cite = extension("cite")
    told = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    ours = cite.software(told, "https://example.org/b")
    assert ours.startswith("@software{oneshot,\n  author  = {{the oneshot authors}},\n  title")
    assert f"version = {{{oneshot.__version__}}}" in ours and "url     = {https://example" in ours
    assert "url" not in cite.software(told, None), "an address that is not known is not made up"
    papers = (ROOT / "book" / "references.bib").read_text()
    for key in cite.PAPERS:
        entry = cite.entry(papers, key)
        assert entry.count("@") == 1 and entry.count("{") == entry.count("}")
