import pytest
import torch
from objectives import Blurry, batches

from oneshot.training import precision
from oneshot.training.precision import Precision, probe, probe_drawing

X = {"x": batches(0)["x"].float() / 255}


class Timed(Blurry):
    """Every forward pass takes as long as told, on a clock of its own."""

    now = 0.0

    def __init__(self, bf16, both):
        super().__init__()
        self.costs = {(False, False): 1.0, (True, False): bf16, (True, True): both}

    def losses(self, batch, step):
        bf16 = torch.is_autocast_enabled(batch["x"].device.type)
        last = self.net[0].weight.is_contiguous(memory_format=torch.channels_last)
        # one channel in or out makes both formats hold for the first layer; the last one tells
        last &= not self.net[4].weight.is_contiguous()
        Timed.now += self.costs[bf16, last]
        return super().losses(batch, step)


@pytest.mark.parametrize(
    ("bf16", "both", "expected"),
    [
        (0.5, 0.7, Precision(bf16=True)),
        (0.7, 0.5, Precision(bf16=True, channels_last=True)),
        (0.95, 0.95, Precision()),
        (2.0, 3.0, Precision()),
    ],
)
def test_the_fastest_wins_and_bf16_only_by_a_tenth(monkeypatch, bf16, both, expected):
    monkeypatch.setattr(precision.time, "perf_counter", lambda: Timed.now)
    assert probe(Timed(bf16, both), X) == expected


def test_the_probe_leaves_the_objective_as_it_was():
    objective = Blurry().train()
    before = {name: value.clone() for name, value in objective.state_dict().items()}
    probe(objective, X)
    for name, value in objective.state_dict().items():
        assert torch.equal(value, before[name]), name
        assert value.stride() == before[name].stride(), name
    assert objective.training
    assert all(p.grad is None for p in objective.parameters())


@pytest.mark.parametrize(
    ("bf16", "expected"), [(0.5, Precision(bf16=True)), (0.95, Precision()), (2.0, Precision())]
)
def test_drawing_is_in_bf16_where_that_wins_by_a_tenth(monkeypatch, bf16, expected):
    now, tried = [0.0], []

    def draw(precision):
        tried.append(precision)
        # the first time is slow, as it often is, and must not count
        now[0] += 9 if tried.count(precision) == 1 else bf16 if precision.bf16 else 1.0

    monkeypatch.setattr(precision.time, "perf_counter", lambda: now[0])
    assert probe_drawing(draw) == expected
    assert set(tried) == {Precision(), Precision(bf16=True)}


def test_names_for_people():
    assert str(Precision()) == "fp32"
    assert str(Precision(True, True)) == "bf16 channels_last"


def test_place_gives_images_the_memory_format_and_leaves_the_rest():
    both = Precision(True, True)
    image, label = torch.zeros(2, 3, 4, 4), torch.zeros(2, 3)
    assert both.place(image).stride() == (48, 1, 12, 3)
    assert both.place(label) is label
    assert Precision().place(image) is image
