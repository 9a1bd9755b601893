"""The same recipe is the same artefact: whatever the threads, the batches and the company.

Interruptions are in tests/faults. Stated tolerances: none where only the order of work differs,
float rounding where the order of sums does.
"""

import json

import golden
import pytest
import torch

from oneshot.metrics.features import embed
from oneshot.models import pixel_diffusion
from oneshot.recipes import Samples, presets, results
from oneshot.store import Store
from oneshot.training import loop
from oneshot.training.precision import Precision

GOLDEN = json.loads(golden.FILE.read_text())


@pytest.fixture(scope="module")
def numbers():
    return golden.numbers()


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_numbers(name, numbers):
    assert numbers[name] == pytest.approx(GOLDEN[name], rel=1e-4, abs=1e-5)


def test_every_sampler_and_every_metric_has_golden_numbers(numbers):
    assert numbers.keys() == GOLDEN.keys()
    assert all(values for values in GOLDEN.values())


@pytest.fixture
def steady(monkeypatch):
    """One precision, for which is faster depends on what else the machine does."""
    monkeypatch.setattr(loop, "probe", lambda *_: Precision())
    monkeypatch.setattr(results, "probe_drawing", lambda _: Precision())


@pytest.fixture
def threads():
    """Return a function that sets how many threads compute, until the test ends."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.fixture
def fresh(smoke, tmp_path):
    """Return a function that opens an empty store over the smallest concepts and critics."""
    critic = presets.recognition_critic("glyphs", "smoke")
    smoke.get(critic)
    (tmp_path / "zoo").mkdir()
    for recipe in (critic, critic.concepts, critic.concepts.critic, critic.concepts.drawings):
        (tmp_path / "zoo" / f"{recipe.key}.safetensors").symlink_to(smoke.find(recipe))
    return lambda name: Store(tmp_path / name, tmp_path / "zoo")


def test_one_thread_or_two(steady, threads, fresh):
    """Weights agree to 1e-4 of their size, drawings to two levels of grey, scores to 0.01."""
    model = presets.pixel_diffusion("glyphs", "smoke")
    drawn = Samples(model, variations=4)
    weights, drawings, scores = [], [], []
    for count in (1, 2):
        threads(count)
        store = fresh(str(count))
        weights.append(torch.cat([p.flatten() for p in store.get(model).parameters()]))
        drawings.append(torch.from_numpy(store.get(drawn).drawings).int())
        scores.append(store.get(presets.scores(drawn)))
    assert (weights[0] - weights[1]).norm() <= 1e-4 * weights[0].norm()
    assert (drawings[0] - drawings[1]).abs().max() <= 2
    for name in ("diversity", "originality", "recognizability"):
        one, two = (getattr(score, name).value for score in scores)
        assert one == pytest.approx(two, abs=0.01)


def test_batches_of_16_or_512(steady, fresh, monkeypatch):
    """Drawings agree to one level of grey, features of critics to 1e-5 of their size."""
    model = presets.pixel_diffusion("glyphs", "smoke")
    drawings = []
    for batch in (16, 512):
        monkeypatch.setattr(pixel_diffusion, "TOGETHER", batch)
        monkeypatch.setattr(results, "CONCEPTS_TOGETHER", batch // 16)
        store = fresh("one")
        store.path(Samples(model, variations=12)).unlink(missing_ok=True)
        drawings.append(torch.from_numpy(store.get(Samples(model, variations=12)).drawings))
    assert (drawings[0].int() - drawings[1].int()).abs().max() <= 1
    critic = store.get(presets.originality_critic("glyphs", "smoke"))
    small, large = (embed(critic, drawings[0], 0.5, batch=batch) for batch in (16, 512))
    assert (small - large).norm() <= 1e-5 * large.norm()
