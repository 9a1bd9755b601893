"""A hand that draws on the pad of a page with the mouse, and an eye that waits for the answer."""

import numpy as np

PAD = ".oneshot-pad"
BOARD = f"{PAD} .board canvas"
HOUSE = [
    [(0.2, 0.5), (0.5, 0.15), (0.8, 0.5)],
    [(0.25, 0.5), (0.25, 0.85), (0.75, 0.85), (0.75, 0.5)],
    [(0.45, 0.85), (0.45, 0.65), (0.58, 0.65), (0.58, 0.85)],
]


def put(page, strokes=HOUSE) -> None:
    """Draw with the mouse; places are shares of the pad's width and height."""
    page.locator(BOARD).scroll_into_view_if_needed()
    box = page.locator(BOARD).bounding_box()
    for stroke in strokes:
        places = np.array(stroke) * [box["width"], box["height"]] + [box["x"], box["y"]]
        x, y = places.T.tolist()
        page.mouse.move(x[0], y[0])
        page.mouse.down()
        for place in zip(x[1:], y[1:], strict=True):
            page.mouse.move(*place, steps=4)
        page.mouse.up()


def wait(page) -> None:
    """Wait until the variations are drawn and judged; fail with what the pad says went wrong."""
    page.wait_for_selector(f"{PAD}:is([data-state=done], [data-state=failed])")
    assert page.get_attribute(PAD, "data-state") == "done", page.inner_text(f"{PAD} .told")
