"""The explorer in a real browser that can reach no network: from disk."""

import pytest

EXPLORER = ".oneshot-explorer"
ODD = ["small=nobody~z~nothing", "small=", "small", "=~&%=~", "small=%00"]


@pytest.fixture
def page(small_book, open_page):
    """The small page, with its explorer drawn, opened from disk: over http less is refused."""
    page, faults = open_page(f"{small_book.as_uri()}/notebooks/small.html")
    page.wait_for_selector(f"{EXPLORER} .dot")
    yield page
    assert faults == []


def pictures(page) -> list[str]:
    """Return the pixels of what is drawn, and of what stands beside it."""
    read = "nodes => nodes.filter(n => !n.closest('[hidden]')).map(n => n.toDataURL())"
    return page.eval_on_selector_all(f"{EXPLORER} .picture canvas", read)


def caption(page) -> str:
    return page.inner_text(f"{EXPLORER} figcaption >> nth=0")


def test_a_system_is_chosen_by_button_by_dot_and_by_arrow_key(page):
    assert caption(page) == "tall draws" and len(set(pictures(page))) == 2
    before = pictures(page)
    page.get_by_role("radio", name="slow").check()
    assert caption(page) == "slow draws"
    after = pictures(page)
    assert after[0] != before[0] and after[1] == before[1], "people's drawings stay"
    page.get_by_role("button", name="tall draws").click()
    assert pictures(page) == before
    page.keyboard.press("ArrowLeft")
    assert caption(page) == "wide draws"
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "wide draws"


def test_hovering_shows_a_dot_for_as_long_as_it_is_pointed_at(page):
    before = pictures(page)
    page.get_by_role("button", name="slow draws").hover()
    assert caption(page) == "slow draws" and pictures(page) != before
    page.mouse.move(2, 2)
    assert caption(page) == "tall draws" and pictures(page) == before


def test_values_of_a_group_are_stepped_through_and_others_have_no_slider(page):
    slider = page.locator(f"{EXPLORER} input[type=range]")
    assert not slider.is_visible()
    page.get_by_role("radio", name="tuned").check()
    assert slider.is_visible() and caption(page) == "tuned 1 draws"
    slider.fill("2")
    assert caption(page) == "tuned 2 draws"
    assert slider.get_attribute("aria-valuetext") == "beta 2"


def test_a_concept_is_chosen_by_its_picture_and_two_dots_stand_side_by_side(page):
    before = pictures(page)
    page.get_by_role("radio", name="a", exact=True).check()
    changed = pictures(page)
    assert changed[0] != before[0] and changed[1] != before[1]
    page.get_by_label("beside it").select_option("tuned:2")
    assert page.inner_text(f"{EXPLORER} figcaption >> nth=1") == "tuned 2 draws"
    page.get_by_label("beside it").select_option("")
    assert len(pictures(page)) == 1


def test_a_link_gives_the_same_pixels_elsewhere_and_a_reload_loses_nothing(page, open_page):
    page.get_by_role("radio", name="tuned").check()
    page.get_by_role("radio", name="b", exact=True).check()
    page.get_by_label("beside it").select_option("slow")
    shown, address = pictures(page), page.url
    assert "small=" in address
    page.reload()
    page.wait_for_selector(f"{EXPLORER} .dot")
    assert pictures(page) == shown
    other, faults = open_page(address)
    other.wait_for_selector(f"{EXPLORER} .dot")
    assert pictures(other) == shown and faults == []
    page.locator(EXPLORER).get_by_role("button", name="Reset").click()
    assert caption(page) == "tall draws"


@pytest.mark.parametrize(
    "asked", ["small=nobody~z~nothing", "small=", "small", "=~&%=~", "small=%00"]
)
def test_a_link_that_asks_for_what_is_not_there_shows_the_start(small_book, open_page, asked):
    page, faults = open_page(f"{small_book.as_uri()}/notebooks/small.html#{asked}")
    page.wait_for_selector(f"{EXPLORER} .dot")
    assert caption(page) == "tall draws" and len(pictures(page)) == 2
    assert faults == []


def test_play_goes_on_until_it_is_stopped(page):
    page.locator(EXPLORER).get_by_role("button", name="Play").click()
    seen = {caption(page)}
    for _ in range(2):
        now = caption(page)
        page.wait_for_function(
            f"now => document.querySelector('{EXPLORER} figcaption').textContent !== now", arg=now
        )
        seen.add(caption(page))
    assert len(seen) == 3
    page.locator(EXPLORER).get_by_role("button", name="Pause").click()
    assert page.locator(EXPLORER).get_by_role("button", name="Play").is_visible()


def test_every_control_has_one_label_and_prints_without_any(page):
    labels = page.eval_on_selector_all(
        f"{EXPLORER} :is(input, select)", "nodes => nodes.map(node => node.labels.length)"
    )
    assert len(labels) == 4 + 3 + 2 and set(labels) == {1}
    page.emulate_media(media="print")
    controls = page.locator(f"{EXPLORER} :is(input, select, button)")
    assert not any(controls.nth(k).is_visible() for k in range(controls.count()))
