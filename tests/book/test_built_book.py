"""The book that `make book` built here, as a reader on a slow line gets it; skipped without one."""

import functools
import gzip
import http.server
import re
import threading
from html.parser import HTMLParser
from pathlib import Path

import pytest
from small import ROOT

from oneshot import book

BUILT = ROOT / "book" / "_build" / "html"
HEAVIEST = 1_500_000
"""Bytes of a page: more takes longer than seven seconds at `RATE` before it is whole."""
RATE = 1_600_000 / 8
"""Bytes a second of a slow line, with `DELAY` milliseconds for an answer to begin."""
DELAY = 150
TRIES = 2

pytestmark = pytest.mark.skipif(
    not (BUILT / "index.html").exists(), reason="no book was built here: `make book`"
)


class Pictures(HTMLParser):
    """Collects the pictures of a page and whether each stands in a figure with a number."""

    def __init__(self, text: str):
        super().__init__()
        self.alts: list[str | None] = []
        self.loose: list[str] = []
        self._figures = self._outputs = 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        self._figures += tag == "figure"
        if "cell_output" in (told.get("class") or ""):
            self._outputs += 1
        if tag == "img":
            self.alts.append(told.get("alt"))
            if self._outputs and not self._figures:
                self.loose.append(str(told.get("src"))[:80])

    def handle_endtag(self, tag):
        self._figures -= tag == "figure"


def pages() -> list:
    """Return the pages that a person reads."""
    return sorted([*BUILT.glob("notebooks/*.html"), *BUILT.glob("book/*.html")])


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
def test_pictures_have_words_and_those_of_notebooks_a_number(page):
    found = Pictures(page.read_text())
    assert all(found.alts), found.alts
    assert not [alt for alt in found.alts if re.search(r"[\w-]+/[\w-]+|\.(png|svg)$", alt)]
    assert found.loose == [], "figures without a caption"


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
def test_no_page_is_heavier_than_a_slow_line_bears(page):
    assert page.stat().st_size < HEAVIEST


def test_every_icon_of_a_page_is_carried():
    used = {
        name for page in pages() for name in re.findall(r"fa-solid fa-([\w-]+)", page.read_text())
    }
    assert used and used <= set(book._ICONS)


def test_no_page_fetches_a_font_for_its_icons(browser, site):
    page, asked = browser.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{site}/notebooks/guidance.html", wait_until="load")
    assert any("icons.css" in url for url in asked)
    assert not [url for url in asked if "/fa-" in url]
    page.close()


FIRST_SIGHT = 900
"""Pixels from the head of a page within which a reader sees a picture."""
TOPS = """Math.min(...[...document.querySelectorAll('.bd-article :is(img, svg, canvas)')]
    .filter(n => !n.closest('mjx-container'))  // a formula is no picture
    .map(n => n.getBoundingClientRect()).filter(b => b.width > 60).map(b => b.top + scrollY))"""


@pytest.mark.parametrize("page", sorted(BUILT.glob("notebooks/*.html")), ids=lambda page: page.stem)
def test_a_picture_is_seen_at_first_sight(open_page, page):
    found, _ = open_page(page.as_uri(), viewport={"width": 1280, "height": FIRST_SIGHT})
    found.wait_for_load_state("load")
    assert found.evaluate(TOPS) < FIRST_SIGHT


@pytest.mark.parametrize(
    ("words", "page"),
    [
        ("guidance", "notebooks/guidance"),
        ("regularization", "notebooks/regularization"),
        ("importance maps", "notebooks/importance_maps"),
        ("draw", "notebooks/draw"),
        ("glossary", "book/glossary"),
    ],
)
def test_a_search_finds_the_page_of_these_words_first(open_page, words, page):
    found, _ = open_page(f"{(BUILT / 'search.html').as_uri()}?q={words.replace(' ', '+')}")
    found.wait_for_selector("#search-results li a")
    found.wait_for_function("document.querySelector('.search-summary')?.textContent")
    first = found.locator("#search-results li a").first.get_attribute("href")
    assert f"{page}.html" in first


class _Packed(http.server.SimpleHTTPRequestHandler):
    """Serves text packed, as GitHub Pages does."""

    def log_message(self, *args) -> None:
        pass

    def do_GET(self) -> None:
        kind = self.guess_type(self.path.partition("?")[0])
        path = self.translate_path(self.path)
        if not kind.startswith(("text/", "image/svg", "application/j")):
            return super().do_GET()
        try:
            body = packed(path)
        except OSError:
            return self.send_error(404)
        self.send_response(200)
        for name, value in {"Content-Type": kind, "Content-Encoding": "gzip"}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@functools.lru_cache
def packed(path: str) -> bytes:
    return gzip.compress(Path(path).read_bytes(), 6)


@pytest.fixture(scope="module")
def site():
    """The address of a server that packs what it serves."""
    handler = functools.partial(_Packed, directory=str(BUILT))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def timed(browser, address: str, slow: bool) -> tuple[float, float]:
    """Return the seconds until a page first shows something, and until all its sliders move."""
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(120_000)
    if slow:
        line = {"offline": False, "latency": DELAY}
        line |= {"downloadThroughput": RATE, "uploadThroughput": RATE / 2}
        tools = context.new_cdp_session(page)
        tools.send("Network.enable")
        tools.send("Network.emulateNetworkConditions", line)
    page.goto(address, wait_until="commit")
    widgets = "document.querySelectorAll('script[type$=\"widget-view+json\"]').length"
    page.wait_for_function(f"document.readyState != 'loading' && !{widgets}", polling=50)
    ready = page.evaluate("performance.now()")
    painted = page.evaluate(
        "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? performance.now()"
    )
    context.close()
    return painted / 1000, ready / 1000


def heaviest(count: int = 3) -> list:
    """Return the pages with sliders that take the most bytes packed."""
    moving = [page for page in pages() if "widget-view+json" in page.read_text()]
    return sorted(moving, key=lambda page: len(packed(str(page))))[-count:]


@pytest.mark.parametrize("page", heaviest(), ids=lambda page: page.stem)
def test_a_slow_line_costs_seconds_not_more(browser, site, page):
    """What the line adds to the time that this machine takes: it may be busy with other tests."""
    address = f"{site}/{page.relative_to(BUILT).as_posix()}"
    quick = [timed(browser, address, slow=False) for _ in range(TRIES)]
    slow = [timed(browser, address, slow=True) for _ in range(TRIES)]
    painted, ready = (min(s[k] for s in slow) - min(q[k] for q in quick) for k in (0, 1))
    assert painted < 2.5 and ready < 8, f"{painted:.1f} s and {ready:.1f} s"
