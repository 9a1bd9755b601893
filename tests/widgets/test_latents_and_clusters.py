"""Latents and concepts on a page, with networks and drawings that are known."""

from dataclasses import replace

import numpy as np
import pytest
import regularized
import torch
from IPython.display import Markdown
from torch import nn

from oneshot.drawings.concepts import ConceptSet
from oneshot.drawings.splits import TEST, TRAIN, VALIDATION
from oneshot.metrics.claims import HOLDS, UNDECIDED, UNTESTED
from oneshot.results import HUMAN, Results
from oneshot.sweep import Division
from oneshot.widgets import clusters, latents
from oneshot.widgets.sheets import Sheet


class Rows(nn.Module):
    """Keeps the ink of each row of a drawing, and spreads it again."""

    def __init__(self):
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))

    def encode(self, x):
        return x.mean(3).squeeze(1)

    def decode(self, z):
        return z[:, None, :, None].expand(-1, -1, -1, z.shape[1])


@pytest.fixture
def concepts():
    dice = np.random.default_rng(0)
    pages = dice.integers(0, 256, (48, 8, 8), dtype=np.uint8)
    names = ("clock/1", "clock/2", "sun", "tree/1", "tree/2", "tree/3")
    splits = np.array([TRAIN, TEST, VALIDATION, TRAIN, VALIDATION, TEST])
    return ConceptSet(pages, np.arange(48), np.arange(0, 49, 8), names, splits, np.arange(0, 48, 8))


def division(concepts):
    place = "quickdraw", "laptop", "category"
    splits, counts = concepts.splits.tolist(), concepts.counts.tolist()
    return Division(*place, list(concepts.names), splits, counts, nearest=[0.4, 0.2])


def test_drawings_are_of_the_split_with_the_exemplar_first(concepts):
    drawings = latents.drawings_of(concepts, "validation", 2, 5)
    assert drawings.shape == (2, 5, 1, 8, 8)
    torch.testing.assert_close(drawings[:, 0], concepts.exemplar_images([2, 4]))
    assert latents.drawings_of(None, "validation", 2, 5) is None


def test_each_network_has_a_row_or_a_panel(concepts):
    drawings = latents.drawings_of(concepts, "validation", 2, 8)
    networks = {"none": Rows(), "kl 1": Rows()}
    size = latents.reconstructions(networks, drawings).axes[0].images[0].get_size()
    assert size == (3 * 19, 2 * 19)  # 8 px at twice their size with lines of 3 px
    size = latents.interpolations(networks, drawings, steps=5).axes[0].images[0].get_size()
    assert size == (2 * 19, 5 * 19)
    figure = latents.maps(networks, drawings)
    assert [ax.get_title().split(" (")[0] for ax in figure.axes] == list(networks)
    points, rings = figure.axes[0].collections
    assert (len(points.get_offsets()), len(rings.get_offsets())) == (16, 2)


def test_what_is_not_at_hand_is_said(concepts):
    drawings = latents.drawings_of(concepts, "validation", 2, 8)
    assert "None of these autoencoders" in latents.maps({}, drawings).data
    assert "not on this machine" in latents.maps({"none": Rows()}, None).data
    for show in (clusters.summary, clusters.sheet, clusters.siblings):
        assert "not on this machine" in show(None).data
    assert "not on this machine" in clusters.leaks({}).data


def test_concepts_are_counted_by_category(concepts):
    told = clusters.summary(division(concepts)).data
    assert told.startswith(
        "**6 concepts** out of 3 categories (1 of 1 concept, 1 of 2 concepts, 1 of"
    )
    assert "2 train, 2 validation, 2 test" in told
    assert told.endswith("there are 8 drawings in the middle, 8 at least, 8 at most.")


def test_each_division_has_a_curve_of_its_test_concepts(concepts):
    whole = replace(division(concepts), splits=[TRAIN, TRAIN, TRAIN, TEST, TEST, TEST])
    figure = clusters.leaks({"category": whole, "published": division(concepts)})
    (axes,) = figure.axes
    assert [line.get_label() for line in axes.lines] == [
        "split by category: 0% with siblings in training",
        "published split: 100% with siblings in training",
    ]
    np.testing.assert_allclose(axes.lines[0].get_xdata(), [0.2, 0.4])
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [0.5, 1.0])


def test_siblings_stand_together(concepts):
    assert isinstance(clusters.sheet(concepts, 3), Sheet)
    figure = clusters.siblings(concepts)
    rows = [text.get_text() for text in figure.axes[0].texts][-5:]
    assert rows == ["clock 1", "clock 2", "tree 1", "tree 2", "tree 3"]
    alone = replace(concepts, names=tuple("abcdef"))
    assert isinstance(clusters.siblings(alone), Markdown)


def test_scores_of_test_concepts_with_siblings_stand_apart(concepts):
    names = tuple(f"{k // 2}/{k % 2 + 1}" for k in range(48))
    splits = np.array([TRAIN, TEST] * 12 + [TEST, TEST] * 6 + [TRAIN, TRAIN] * 6, dtype=np.uint8)
    many = replace(division(concepts), names=list(names), splits=splits.tolist())
    right = [90.0] * 12 + [50.0] * 12  # of the 24 test concepts the first 12 have siblings
    run, human = regularized.row({"prototype": 30.0}), regularized.row(control=HUMAN)
    run = replace(run, per_concept=run.per_concept | {"recognizability": right})
    human = replace(human, per_concept=human.per_concept | {"recognizability": [95.0] * 24})
    tables = [Results(None, "quickdraw", "laptop", (human, run)) for _ in range(2)]
    lines = clusters.worth(*tables, many).data.splitlines()
    assert [line.split("|")[2].strip() for line in lines[2:]] == ["by category"] * 2 + [
        "published"
    ] * 2
    assert lines[0].endswith("| of 12 with siblings in training | of 12 without |")
    assert lines[-1].endswith("| 90.0 (90.0–90.0) | 50.0 (50.0–50.0) |")
    gain, more = clusters.gains(*tables, many)
    assert gain.verdict == UNDECIDED and gain.interval.value == 0
    assert more.verdict == HOLDS and more.evidence == "recognizability +40.0 [+40.0, +40.0]"
    alone = replace(many, splits=[TRAIN] * 24 + [TEST] * 24)
    assert clusters.gains(*tables, alone)[1].verdict == UNTESTED
    assert clusters.gains(*tables, None) == []
    empty = Results(None, "quickdraw", "laptop", ())
    assert "no runs with both splits" in clusters.worth(tables[0], empty, many).data
