"""Null models: closed forms, addresses, and what the scores say of them."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from oneshot import systems
from oneshot.drawings.concepts import ConceptSet
from oneshot.models.bending import warped
from oneshot.models.conformance import check, exemplars
from oneshot.models.nulls import Copy, HumanHalf, OtherConcept, Warp
from oneshot.recipes import presets

PAGES = exemplars(48)


def test_a_copy_is_the_exemplar():
    drawn = Copy().draw(PAGES, 3)
    assert drawn.shape == (2, 3, 1, 48, 48)
    assert all(torch.equal(drawn[:, v], PAGES) for v in range(3))


@pytest.mark.parametrize("model", [Copy(48), Warp(0.1, 48)], ids=["copy", "warp"])
def test_nulls_keep_to_the_contract(model):
    assert check(model) == ()


def test_without_amplitude_nothing_is_warped():
    assert torch.allclose(Warp(0.0).draw(PAGES, 2), PAGES[:, None], atol=1e-5)


@pytest.mark.parametrize("pixels", [(0, 3), (4, 0), (2, -5)])
def test_the_same_displacement_everywhere_is_a_shift(pixels):
    """A displacement says where a pixel comes from, in half pages: 47 pixels are 2 of them."""
    right, down = pixels
    knots = torch.tensor([right, down]).float().mul(2 / 47).view(1, 2, 1, 1).expand(2, 2, 5, 5)
    moved = torch.roll(PAGES, (-down, -right), dims=(2, 3))
    assert PAGES.sum() > 0
    inner = (slice(None), slice(None), slice(6, -6), slice(6, -6))
    assert torch.allclose(warped(PAGES, knots)[inner], moved[inner], atol=1e-4)


def test_more_amplitude_moves_ink_farther():
    far = [(Warp(a).draw(PAGES, 20) - PAGES[:, None]).abs().mean().item() for a in (0.02, 0.1, 0.3)]
    assert far == sorted(far) and far[0] > 0


@pytest.mark.parametrize("size", [(48, 48), (20, 33)])
def test_displacements_between_points_are_those_of_torch(size):
    knots = 0.1 * torch.randn(3, 2, 6, 6, generator=torch.Generator().manual_seed(0))
    moves = F.interpolate(knots, size, mode="bicubic", align_corners=True)
    down, across = (torch.linspace(-1, 1, count) for count in size)
    places = torch.stack(torch.meshgrid(across, down, indexing="xy")) + moves
    pages = torch.rand(3, 1, *size, generator=torch.Generator().manual_seed(1))
    expected = F.grid_sample(pages, places.permute(0, 2, 3, 1), align_corners=True)
    assert torch.allclose(warped(pages, knots), expected, atol=1e-4)


def test_what_leaves_the_page_is_gone():
    knots = torch.full((2, 2, 5, 5), 3.0)
    assert warped(PAGES, knots).max() == 0


@pytest.fixture
def people():
    """Six concepts of 3 to 8 drawings; each drawing's first pixel is its number."""
    counts = [8, 5, 3, 7, 6, 4]
    pages = np.zeros((sum(counts), 48, 48), np.uint8)
    pages[:, 0, 0] = np.arange(len(pages))
    offsets = np.cumsum([0, *counts])
    splits = np.array([0, 0, 2, 2, 2, 0])
    names = tuple("abcdef")
    return ConceptSet(pages, np.arange(len(pages)), offsets, names, splits, offsets[:-1].copy())


def numbers(drawn):
    return (drawn[:, :, 0, 0, 0] * 255).round().int().tolist()


def test_another_concept_is_of_the_same_split(people):
    model = OtherConcept(people)
    for concept in range(6):
        for seed in range(5):
            given = {"concepts": [concept], "seed": seed}
            (rows,) = numbers(model.draw(PAGES[:1], 3, **given))
            (owner,) = {int(np.searchsorted(people.offsets, row, "right")) - 1 for row in rows}
            assert owner != concept and people.splits[owner] == people.splits[concept]
            assert numbers(model.draw(PAGES[:1], 2, **given)) == [rows[:2]]


def test_half_of_people_is_without_the_exemplar(people):
    model = HumanHalf(people)
    shown = numbers(model.draw(PAGES, 3, concepts=[0, 3]))
    for concept, rows in zip((0, 3), shown, strict=True):
        assert len(set(rows)) == 3
        assert set(rows) <= set(people.rows(concept)) - {people.exemplars[concept]}
    assert numbers(model.draw(PAGES, 3, concepts=[0, 3], seed=1)) != shown
    with pytest.raises(ValueError, match="HumanHalf has 1 drawings of a concept, not 2"):
        model.draw(PAGES[:1], 2, concepts=[2])


@pytest.mark.parametrize("kind", [OtherConcept, HumanHalf])
def test_nulls_of_people_draw_the_data_sets_concepts_alone(people, kind):
    for concepts in (None, [6, 0], [-1, 0]):
        with pytest.raises(ValueError, match=r"concepts=\[\.\.\.\] from 0 to 5"):
            kind(people).draw(PAGES, 1, concepts=concepts)
    with pytest.raises(ValueError, match="no guidance"):
        kind(people).draw(PAGES, 1, concepts=[0, 1], guidance=1.0)


@pytest.fixture(scope="module")
def scored(smoke):
    names = (systems.HUMAN, *systems.NULLS)
    drawn = {name: systems.samples(name, "glyphs", "smoke") for name in names}
    return {name: smoke.get(presets.scores(recipe)) for name, recipe in drawn.items()}


def test_a_copy_is_recognized_and_not_original(scored):
    copy = scored["copy"]
    assert max(copy.diversity.value, copy.originality.value) < 1e-5
    assert copy.recognizability.value == pytest.approx(100)
    assert copy.recognizability_all.value == pytest.approx(100)


def test_another_concept_is_as_varied_as_people_and_recognized_by_chance(scored):
    other, people = scored["other-concept"], scored[systems.HUMAN]
    assert other.diversity.value == pytest.approx(people.diversity.value, abs=0.1)
    assert other.recognizability.high < 3 * 100 / other.ways
    assert other.originality.value > people.originality.value


def test_half_of_people_scores_as_people(scored):
    half, people = scored["human-half"], scored[systems.HUMAN]
    assert half.variations == people.variations // 2
    for name in ("diversity", "originality", "recognizability"):
        low, high = getattr(people, name).low, getattr(people, name).high
        spread = max(high - low, 1e-9)
        assert low - spread < getattr(half, name).value < high + spread
