"""What the game carries into the page."""

import numpy as np
import pytest
import torch

from oneshot.export import critic_graph
from oneshot.metrics.features import folded, prepare
from oneshot.models.critics import ConvCritic, ResNetCritic
from oneshot.onnx_files import ExportError, Session, encoded
from oneshot.widgets import click_game
from oneshot.widgets.click_game import ClickGame, play


@pytest.fixture
def critic():
    torch.manual_seed(0)
    return ConvCritic(16, widths=(4, 6), features="head", stem="strided").eval()


@pytest.fixture
def exemplars():
    return torch.rand(3, 1, 16, 16, generator=torch.Generator().manual_seed(1))


def test_the_critic_travels_as_a_file_with_weights_of_16_bits(critic, exemplars):
    game = ClickGame(critic, exemplars, ["a", "b", "c"], 0.4)
    pages = prepare(exemplars, 16, 0.4)
    seen = Session(game.network)(pages)
    torch.testing.assert_close(seen, folded(critic)(pages), rtol=1e-2, atol=2e-3)
    assert len(game.network) < len(encoded(critic_graph(critic), "float32"))


def test_with_a_kernel_the_critic_is_asked_there(critic, exemplars, monkeypatch):
    game = ClickGame(critic, exemplars, ["a", "b", "c"], 0.4)
    sent = []
    monkeypatch.setattr(ClickGame, "send", lambda self, content, buffers=None: sent.append(content))
    page = exemplars[1].numpy().astype("<f4").tobytes()
    game._asked(game, {"kind": "look", "id": 7}, [memoryview(page)])
    game._asked(game, {"kind": "other", "id": 8}, [])
    (answer,) = sent
    supports = np.frombuffer(game.supports, "<f4").reshape(3, 128)
    assert (answer["id"], answer["done"]) == (7, True)
    np.testing.assert_allclose(answer["features"], supports[1], rtol=1e-2, atol=1e-3)


def test_without_the_packages_of_an_export_the_page_says_so(monkeypatch, critic, exemplars):
    shown = []
    monkeypatch.setattr(click_game, "display", shown.append)

    def missing(*arguments):
        raise ExportError("exporting needs the package onnx")

    monkeypatch.setattr(click_game, "encoded", missing)
    play(critic, exemplars, ["a", "b", "c"], 0.5, {})
    assert "No game here: exporting needs the package onnx" in shown[0].data


def test_drawings_features_and_maps_are_in_their_places(critic, exemplars):
    maps = torch.rand(3, 16, 16)
    maps[1] = 7
    game = ClickGame(critic, exemplars, ["a", "b", "c"], 0.4, {"one": maps, "two": -maps})
    drawings = np.frombuffer(game.drawings, np.uint8).reshape(3, 1, 16, 16).copy()
    assert np.abs(drawings / 255 - exemplars.numpy()).max() <= 0.5 / 255 + 1e-6
    supports = np.frombuffer(game.supports, "<f4").reshape(3, 128)
    pages = prepare(torch.from_numpy(drawings), 16, 0.4)
    np.testing.assert_allclose(supports, folded(critic)(pages).numpy(), rtol=1e-4, atol=1e-6)
    shown = np.frombuffer(game.maps, np.uint8).reshape(2, 3, 16, 16)
    assert shown[0, 0].min() == 0 and shown[0, 0].max() == 255
    assert (shown[0, 1] == 0).all(), "a map without contrast is blank"
    assert (shown[0] == shown[1]).all() and game.labels == ["one", "two"]
    assert game.games == []


def test_what_cannot_be_played_is_refused(critic, exemplars):
    names = ["a", "b", "c"]
    with pytest.raises(ValueError, match="not a ConvCritic of 16 px"):
        ClickGame(critic, torch.rand(3, 1, 20, 20), names, 0.5)
    with pytest.raises(ValueError, match="not a ResNetCritic"):
        ClickGame(ResNetCritic(16, widths=(4, 4, 4, 4)), exemplars, names, 0.5)
    with pytest.raises(ValueError, match="2 names for 3 exemplars"):
        ClickGame(critic, exemplars, names[:2], 0.5)
    with pytest.raises(ValueError, match=r"maps must be \(3, 16, 16\)"):
        ClickGame(critic, exemplars, names, 0.5, {"one": torch.rand(2, 16, 16)})


def test_a_critic_that_is_too_large_for_a_page_is_said_to_be(monkeypatch, critic, exemplars):
    shown = []
    monkeypatch.setattr(click_game, "display", shown.append)
    play(ResNetCritic(16, widths=(4, 4, 4, 4)), exemplars, ["a", "b", "c"], 0.5, {})
    play(critic, exemplars, ["a", "b", "c"], 0.5, {})
    said, note, game = shown
    assert "ResNetCritic of 16 px" in said.data
    assert "<noscript>" in note.data and isinstance(game, ClickGame)
