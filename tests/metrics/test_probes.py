import math

import numpy as np
import pytest
import torch
from scipy import stats

from oneshot.metrics import probes
from oneshot.metrics.intervals import Interval
from oneshot.models.autoencoder import Autoencoder


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def clouds(concepts, count, size, spread):
    """Return latents (C, N, d) around random centres, and the centres."""
    centres = torch.randn(concepts, size)
    return centres[:, None] + spread * torch.randn(concepts, count, size), centres


def test_linear_probe_separates_what_a_line_separates():
    latents = torch.tensor([[[0.0, 0.0], [0.1, 5.0]] * 4, [[1.0, 0.0], [0.9, 5.0]] * 4])
    assert probes.linear_probe(latents) == Interval(100, 100, 100)


def test_linear_probe_is_at_chance_without_information():
    latents = torch.randn(4, 1000, 3)
    found = probes.linear_probe(latents)
    assert found.value == pytest.approx(25, abs=4) and found.low < found.value < found.high


def test_linear_probe_fits_and_tests_on_different_drawings():
    latents = torch.randn(2, 100, 200)  # more dimensions than drawings: fits anything
    assert probes.linear_probe(latents).value < 70


def test_linear_probe_agrees_with_ridge_of_scikit_learn():
    linear_model = pytest.importorskip("sklearn.linear_model")
    latents, _ = clouds(5, 40, 6, 1.0)
    x = latents[:, :20].flatten(0, 1).double().numpy()
    test = latents[:, 20:].flatten(0, 1).double().numpy()
    label = np.repeat(np.arange(5), 20)
    mean, std = x.mean(0), x.std(0, ddof=1)
    ridge = linear_model.RidgeClassifier(alpha=1e-2 * len(x))
    ridge.fit((x - mean) / std, label)
    theirs = 100 * (ridge.predict((test - mean) / std) == label).mean()
    assert probes.linear_probe(latents).value == pytest.approx(theirs)


def test_one_shot_probe_by_hand():
    exemplars = torch.tensor([[0.0, 0.0], [4.0, 0.0]])
    latents = torch.tensor([[[1.0, 0.0], [3.0, 0.0]], [[4.0, 9.0], [5.0, 0.0]]])
    # of one concept one half is named, of the other all
    assert probes.one_shot_probe(latents, exemplars) == Interval(75, 50, 100)


def test_whitening_ignores_a_dimension_that_varies_within_concepts():
    latents, exemplars = clouds(10, 50, 4, 0.05)
    latents[..., 0] += 20 * torch.randn(10, 50)
    assert probes.one_shot_probe(latents, exemplars).high < 60
    assert probes.one_shot_probe(latents, exemplars, whiten=True).low > 80


def test_statistics_of_a_gaussian_cloud():
    found = probes.statistics(torch.randn(10, 2000, 8))
    assert found.effective_rank.value == pytest.approx(8, rel=0.01)
    assert found.excess_kurtosis.value == pytest.approx(0, abs=0.1)
    # mean of a chi distribution of 8 degrees of freedom
    assert found.norm.value == pytest.approx(
        math.sqrt(2) * math.gamma(4.5) / math.gamma(4), rel=0.01
    )
    assert found.within.value == pytest.approx(1, abs=0.01)


def test_the_interval_of_the_rank_holds_it_although_resamples_are_flatter():
    latents, _ = clouds(12, 30, 64, 0.1)
    rank = probes.statistics(latents).effective_rank
    assert rank.low < rank.value < rank.high
    flatter = [probes.statistics(latents[np.arange(12) != k]).effective_rank for k in range(12)]
    assert max(rank.value for rank in flatter) < rank.value


def test_statistics_of_two_points_by_hand():
    latents = torch.tensor([[[3.0, 4.0]] * 2, [[-3.0, -4.0]] * 2])
    found = probes.statistics(latents)
    assert found.effective_rank.value == pytest.approx(1)
    assert found.excess_kurtosis.value == pytest.approx(-2)  # a fair coin
    assert found.norm.value == pytest.approx(5)
    assert found.norm_spread.value == pytest.approx(0, abs=1e-6)
    assert found.within.value == pytest.approx(0)


def test_statistics_of_a_resample_are_those_of_its_concepts(monkeypatch):
    latents, _ = clouds(4, 30, 5, 0.7)
    latents[2] *= 3
    drawn = np.array([0.5, 0.0, 0.25, 0.25])  # concepts 0, 0, 2, 3
    monkeypatch.setattr(probes.intervals, "weights", lambda *_: np.stack([drawn, drawn]))
    found = vars(probes.statistics(latents))
    again = latents[[0, 0, 2, 3]].double()
    x = again.flatten(0, 1).numpy()
    spectrum = np.linalg.eigvalsh(np.cov(x.T, bias=True))
    shares = spectrum / spectrum.sum()
    norms = np.linalg.norm(x, axis=1)
    expected = {
        "effective_rank": np.exp(-(shares * np.log(shares)).sum()),
        "excess_kurtosis": stats.kurtosis(x).mean(),
        "norm": norms.mean(),
        "norm_spread": norms.std(),
        "within": again.var(1, correction=0).sum(1).mean().item() / x.var(0).sum(),
    }
    assert {name: interval.value for name, interval in found.items()} == pytest.approx(expected)


def test_reconstruction_error_of_a_blank_answer():
    class Blank(torch.nn.Module):
        def encode(self, x):
            assert not self.training
            return x.new_zeros(len(x), 2)

        def decode(self, z):
            return z.new_zeros(len(z), 1, 2, 2)

    x = torch.tensor([[[[[1.0, 0.0], [0.5, 0.0]]]], [[[[0.5, 0.0], [0.0, 0.0]]]]])
    blank = Blank().train()
    found = probes.reconstruction_error(blank, x, batch=1)
    lost = Interval(0.75, 0.25, 1.25)
    assert found == {"error": lost, "blank": lost, "explained": Interval(0, 0, 0)}
    assert blank.training


def test_reconstruction_error_of_an_autoencoder_is_what_its_loss_sees():
    autoencoder = Autoencoder(8).eval()
    x = torch.rand(4, 1, 48, 48)
    expected = (autoencoder.decode(autoencoder.encode(x)) - x).square().sum() / 4
    found = probes.reconstruction_error(autoencoder, x.unflatten(0, (2, 2)), batch=2)
    assert found["error"].value == pytest.approx(expected.item(), rel=1e-4)
    saved = 1 - found["error"].value / found["blank"].value
    assert found["explained"].value == pytest.approx(saved)


def test_mistakes_name_what_was_expected():
    with pytest.raises(ValueError, match="concepts, drawings, d"):
        probes.statistics(torch.zeros(4, 2))
    with pytest.raises(ValueError, match="collapsed"):
        probes.statistics(torch.ones(2, 2, 2))
    with pytest.raises(ValueError, match="one a concept"):
        probes.one_shot_probe(torch.zeros(3, 2, 2), torch.zeros(2, 2))
    with pytest.raises(ValueError, match="at least 2 drawings"):
        probes.linear_probe(torch.randn(2, 1, 2))
    with pytest.raises(ValueError, match="no drawing"):
        probes.reconstruction_error(Autoencoder(8), torch.zeros(2, 2, 1, 48, 48))
