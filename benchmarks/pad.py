"""The pad of the book in Chromium: from the last stroke to sixteen drawings, weights already there.

The models run on one thread, as on a page from disk, and draw as the pad does of itself,
at guidance 1. Ours is the fastest of some drawings by the clock, since work is spread over
processes of the browser: another program on the machine lengthens it. It includes the rest of the
pen after which the pad begins to draw. The plain way is the time that is allowed, on two cores.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from oneshot import bench, book, carried, shipped
from oneshot.widgets import sketchpad

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ALLOWED_S, TRIES = 1.5, 4
PAGE = """<!doctype html><title>pad</title><script src="widgets.js"></script><div id="pad"></div>"""
SHOW = """async ([source, state]) => {
  const script = new Blob([source], { type: "text/javascript" });
  const pad = await import(URL.createObjectURL(script));
  const model = { get: (name) => state[name], set() {}, save_changes() {}, on() {}, send() {} };
  pad.default.render({ model, el: document.querySelector("#pad") });
  const told = document.querySelector(".told");
  document.querySelector(".board canvas").addEventListener("pointerup", () => {
    window.lifted = performance.now();
    window.took = null;
  });
  new MutationObserver(() => {
    if (told.textContent.startsWith("Judging")) window.took = performance.now() - window.lifted;
  }).observe(told, { childList: true });
}"""


def rows() -> list[dict[str, Any]]:
    """Return seconds by the clock for each model; none where there is no Chromium."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        print("no chromium here: the pad is not timed", file=sys.stderr)
        return []
    with _opened(found) as page:
        return [_row(page, model) for model in sketchpad.MODELS]


def _row(page: Any, model: sketchpad.Choice) -> dict[str, Any]:
    page.select_option("#pad select", model.name)
    seconds = []
    for number in range(TRIES + 1):
        _stroke(page, 0.3 + number / 20)
        page.wait_for_selector("#pad:is([data-state=done], [data-state=failed])")
        if number == 0:  # this one waited for the weights
            continue
        if (took := page.evaluate("window.took")) is None:
            raise RuntimeError(f"the pad says: {page.inner_text('#pad .told')}")
        seconds.append(took / 1000)
    name = f"16 drawings in Chromium after the last stroke, {model.label}"
    return bench.row(name, min(seconds), ALLOWED_S, 1)


def _stroke(page: Any, height: float) -> None:
    page.evaluate("document.querySelector('#pad').dataset.state = 'waiting'")
    box = page.locator("#pad .board canvas").bounding_box()
    places = [(0.2, 0.8), (0.5, height), (0.8, 0.8)]
    for number, (x, y) in enumerate(places):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        if number == 0:
            page.mouse.down()
    page.mouse.up()


@contextmanager
def _opened(chromium: str) -> Iterator[Any]:
    """A bare page from disk with the pad on it, and all that the book carries for it beside it."""
    from playwright.sync_api import sync_playwright

    root = shipped.checkout()
    vendor = root / "book" / "_build" / "vendor"
    book.vendor(root, vendor)
    carried.carry_models(vendor / "models")
    carried.carry_engine(vendor / "models", vendor / book.RUNTIME)
    with tempfile.TemporaryDirectory() as work, sync_playwright() as playwright:
        folder = Path(work)
        (folder / "vendor").symlink_to(vendor)
        (folder / "widgets.js").write_text("")
        (folder / "index.html").write_text(PAGE)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.set_default_timeout(120_000)
        page.goto((folder / "index.html").as_uri())
        state = sketchpad.page()["state"]
        page.add_style_tag(content=state["_css"])
        page.evaluate(SHOW, [state["_esm"], state])
        yield page
        browser.close()


if __name__ == "__main__":
    for row in rows():
        print(row)
