"""The objective of VAE-Elastic: how far a bent exemplar is from the drawing it is to become."""

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from oneshot.models.vae_elastic import Inference, VaeElastic
from oneshot.objectives.vae_elastic import ElasticObjective, blurred_distance


def bar(*columns):
    """Pages with an upright line, one at each of the columns."""
    pages = torch.zeros(len(columns), 1, 48, 48)
    for page, column in zip(pages, columns, strict=True):
        page[0, 10:38, column : column + 3] = 1
    return pages


def test_the_distance_is_none_to_itself_and_one_to_blank_paper():
    wanted = bar(10, 30)
    assert blurred_distance(wanted, wanted).tolist() == [0, 0]
    assert blurred_distance(torch.zeros_like(wanted), wanted).tolist() == pytest.approx([1, 1])


def test_lines_that_do_not_touch_pull_at_each_other():
    far, near = (blurred_distance(bar(column), bar(24)).item() for column in (34, 30))
    assert near < 0.95 * far
    moved = bar(30).requires_grad_()
    blurred_distance(moved, bar(24)).sum().backward()
    left, right = moved.grad[0, 0, 24, 27:30].sum(), moved.grad[0, 0, 24, 33:36].sum()
    assert left < right  # ink on the side of the wanted line would bring them nearer


def test_blank_paper_can_be_wanted():
    assert blurred_distance(bar(10), torch.zeros(1, 1, 48, 48)).isfinite().all()


@pytest.fixture
def objective():
    torch.manual_seed(0)
    return ElasticObjective(VaeElastic(4, (8, 16)), Inference(4, (8, 16)), 0.01, 0.05)


def test_the_loss_is_its_parts(objective):
    batch = {"x": bar(20, 30), "y": bar(24, 24)}
    objective.eval()
    parts = objective.losses(batch, 0)
    mean, log_variance = objective.inference(batch["x"], batch["y"])
    theirs = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0)).sum(1).mean()
    assert parts["kl"].item() == pytest.approx(theirs.item(), rel=1e-5)
    assert parts["bend"] == 0  # an untrained network does not bend
    assert parts["distance"].item() == pytest.approx(
        blurred_distance(batch["y"], batch["x"]).mean().item(), rel=1e-3
    )
    whole = parts["distance"] + 0.01 * parts["kl"] + 0.05 * parts["bend"]
    assert parts["loss"].item() == pytest.approx(whole.item(), rel=1e-6)


def test_it_learns_how_far_people_bend(objective):
    columns = (18, 21, 27, 30)
    batch = {"x": bar(*columns), "y": bar(*[24] * 4)}
    optimizer = torch.optim.Adam(objective.parameters(), 1e-2)
    before = objective.losses(batch, 0)["distance"]
    for step in range(150):
        optimizer.zero_grad()
        parts = objective.losses(batch, step)
        parts["loss"].backward()
        optimizer.step()
    assert parts["distance"] < 0.5 * before
    pages = objective.model.draw(bar(24), 50)[0, :, 0]
    centres = (pages.sum(1) * torch.arange(48)).sum(1) / pages.sum((1, 2))
    assert centres.std() > 1.5
    assert 20 < centres.mean() < 30


def test_augmentation_moves_a_pair_alike(objective, monkeypatch):
    told = []
    monkeypatch.setattr(objective.inference, "forward", lambda x, y: told.append((x, y)) or _none())
    objective.augment = "gentle"
    objective.losses({"x": bar(24, 24), "y": bar(24, 24)}, 0)
    ((x, y),) = told
    assert torch.equal(x, y)
    assert not torch.equal(x, bar(24, 24))


def _none():
    return torch.zeros(2, 4), torch.zeros(2, 4)
