"""The metrics against scikit-learn and SciPy."""

import numpy as np
import pytest
import torch

from oneshot.metrics.human import coverage
from oneshot.metrics.intervals import mean
from oneshot.metrics.recognizability import recognizability

neighbors = pytest.importorskip("sklearn.neighbors")


def test_all_way_recognizability_is_nearest_neighbour_classification():
    rng = np.random.default_rng(0)
    exemplars = rng.normal(size=(17, 8))
    queries = exemplars[:, None] + rng.normal(size=(17, 9, 8))
    classifier = neighbors.KNeighborsClassifier(1).fit(exemplars, np.arange(17))
    named = classifier.predict(queries.reshape(-1, 8)).reshape(17, 9)
    expected = 100 * (named == np.arange(17)[:, None]).mean(1)
    result = recognizability(torch.tensor(queries), torch.tensor(exemplars), "all")
    np.testing.assert_allclose(result.per_concept, expected, rtol=1e-5)
    assert 20 < result.value < 95


def test_coverage_is_that_of_a_neighbour_search():
    rng = np.random.default_rng(1)
    human, model = rng.normal(size=(2, 40, 3)), 0.5 + 0.7 * rng.normal(size=(2, 30, 3))
    result = coverage(torch.tensor(human), torch.tensor(model), neighbours=4)
    for concept in range(2):
        inside = {}
        for name, base, other in (("h", human, model), ("m", model, human)):
            search = neighbors.NearestNeighbors(n_neighbors=5).fit(base[concept])
            radius = search.kneighbors(base[concept])[0][:, -1]
            far = np.linalg.norm(base[concept][:, None] - other[concept], axis=2)
            inside[name] = far < radius[:, None]
        assert result.precision[concept].item() == pytest.approx(inside["h"].any(0).mean())
        assert result.recall[concept].item() == pytest.approx(inside["m"].any(0).mean())
        assert result.density[concept].item() == pytest.approx(inside["h"].sum(0).mean() / 4)
        assert result.coverage[concept].item() == pytest.approx(inside["h"].any(1).mean())


def test_interval_is_that_of_scipy():
    stats = pytest.importorskip("scipy.stats")
    values = np.random.default_rng(2).gamma(2, size=60)
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=4000, method="percentile", rng=np.random.default_rng(0)
    ).confidence_interval
    ours = mean(values, draws=4000)
    width = theirs.high - theirs.low
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs), abs=0.05 * width)
