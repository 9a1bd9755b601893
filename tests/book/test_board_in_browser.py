"""The board of findings in a built page: filters without a script, by keyboard, from disk."""

import pytest

ROWS = ".oneshot-board ul.said > li"


@pytest.fixture
def board(small_book, open_page):
    """The small page and its board."""
    page, faults = open_page(f"{small_book.as_uri()}/notebooks/small.html")
    yield page
    assert faults == []


def shown(page):
    rows = page.locator(ROWS).all()
    return [row.locator(".text").inner_text()[10:11] for row in rows if row.is_visible()]


def test_the_board_is_filtered_by_paper_verdict_and_data_set(board):
    assert shown(board) == ["0", "1", "2", "3"]
    board.get_by_label("undecided").uncheck()
    assert shown(board) == ["0", "1", "3"]
    board.get_by_label("One", exact=True).check()
    assert shown(board) == ["0", "1"]
    board.get_by_label("Letters").check()
    assert shown(board) == ["1"]
    board.get_by_role("group", name="paper").get_by_label("all").check()
    board.get_by_role("group", name="data set").get_by_label("all").check()
    board.get_by_label("undecided").check()
    assert shown(board) == ["0", "1", "2", "3"]


def test_the_board_is_worked_from_the_keyboard(board):
    board.get_by_role("group", name="paper").get_by_label("all").focus()
    board.keyboard.press("ArrowDown")
    board.keyboard.press("ArrowDown")
    assert shown(board) == ["3"]
    board.locator(f"{ROWS} summary").nth(3).focus()
    board.keyboard.press("Enter")
    more = board.locator(f"{ROWS} .more").nth(3)
    assert more.is_visible() and "Measured: so much." in more.inner_text()
    assert "among all of its paper 0.040" in more.inner_text()


def test_what_was_found_is_downloaded_from_the_page_itself(board):
    with board.expect_download() as waiting:
        board.get_by_role("link", name="findings.csv").click()
    text = waiting.value.path().read_text()
    assert waiting.value.suggested_filename == "findings.csv"
    assert text.count("\n") == 5 and "Statement 2." in text


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_serious_in_an_open_board(small_book, open_page, width, theme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    size = {"width": width, "height": 800}
    address = f"{small_book.as_uri()}/notebooks/small.html"
    page, _ = open_page(address, viewport=size, color_scheme=theme)
    for summary in page.locator(f"{ROWS} summary").all():
        summary.click()
    found = axe.run(page, context=".oneshot-board").response["violations"]
    serious = [v for v in found if v["impact"] in ("serious", "critical")]
    assert not serious, [(v["id"], [n["html"] for n in v["nodes"]]) for v in serious]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
