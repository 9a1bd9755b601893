"""The same recipe is the same artefact: whatever the threads, the batches and the company.

Interruptions are in tests/faults. Stated tolerances: none where only the order of work differs,
float rounding where the order of sums does.
"""

import json

import golden
import pytest

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
