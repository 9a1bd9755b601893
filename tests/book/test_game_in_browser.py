"""The game in a real browser that can reach no network: the critic, and a reader who plays."""

import base64
import json
import shutil

import numpy as np
import pytest
import torch
from scipy import stats
from small import FIGURES, lay_out

from oneshot import book
from oneshot.attribution import human
from oneshot.export import critic_graph
from oneshot.metrics.features import folded, prepare
from oneshot.models.critics import ConvCritic, PatchCritic
from oneshot.onnx_files import encoded
from oneshot.widgets.assets import bundle

GAME = """\
import torch
from oneshot.models.critics import ConvCritic
from oneshot.widgets.click_game import ClickGame

torch.manual_seed(0)
pages = torch.zeros(4, 1, 48, 48)
pages[0, :, 10:40, 8:12] = pages[1, :, 8:12, 10:40] = pages[2, :, 30:42, 30:42] = 1
pages[3, :, range(8, 40), range(8, 40)] = 1
critic = ConvCritic(48, features="head", stem="strided").eval()
maps = {"a model": pages[:, 0], "another": 1 - pages[:, 0]}
ClickGame(critic, pages, ["post", "beam", "block", "line"], 0.5, maps).show()"""

FIGURES[GAME] = {"name": "game", "caption": "The game."}
BOARD = ".oneshot-game .board canvas"


@pytest.fixture(scope="module")
def game_book(tmp_path_factory, libraries):
    root = lay_out(tmp_path_factory.mktemp("game"), GAME)
    shutil.copytree(libraries, root / "book" / "_build" / "vendor")
    return book.build(root).parent


@pytest.fixture
def game(game_book, open_page, address):
    """The page, its game ready to be played."""
    page, faults = open_page(f"{address(game_book)}/notebooks/small.html")
    page.wait_for_selector(BOARD)
    page.locator(BOARD).scroll_into_view_if_needed()
    yield page
    assert faults == []


@pytest.fixture
def script(game_book, open_page):
    """A page that carries the models' runtime, with the game's script as `game`."""
    page, faults = open_page(f"{game_book.as_uri()}/notebooks/small.html")
    source = bundle("engine", "parts", "click_game").encode()
    address = f"data:text/javascript;base64,{base64.b64encode(source).decode()}"
    page.evaluate("async (address) => { window.game = await import(address); }", address)
    yield page
    assert faults == []


def test_the_critic_in_the_browser_is_the_one_in_torch(script):
    makers = {
        "strided": lambda: ConvCritic(48, features="head", stem="strided"),
        "pooled": lambda: ConvCritic(48, features="head", stem="pooled"),
        "patch": lambda: PatchCritic(48, widths=(8, 16)),
    }
    for name, make in makers.items():
        critic = make()
        for _ in range(3):  # statistics of the batch norms, which the file knows only as folded in
            critic.train()(torch.rand(8, 1, 48, 48))
        critic.eval()
        page = torch.rand(1, 1, 48, 48)
        network = base64.b64encode(encoded(critic_graph(critic), "float32")).decode()
        features = script.evaluate(
            """async ([network, letters, page]) => {
                window.engine ??= game.browserEngine();
                const bytes = Uint8Array.from(atob(letters), (letter) => letter.charCodeAt(0));
                const asked = { network, bytes, side: 48, threshold: 0.6 };
                return Array.from(await engine.look({ ...asked, pages: Float32Array.from(page) }));
            }""",
            [name, network, page.flatten().tolist()],
        )
        expected = folded(critic)(prepare(page, 48, 0.6))[0]
        assert expected.abs().max() > 0.1
        torch.testing.assert_close(torch.tensor(features), expected, rtol=1e-3, atol=1e-3)


def test_maps_and_chances_are_those_of_numpy(script):
    random = np.random.default_rng(0)
    counts = random.integers(0, 3, size=(20, 20)).astype(float)
    soft = script.evaluate(
        "(page) => Array.from(game.blurred(page, 2.0))", counts.flatten().tolist()
    )
    np.testing.assert_allclose(np.reshape(soft, (20, 20)), human.blurred(counts, 2.0), rtol=1e-4)
    features, supports = random.normal(size=3), random.normal(size=(4, 3))
    found = script.evaluate(
        "([features, supports]) => game.chances(features, supports)",
        [features.tolist(), supports.flatten().tolist()],
    )
    expected = np.exp(-((features - supports) ** 2).sum(1))
    np.testing.assert_allclose(found, expected / expected.sum(), rtol=1e-6)


def ink(page) -> str:
    return page.eval_on_selector(BOARD, "canvas => canvas.toDataURL()")


def told(page) -> str:
    """Return what the game says when the critic has answered."""
    words = "document.querySelector('.oneshot-game .told').textContent"
    page.wait_for_function(f"!/Uncover|Waking/.test({words})")
    return page.inner_text(".oneshot-game .told")


def uncover_everything(page) -> None:
    """Drag to and fro over the whole board, as far as the game lasts."""
    box = page.locator(BOARD).bounding_box()
    page.mouse.move(box["x"] + 1, box["y"] + 1)
    page.mouse.down()
    for row in range(9):
        y = box["y"] + (row + 0.5) * box["height"] / 9
        page.mouse.move(box["x"] + (1 if row % 2 else box["width"] - 1), y, steps=8)
    page.mouse.up()


def test_a_game_is_played_until_the_critic_names_it_and_saved(game, tmp_path):
    covered = ink(game)
    assert game.get_by_role("button", name="Save my clicks").is_disabled()
    uncover_everything(game)
    game.wait_for_selector(".oneshot-game .results figure")
    assert "Named after" in told(game) and "post" in told(game)
    assert ink(game) != covered
    shown = game.locator(".oneshot-game .results figcaption").all_inner_texts()
    assert shown == ["you", "a model", "another"]
    with game.expect_download() as saved:
        game.get_by_role("button", name="Save my clicks").click()
    file = tmp_path / saved.value.suggested_filename
    saved.value.save_as(file)
    clicks = json.loads(file.read_text())["games"][0]["clicks"]
    assert f"after {len(clicks)} click" in told(game)
    (page,) = human.read(tmp_path)["post"]
    counts = human.counted(clicks, 48)
    np.testing.assert_allclose(page, human.blurred(counts) / len(clicks), atol=1e-9)


def test_a_click_uncovers_a_spot_and_the_critic_guesses(game):
    box = game.locator(BOARD).bounding_box()
    before = ink(game)
    game.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert ink(game) != before
    assert "After 1" in told(game) or "Named after 1" in told(game)
    guesses = game.locator(".oneshot-game .guesses figcaption").all_inner_texts()
    chances = [int(words.split()[1]) for words in guesses]
    assert len(guesses) == 3 and chances == sorted(chances, reverse=True)
    assert {words.split()[0] for words in guesses} <= {"post", "beam", "block", "line"}


def test_the_game_is_played_from_the_keyboard(game):
    game.locator(BOARD).focus()
    cursor = "node => node.style.left"
    places = [game.eval_on_selector(".oneshot-game .cursor", cursor)]
    for _ in range(3):
        game.keyboard.press("ArrowLeft")
    places.append(game.eval_on_selector(".oneshot-game .cursor", cursor))
    assert float(places[1][:-1]) < float(places[0][:-1])
    before = ink(game)
    game.keyboard.press(" ")
    assert ink(game) != before and "fter 1" in told(game)
    if "Named" not in told(game):
        game.keyboard.press("Tab")
        game.keyboard.press("Enter")
        assert told(game) == "Not named: it is post."
    game.get_by_role("button", name="Next drawing").press("Enter")
    assert "Drawing 2 of 4" in game.inner_text(".oneshot-game .told")
    assert game.get_by_role("button", name="Save my clicks").is_enabled()


def test_the_game_has_an_end_that_a_reload_does_not_forget(game_book, open_page):
    """Every round is given up after one click; maps and agreement stand at the end."""
    game, faults = open_page(f"{game_book.as_uri()}/notebooks/small.html")
    game.wait_for_selector(BOARD)
    for number in range(4):
        assert f"Drawing {number + 1} of 4" in game.inner_text(".oneshot-game .told")
        game.locator(BOARD).click(position={"x": 5, "y": 5})
        if "Named" not in told(game):
            game.get_by_role("button", name="Give up").click()
        if number == 1:  # half of it is played in another visit
            game.reload()
            game.wait_for_selector(BOARD)
        else:
            game.get_by_role("button", name=["Next", "", "Next", "See how"][number]).click()
    said = game.inner_text(".oneshot-game .told")
    assert said.startswith("The critic named") and "of your 4 drawings" in said
    assert game.locator(".oneshot-game .round").count() == 4
    assert "a model " in game.inner_text(".oneshot-game .results p")
    assert not game.locator(BOARD).is_visible()
    game.reload()
    game.wait_for_selector(".oneshot-game .round")
    assert game.inner_text(".oneshot-game .told") == said
    game.get_by_role("button", name="Play again").click()
    assert "Drawing 1 of 4" in game.inner_text(".oneshot-game .told") and faults == []


@pytest.mark.parametrize("stored", ["nonsense", "[1, null]", '[{"exemplar": "post", "clicks": 3}]'])
def test_what_a_browser_kept_of_something_else_is_not_taken_for_a_game(
    game_book, open_page, stored
):
    game, faults = open_page(f"{game_book.as_uri()}/notebooks/small.html")
    game.wait_for_selector(BOARD)
    find = "Object.keys(localStorage).find(key => key.startsWith('oneshot-game'))"
    game.get_by_role("button", name="Give up").click()
    game.evaluate(f"text => localStorage.setItem({find}, text)", stored)
    game.reload()
    game.wait_for_selector(BOARD)
    assert "Drawing 1 of 4" in game.inner_text(".oneshot-game .told") and faults == []


def test_the_agreement_of_maps_is_that_of_scipy(script):
    random = np.random.default_rng(1)
    one, other = random.integers(0, 5, 100), random.normal(size=100)
    ask = "([one, other]) => game.spearman(one, other)"
    found = script.evaluate(ask, [one.tolist(), other.tolist()])
    assert found == pytest.approx(stats.spearmanr(one, other).statistic, abs=1e-9)
    assert script.evaluate(ask, [[1, 1, 1], [1, 2, 3]]) == 0


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_sticks_out_of_the_page(game_book, open_page, width):
    size = {"width": width, "height": 800}
    page, faults = open_page(f"{game_book.as_uri()}/notebooks/small.html", viewport=size)
    page.wait_for_selector(BOARD)
    page.get_by_role("button", name="Give up").click()
    right = "nodes => Math.max(...nodes.map(node => node.getBoundingClientRect().right))"
    assert page.eval_on_selector_all(".oneshot-game *", right) <= width
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert faults == []


def test_without_javascript_the_page_says_what_is_missing(game_book, open_page):
    page, _ = open_page(f"{game_book.as_uri()}/notebooks/small.html", java_script_enabled=False)
    note = page.locator("noscript p, .text_html p").first
    assert note.is_visible()
    assert note.inner_text().startswith("A game with 4 drawings is played here")
