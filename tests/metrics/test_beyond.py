"""What the scores that see more are made from, by critics that see pixels."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from oneshot.metrics import beyond
from oneshot.metrics.paired import resampled


class Pixels(nn.Module):
    """A critic that sees the pixels themselves."""

    side = 6

    def __init__(self):
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))

    def forward(self, images):
        return images.flatten(1)


def inked(*shape):
    """Return ink and paper at random, an image of both each."""
    dice = np.random.default_rng(len(shape))
    pages = (dice.random((*shape, 1, 6, 6)) < 0.5).astype(np.uint8) * 255
    pages[..., 0, 0], pages[..., 0, 1] = 0, 255
    return pages


@pytest.fixture
def drawn():
    people = inked(4, 18)
    return people[:, :9], people[:, 9:], torch.from_numpy(inked(4)).float() / 255


def measured(drawings, others, exemplars, training, **options):
    critics = Pixels(), {"second": Pixels()}
    return beyond.by_concept(
        drawings, exemplars, others, training, *critics, threshold=0.5, **options
    )


def test_every_score_is_made_of_what_was_measured(drawn):
    people, others, exemplars = drawn
    found = measured(people, others, exemplars, torch.zeros(1, 36))
    assert all(len(values) == 4 for values in found.values())
    record = SimpleNamespace(per_concept=found)
    values = {name: resampled(record, name)[0] for name in beyond.SCORES}
    # the only training drawing is blank: its distance is that of the ink
    ink = (people > 0).mean(axis=(2, 3, 4))
    scale = torch.from_numpy((people > 0).reshape(4, 9, -1)).float().std(2).mean()
    assert values["memory"] == pytest.approx(np.sqrt(ink).mean() / scale.item(), rel=1e-5)
    assert values["grey"] == 0 and 0 < values["second"] < 100


def test_copies_have_no_bias_and_one_drawing_nothing_else(drawn):
    people, others, exemplars = drawn
    copies = (exemplars[:, None].repeat(1, 9, 1, 1, 1) * 255).byte().numpy()
    for pages, share in ((copies, 0), (np.repeat(people[:, :1], 9, axis=1), 1)):
        found = measured(pages, others, exemplars, torch.zeros(1, 36))
        record = SimpleNamespace(per_concept=found)
        assert resampled(record, "bias") == pytest.approx(share)
        assert found["recall"].tolist() == [0] * 4


def test_as_many_are_compared_as_there_are_others(drawn):
    people, others, exemplars = drawn
    nothing = torch.zeros(1, 36)
    many = np.concatenate([people, others], axis=1)
    few, same = (measured(some, others, exemplars, nothing) for some in (people, many))
    torch.testing.assert_close(few["precision"], same["precision"])
    found = measured(many, others, exemplars, nothing, compared=others)
    assert found["precision"].tolist() == found["recall"].tolist() == [1] * 4
    with pytest.raises(ValueError, match=r"9 drawings by people .* got 5"):
        measured(people[:, :5], others, exemplars, nothing)
    without = measured(people, others[:, : beyond.NEIGHBOURS], exemplars, nothing)
    assert "memory" in without and not without.keys() & set(beyond.OVERLAP)
