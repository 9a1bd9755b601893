"""What the game carries into the page."""

import numpy as np
import pytest
import torch

from oneshot.metrics.features import folded, prepare
from oneshot.models.critics import ConvCritic, PatchCritic, ResNetCritic
from oneshot.widgets import click_game
from oneshot.widgets.click_game import ClickGame, packed, play


@pytest.fixture
def critic():
    torch.manual_seed(0)
    return ConvCritic(16, widths=(4, 6), features="head", stem="strided").eval()


@pytest.fixture
def exemplars():
    return torch.rand(3, 1, 16, 16, generator=torch.Generator().manual_seed(1))


def test_weights_travel_as_half_floats_with_the_two_matrices_multiplied(critic):
    layers, weights = packed(critic)
    assert [layer["outs"] for layer in layers] == [4, 6, 128]
    assert [layer.get("stride") for layer in layers] == [2, 1, None]
    assert [layer.get("pool") for layer in layers] == [False, True, None]
    assert [(layer.get("reads"), layer.get("adds")) for layer in layers[:2]] == [
        (0, None),
        (1, None),
    ]
    counts = 4 * 1 * 4 * 4 + 4, 6 * 4 * 3 * 3 + 6, 128 * 6 * 4 * 4 + 128
    numbers = np.frombuffer(weights, "<f2")
    assert len(numbers) == sum(counts)
    inner = torch.rand(96)
    matrix = torch.from_numpy(numbers[-counts[2] :].astype(np.float32))
    seen = matrix[:-128].view(128, 96) @ inner + matrix[-128:]
    torch.testing.assert_close(seen, critic.head(critic.embedding(inner)), rtol=1e-2, atol=2e-3)


def test_a_block_with_a_shortcut_reads_and_adds_what_came_before_it():
    layers, _ = packed(PatchCritic(16, widths=(4, 6)).eval())
    steps = [(layer["reads"], layer["adds"], layer["relu"]) for layer in layers[:-1]]
    first, last = [(1, None, True), (2, 1, True)], [(6, None, True), (7, 6, True)]
    down = [(3, None, True), (3, None, False), (4, 5, True)]
    assert steps == [(0, None, True), *first, *down, *last]


def test_an_originality_critic_ends_at_its_embedding():
    layers, _ = packed(ConvCritic(16, widths=(4, 6)))
    assert layers[-1]["outs"] == 256


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
