"""A built page in a real browser that can reach no network: from disk and over http."""

import pytest

SLIDER = ".oneshot-slider"


@pytest.fixture
def page(small_book, open_page, address):
    """The small page, with its slider drawn."""
    page, faults = open_page(f"{address(small_book)}/notebooks/small.html")
    page.wait_for_selector(f"{SLIDER} svg")
    yield page
    assert faults == []


def ink(page) -> str:
    return page.eval_on_selector(f"{SLIDER} canvas", "canvas => canvas.toDataURL()")


def test_moving_a_slider_changes_picture_caption_and_dot(page):
    guidance, concept = (page.get_by_role("slider", name=name) for name in ("guidance", "concept"))
    seen = [(ink(page), page.inner_text(f"{SLIDER} figcaption"))]
    place = [page.get_attribute(f"{SLIDER} .dot", "style")]
    guidance.fill("2")
    seen.append((ink(page), page.inner_text(f"{SLIDER} figcaption")))
    place.append(page.get_attribute(f"{SLIDER} .dot", "style"))
    concept.fill("1")
    seen.append((ink(page), page.inner_text(f"{SLIDER} figcaption")))
    place.append(page.get_attribute(f"{SLIDER} .dot", "style"))
    assert len({picture for picture, _ in seen}) == 3
    assert [caption for _, caption in seen] == ["frame 0", "frame 4", "frame 5"]
    assert place[0] != place[1] == place[2], "the dot follows guidance, not the concept"


def test_the_slider_is_worked_from_the_keyboard_and_says_where_it_is(page):
    guidance = page.get_by_role("slider", name="guidance")
    before = ink(page)
    guidance.focus()
    page.keyboard.press("ArrowRight")
    assert guidance.get_attribute("aria-valuetext") == "guidance 0.5"
    assert page.inner_text(f"{SLIDER} output >> nth=0") == "0.5"
    assert "guidance 0.5" in page.get_attribute(f"{SLIDER} canvas", "aria-label")
    assert ink(page) != before
    page.keyboard.press("Home")
    assert ink(page) == before


def test_mathematics_is_typeset_from_disk(page):
    page.wait_for_selector("mjx-container svg")


def test_the_picture_stays_ink_on_paper_in_the_dark(page):
    before = ink(page)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    style = "node => getComputedStyle(node).filter + getComputedStyle(node).backgroundColor"
    assert page.eval_on_selector(f"{SLIDER} canvas", style) == "nonergb(253, 252, 247)"
    assert ink(page) == before


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_sticks_out_of_the_page(small_book, open_page, width):
    size = {"width": width, "height": 800}
    page, faults = open_page(f"{small_book.as_uri()}/notebooks/small.html", viewport=size)
    page.wait_for_selector(f"{SLIDER} svg")
    right = "nodes => Math.max(...nodes.map(node => node.getBoundingClientRect().right))"
    assert page.eval_on_selector_all(f"{SLIDER} *:not(title)", right) <= width
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert faults == []


def test_without_javascript_the_first_frame_is_shown(small_book, open_page):
    page, faults = open_page(
        f"{small_book.as_uri()}/notebooks/small.html", java_script_enabled=False
    )
    still = page.locator("noscript img, .text_html img").first
    assert still.is_visible()
    assert still.get_attribute("alt") == "frame 0"
    # Scripts that the page announces are not loaded then, which counts as failed.
    assert [fault for fault in faults if not fault.startswith("failed: file:")] == []


def test_the_search_page_works_from_disk(small_book, open_page):
    page, faults = open_page(f"{small_book.as_uri()}/search.html?q=equation")
    page.wait_for_selector("#search-results a")
    assert "small" in page.get_attribute("#search-results a", "href")
    assert faults == []
