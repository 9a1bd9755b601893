"""The pad in a real browser that can reach no network: strokes in, sixteen drawings out."""

import contextlib
import json
import re
import shutil
from functools import partial

import numpy as np
import pytest
import torch
from conftest import opening as opening_pages
from hand import BOARD, put, wait
from small import FIGURES, lay_out

from oneshot import book, carried, export, own, store, systems
from oneshot.drawings import sketchbook
from oneshot.drawings.reading import read_drawing
from oneshot.widgets import sketchpad
from oneshot.widgets.assets import bundle
from oneshot.widgets.sheets import INK, PAPER

PAD = "from oneshot.widgets.sketchpad import Sketchpad\nSketchpad().show()"
FIGURES[PAD] = {"name": "pad", "caption": "The pad."}
INTRO = "# Intro\n\nSee [the page](../notebooks/small.ipynb).\n\n<!-- sketchpad -->\n\nMore.\n"
TILES = ".oneshot-pad .sheet canvas"


@pytest.fixture(scope="module")
def pad_book(tmp_path_factory, libraries):
    """A book with the pad on its first page and on a notebook's."""
    carried.carry_models(libraries / "models")  # kept for the next time
    root = lay_out(tmp_path_factory.mktemp("pad"), PAD)
    (root / "book" / "intro.md").write_text(INTRO)
    shutil.copytree(libraries, root / "book" / "_build" / "vendor")
    return book.build(root).parent


@pytest.fixture
def disk_pad(pad_book, open_page):
    """A function that opens the pad of a page from disk, ready to be drawn on."""
    yield from opening(pad_book.as_uri(), open_page)


@pytest.fixture
def pad(pad_book, open_page, address):
    """The same, from disk and over http."""
    yield from opening(address(pad_book), open_page)


def opening(base, open_page):
    """Give a function that opens a pad; at the end no page may have done what it must not."""
    seen = []

    def opened(where: str = "book/intro.html", **options):
        page, faults = open_page(where if "#" in where else f"{base}/{where}", **options)
        page.wait_for_selector(BOARD)
        seen.append(faults)
        return page

    yield opened
    assert [fault for faults in seen for fault in faults] == []


def answered(page) -> np.ndarray:
    """Return the sheet (16, 48, 48), ink from 0 to 1, when it is drawn and judged."""
    wait(page)
    return sheet(page)


def sheet(page) -> np.ndarray:
    """Return what the tiles show, ink from 0 to 1."""
    read = (
        "nodes => nodes.map(node => Array.from("
        "node.getContext('2d').getImageData(0, 0, 48, 48).data).filter((_, k) => k % 4 === 0))"
    )
    red = np.array(page.eval_on_selector_all(TILES, read)).reshape(-1, 48, 48)
    return (PAPER[0] - red) / (PAPER[0] - INK[0])


def settle(page, act) -> np.ndarray:
    """Do something that changes the sheet, and wait for the next one."""
    page.evaluate("document.querySelector('.oneshot-pad').dataset.state = 'waiting'")
    act()
    return answered(page)


def test_strokes_become_sixteen_drawings_and_nothing_is_loaded_before(pad):
    asked = []
    page = pad()
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(300)
    assert not any("models/" in url for url in asked)
    put(page)
    drawn = answered(page)
    assert drawn.shape == (16, 48, 48)
    assert (drawn.max((1, 2)) > 0.5).all(), "no page is blank"
    apart = np.abs(drawn[:, None] - drawn[None]).max((2, 3)) + np.eye(16)
    assert (apart > 0.2).all(), "no two are the same"
    assert {re.search(r"models/([\w-]+)", url)[1] for url in asked if "models/" in url} == {
        "engine",
        "ldm-any",
        "critics-quickdraw",
    }
    captions = page.locator(".oneshot-pad .sheet figcaption").all_inner_texts()
    assert all(re.fullmatch(r"\d\.\d\d\s+(not )?known", caption) for caption in captions)
    assert "of them would be known" in page.inner_text(".oneshot-pad .told")


def test_a_link_and_a_reload_give_the_same_pixels(pad):
    page = pad("notebooks/small.html")
    put(page)
    first = answered(page)
    again = settle(page, page.get_by_role("button", name="Another seed").click)
    assert np.abs(again - first).max() > 0.2
    assert "seed=1" in page.url
    page.reload()
    np.testing.assert_array_equal(answered(page), again)
    fresh = pad(page.url)
    np.testing.assert_array_equal(answered(fresh), again)


def test_guidance_moves_the_drawings_and_not_the_noise(disk_pad):
    page = disk_pad()
    put(page)
    answered(page)
    found = []
    guidance = page.get_by_role("slider", name="guidance")
    film = page.get_by_role("slider", name="step of the drawing")
    for value in ("2", "0"):
        final = settle(page, partial(guidance.fill, value))
        film.fill("0")
        noise = sheet(page)
        found.append((noise, final))
    np.testing.assert_array_equal(found[0][0], found[1][0])
    assert np.abs(found[0][1] - found[1][1]).max() > 0.2
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("document.querySelector('.oneshot-pad .film input').value === '16'")
    np.testing.assert_array_equal(sheet(page), found[1][1])


@pytest.mark.parametrize("name", ["ldm-any", "cfgdm-omniglot", "vae-elastic-omniglot"])
def test_the_browser_draws_what_the_command_line_draws(disk_pad, tmp_path, name):
    model = next(one for one in sketchpad.MODELS if one.name == name)
    page = disk_pad()
    page.select_option(".oneshot-pad select", name)
    put(page)
    shown = answered(page)
    with page.expect_download() as saved:
        page.get_by_role("button", name="save strokes, settings and scores as JSON").click()
    file = tmp_path / "mine.json"
    saved.value.save_as(file)
    record = json.loads(file.read_text())
    exemplar = read_drawing(file)
    asked = {"guidance": record["guidance"], "seed": record["seed"], "steps": model.steps}
    if model.direct:
        asked |= {"guidance": None, "steps": None}
    place = {"system": model.system, "dataset": model.dataset}
    (drawn,) = own.draw({"mine": exemplar}, **place, **asked, weights=carried.WEIGHTS)
    expected = drawn.variations[:, 0].numpy()
    # A pixel of the canvas is one of 230 levels.
    assert np.abs(shown - expected).max() < 1.5 / (PAPER[0] - INK[0])
    found, provider = by_engine(page, exemplar, **place, **asked)
    assert provider == "wasm"
    assert np.abs(found[:, 0].numpy() - expected).max() < 1e-3
    # A pixel at the threshold may be ink here and paper there, so the same pages are judged.
    judges = sketchpad.Judges.of(model.judges, weights=carried.WEIGHTS)
    for one, other in zip(record["scores"], judges(found, exemplar), strict=True):
        assert one == pytest.approx(other, abs=1e-4)


def test_what_a_model_has_nothing_to_do_with_is_hidden(disk_pad):
    page = disk_pad()
    put(page)
    answered(page)
    parts = [page.get_by_role("slider", name=name) for name in ("guidance", "step of the drawing")]
    assert all(part.is_visible() for part in parts)
    settle(page, partial(page.select_option, ".oneshot-pad select", "vae-elastic-omniglot"))
    assert not any(part.is_visible() for part in parts)
    again = settle(page, page.get_by_role("button", name="Another seed").click)
    assert again.shape == (16, 48, 48)


def by_engine(page, exemplar, **asked) -> tuple[torch.Tensor, str]:
    """Return sixteen variations as the page's engine draws them, and what ran the networks."""
    numbers, provider = page.evaluate(
        """async ([source, asked, exemplar]) => {
            const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
            const { browserEngine } = await import(address);
            asked.exemplar = Float32Array.from(exemplar);
            const { pages, provider } = await browserEngine().draw(asked);
            return [Array.from(pages), provider];
        }""",
        [bundle("engine"), {"side": 48, "variations": 16} | asked, exemplar.flatten().tolist()],
    )
    return torch.tensor(numbers).reshape(16, 1, 48, 48), provider


def test_a_graphics_processor_draws_the_same(pad_book, launched, address):
    """One that is software, so that drawings can be right here, though not fast."""
    browser = launched("--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader")
    (strokes,) = [lines for name, lines in sketchbook.drawings().items() if name == "heart"]
    exemplar = read_drawing([line.tolist() for line in strokes])
    asked = {"system": "ldm", "dataset": "any", "guidance": 1.0, "seed": 3}
    (drawn,) = own.draw({"heart": exemplar}, **asked, weights=carried.WEIGHTS)
    with contextlib.closing(browser), opening_pages(browser) as open_page:
        page, faults = open_page(f"{address(pad_book)}/book/intro.html")
        loaded = []
        page.on("request", lambda request: loaded.append(request.url))
        found, provider = by_engine(page, exemplar, **asked)
    assert provider == "webgpu" and faults == []
    assert any("engine-webgpu.js" in url for url in loaded)
    assert not any("engine.js" in url for url in loaded), "one runtime is enough"
    assert (found - drawn.variations).abs().max() < 1e-3


def test_the_pad_is_worked_from_the_keyboard(disk_pad):
    page = disk_pad()
    page.locator(BOARD).focus()
    page.keyboard.press(" ")
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    for _ in range(6):
        page.keyboard.press("ArrowDown")
    page.keyboard.press(" ")
    assert answered(page).max() > 0.5
    assert "strokes=" in page.url and "~" not in page.url
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # undo
    page.wait_for_selector(".oneshot-pad[data-state=empty]")
    assert "#" not in page.url


def test_a_sketch_is_a_start_and_all_is_labelled(disk_pad):
    page = disk_pad()
    page.get_by_role("button", name="start from heart").click()
    answered(page)
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll(".oneshot-pad :is(button, input, select, canvas)")]
            .filter((node) => !node.closest("[aria-hidden]") && !node.getAttribute("aria-label"))
            .filter((node) => !node.textContent.trim() && !node.labels?.length)
            .map((node) => node.outerHTML)"""
    )
    assert unnamed == []
    with page.expect_download() as saved:
        page.get_by_role("button", name="save your strokes as SVG").click()
    assert saved.value.suggested_filename == "oneshot.svg"
    with page.expect_download() as saved:
        page.get_by_role("button", name="save the sheet as PNG").click()
    assert saved.value.suggested_filename == "oneshot.png"


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_nothing_sticks_out_of_the_page(pad_book, open_page, width, scheme):
    size = {"width": width, "height": 800}
    page, faults = open_page(
        f"{pad_book.as_uri()}/book/intro.html", viewport=size, color_scheme=scheme
    )
    page.wait_for_selector(BOARD)
    page.get_by_role("button", name="start from ghost").click()
    answered(page)
    right = "nodes => Math.max(...nodes.map(node => node.getBoundingClientRect().right))"
    assert page.eval_on_selector_all(".oneshot-pad *:not(title, option)", right) <= width
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert faults == []


def test_what_the_book_carries_is_light_enough(pad_book):
    weights = {file.stem: file.stat().st_size for file in pad_book.rglob("vendor/models/*.js")}
    assert sum(weights.values()) < 25e6
    for model in sketchpad.MODELS:
        parts = "engine", model.name, f"critics-{model.judges}"
        assert sum(weights[part] for part in parts) < 15e6


def test_weights_as_carried_draw_nearly_the_same():
    model = store.get(systems.recipe("ldm", "omniglot"))
    strokes = list(sketchbook.drawings().values())[-8:]
    exemplars = torch.cat([read_drawing([line.tolist() for line in lines]) for lines in strokes])
    drawn = model.draw(exemplars, 4)
    same = export.as_stored(model, 48, carried.WEIGHTS).draw(exemplars, 4)
    assert (drawn - same).abs().mean() < 0.01 and drawn.std() > 0.1


def test_the_first_page_says_what_is_missing_without_javascript(pad_book, open_page):
    page, _ = open_page(f"{pad_book.as_uri()}/book/intro.html", java_script_enabled=False)
    assert "A pad to draw on is here" in page.inner_text(".bd-article")
