"""What figures and tables of scores show is what the scores say."""

import pytest
import torch

from oneshot.metrics.scoring import score
from oneshot.widgets import figures


class Flat(torch.nn.Module):
    """A critic whose features are the pixels."""

    side = 6

    def __init__(self):
        super().__init__()
        self.one = torch.nn.Parameter(torch.ones(1))

    def forward(self, images):
        return images.flatten(1) * self.one


@pytest.fixture(scope="module")
def scores():
    drawings = torch.rand(4, 12, 1, 6, 6, generator=torch.Generator().manual_seed(1))
    return score(drawings, drawings[:, 0], Flat(), Flat(), threshold=0.5, trials=None)


def test_a_page_says_when_its_humans_are_synthetic():
    assert "not people" in figures.whose("glyphs").data
    for dataset, about in {"omniglot": "1,623 characters", "folder:x": "your own drawings"}.items():
        assert (
            about in figures.whose(dataset).data and "synthetic" not in figures.whose(dataset).data
        )
    with pytest.raises(ValueError, match="unknown dataset 'mnist'"):
        figures.whose("mnist")


def test_a_sweep_shows_value_and_interval_of_both_scores(scores):
    figure = figures.along("guidance", [0.0, 1.0], [scores, scores], scores)
    for axes, name in zip(figure.axes, ("originality", "recognizability"), strict=True):
        interval = getattr(scores, name)
        assert axes.get_lines()[0].get_ydata() == pytest.approx([interval.value] * 2)
        heights = axes.collections[0].get_paths()[0].vertices[:, 1]
        assert (heights.min(), heights.max()) == pytest.approx((interval.low, interval.high))


def test_the_plane_names_models_and_humans(scores):
    axes = figures.plane({"model": scores}, scores).axes[0]
    assert [text.get_text() for text in axes.texts] == ["model", "human"]


def test_the_table_starts_with_humans_and_gives_intervals(scores):
    rows = figures.table({"guidance <1": scores}, scores).data.split("<tr>")[2:]
    assert rows[0].startswith("<th>human</th>") and rows[1].startswith("<th>guidance &lt;1</th>")
    r = scores.recognizability
    cell = f"<td>{r.value:.1f} <small>{r.low:.1f}–{r.high:.1f}</small></td></tr>"
    assert rows[0].endswith(cell)


def test_a_plot_is_the_same_svg_every_time(scores):
    svgs = [figures.plane({"model": scores}, scores)._repr_svg_() for _ in range(2)]
    assert svgs[0] == svgs[1] and svgs[0].lstrip().startswith("<?xml")
