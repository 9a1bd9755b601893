"""A built page in a real browser that can reach no network: from disk and over http."""

import pytest

SLIDER = ".oneshot-slider"


@pytest.fixture
def page(small_book, open_page, address):
    """The small page, with its slider drawn."""
    page, faults = open_page(f"{address(small_book)}/notebooks/small.html")
    page.wait_for_selector(f"{SLIDER} >> nth=1")
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


def test_paper_has_no_controls(page):
    page.emulate_media(media="print")
    page.get_by_role("button", name="code").wait_for(state="hidden")
    controls = page.locator(".bd-article").locator("input, button, select, .controls, a.data")
    assert controls.count() > 4
    assert not any(one.is_visible() for one in controls.all())


def test_a_link_of_a_slider_gives_the_same_pixels_and_a_reload_loses_nothing(page, open_page):
    page.get_by_role("slider", name="guidance").fill("2")
    page.get_by_role("slider", name="concept").fill("1")
    shown, address = ink(page), page.url
    assert "guidance=1" in address and "beta" not in address
    page.reload()
    page.wait_for_selector(f"{SLIDER} canvas")
    assert ink(page) == shown
    page.get_by_role("button", name="Reset").first.click()
    assert ink(page) != shown and page.inner_text(f"{SLIDER} output >> nth=0") == "0"
    other, _ = open_page(address)
    other.wait_for_selector(f"{SLIDER} canvas")
    assert ink(other) == shown


def test_a_slider_plays_until_it_is_paused(page):
    output = page.locator(f"{SLIDER} output >> nth=0")
    page.get_by_role("button", name="Play").first.click()
    assert output.inner_text() == "0.5"
    page.wait_for_function(
        f"document.querySelector('{SLIDER} output').textContent === '1'", timeout=20_000
    )
    page.get_by_role("button", name="Pause").click()
    assert page.get_by_role("button", name="Pause").count() == 0


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
    still = page.locator(".oneshot-still img").first
    assert still.is_visible()
    assert still.get_attribute("alt") == "frame 0"
    # Scripts that the page announces are not loaded then, which counts as failed.
    assert [fault for fault in faults if not fault.startswith("failed: file:")] == []


def test_the_search_page_works_from_disk(small_book, open_page):
    page, faults = open_page(f"{small_book.as_uri()}/search.html?q=small")
    page.wait_for_selector("#search-results a")
    assert "small" in page.get_attribute("#search-results a", "href")
    assert faults == []


def test_every_control_has_one_label_and_moves_its_own_picture(page):
    """Two sliders of one page: a label of one must not be a label of the other."""
    labelled = page.eval_on_selector_all(
        f"{SLIDER} input", "inputs => inputs.map(i => [i.id, i.labels.length])"
    )
    assert len({name for name, _ in labelled}) == len(labelled) == 4
    assert [count for _, count in labelled] == [1] * 4
    second = page.locator(SLIDER).nth(1)
    pictures = "nodes => nodes.map(node => node.toDataURL())"
    before = page.eval_on_selector_all(f"{SLIDER} canvas", pictures)
    second.locator("label").first.click()
    page.keyboard.press("End")
    after = page.eval_on_selector_all(f"{SLIDER} canvas", pictures)
    assert after[0] == before[0] and after[1] != before[1]


def test_the_still_picture_makes_room_for_its_slider(page):
    page.wait_for_selector(".oneshot-explorer .dot")
    assert page.locator(".oneshot-still").count() == 0


def test_the_human_mark_is_drawn_in_the_colour_of_the_text(page):
    """Also in the dark, where a style of the theme's for the word "mark" once hid it."""
    for theme in ("light", "dark"):
        page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        colours = page.eval_on_selector(
            f"{SLIDER} .human", "n => [getComputedStyle(n).fill, getComputedStyle(n).color]"
        )
        assert colours[0] == colours[1]


def test_the_page_takes_the_theme_that_the_reader_prefers(small_book, open_page):
    for theme in ("light", "dark"):
        page, _ = open_page(f"{small_book.as_uri()}/notebooks/small.html", color_scheme=theme)
        assert page.evaluate("document.documentElement.dataset.theme") == theme


def test_the_icons_of_the_theme_are_there_without_its_script(page):
    """A mask of the text's colour stands for each icon, and none of them is without a picture."""
    icons = page.eval_on_selector_all(
        "i:is(.fa-solid, .fas)", "icons => icons.map(i => getComputedStyle(i).maskImage)"
    )
    assert len(icons) > 5 and all(mask.startswith('url("data:image/svg') for mask in icons)


def test_code_is_shown_by_one_switch_that_is_remembered(small_book, open_page):
    page, faults = open_page(f"{small_book.as_uri()}/notebooks/small.html")
    code = page.locator(".cell:not(.tag_parameters) > .cell_input").first
    assert not code.is_visible()
    page.get_by_role("button", name="Show code").click()
    assert code.is_visible()
    page.reload()
    page.get_by_role("button", name="Hide code").wait_for()
    assert code.is_visible()
    page.get_by_role("button", name="Hide code").click()
    assert not code.is_visible()
    assert faults == []


def test_parameters_stand_at_the_foot_beside_the_command_that_takes_them(page):
    foot = page.locator("details.rerun")
    foot.locator("summary").click()
    assert foot.get_by_text("oneshot run notebooks/small.ipynb").is_visible()
    assert "seed: int" in foot.locator(".tag_parameters .cell_input").inner_text()
    assert page.locator(".tag_parameters").count() == 1
    order = page.evaluate(
        "[...document.querySelectorAll('.rerun, .provenance')].map(n => n.className)"
    )
    assert order == ["rerun", "provenance"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_serious(small_book, open_page, width, theme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    for name in ("notebooks/small.html", "book/intro.html", "search.html"):
        size = {"width": width, "height": 800}
        page, _ = open_page(f"{small_book.as_uri()}/{name}", viewport=size, color_scheme=theme)
        page.wait_for_load_state("load")
        # on its way from the light theme to the dark one, a colour is none of either
        page.wait_for_function("document.getAnimations().every(a => a.playState !== 'running')")
        found = axe.run(page).response["violations"]
        serious = [v for v in found if v["impact"] in ("serious", "critical")]
        assert not serious, [(v["id"], [n["html"] for n in v["nodes"]]) for v in serious]


def test_what_is_wider_than_the_page_is_reached_by_keyboard_and_says_so(small_book, open_page):
    page, _ = open_page(
        f"{small_book.as_uri()}/notebooks/small.html", viewport={"width": 390, "height": 800}
    )
    page.wait_for_selector(".oneshot-explorer .dot")
    wide = page.locator(".sideways[tabindex='0']")
    before = wide.count()  # a plot keeps its size
    page.evaluate(
        "document.querySelector('.cell_output table').style.width = '900px';"
        "window.dispatchEvent(new Event('resize'))"
    )
    assert wide.count() == before + 1
    assert wide.first.get_attribute("aria-label").startswith("wider")
    page.evaluate(
        "document.querySelector('.cell_output table').style.width = '';"
        "window.dispatchEvent(new Event('resize'))"
    )
    assert wide.count() == before


@pytest.mark.parametrize(("width", "form"), [(390, "narrow"), (1280, "wide")])
def test_a_figure_of_several_panels_fits_a_phone(small_book, open_page, width, form):
    size = {"width": width, "height": 800}
    page, faults = open_page(f"{small_book.as_uri()}/notebooks/small.html", viewport=size)
    pictures = page.locator("picture img")
    assert pictures.count() == 1
    pictures.scroll_into_view_if_needed()
    shown = pictures.evaluate("async (img) => { await img.decode(); return img.currentSrc; }")
    assert ("narrow" in shown) == (form == "narrow")
    assert pictures.evaluate("img => (img.naturalHeight > img.naturalWidth)") == (form == "narrow")
    assert pictures.bounding_box()["width"] <= width
    assert faults == []


def test_a_term_shows_its_definition_on_hover_and_on_focus(page):
    term = page.locator("a.term")
    assert term.count() == 1 and term.inner_text() == "equation"
    tip = page.locator("#tip")
    assert not tip.is_visible()
    term.hover()
    assert tip.is_visible() and tip.inner_text() == "Two things and a sign."
    page.mouse.move(0, 0)
    assert not tip.is_visible()
    term.focus()
    assert tip.is_visible() and term.get_attribute("aria-describedby") == tip.get_attribute("id")
    page.keyboard.press("Escape")
    assert not tip.is_visible()
    term.click()
    page.wait_for_url("**/glossary.html#term-equation")
