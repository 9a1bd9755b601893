"""What the benchmarks have in common: the clock, the one thread and the row."""

import pytest
import torch

from oneshot import bench


def test_the_fastest_call_counts(monkeypatch):
    clock = iter([0.0, 3.0, 10.0, 11.5, 20.0, 22.0])
    monkeypatch.setattr("time.process_time", lambda: next(clock))
    calls = []
    assert bench.fastest(lambda: calls.append(None), 3) == 1.5
    assert len(calls) == 3


def test_threads_come_back_after_a_fault():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with pytest.raises(ZeroDivisionError), bench.one_thread():
            assert torch.get_num_threads() == 1
            raise ZeroDivisionError
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_a_row_says_how_many_times_ours_is_faster():
    row = bench.row("drawing", 0.5, 4.0, 20)
    assert (row["ratio"], row["target"]) == (8.0, 20)
