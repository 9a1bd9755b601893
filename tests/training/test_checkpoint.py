import os

import pytest
import torch

from oneshot.training.checkpoint import (
    load_optimizer,
    optimizer_tensors,
    read_metadata,
    read_tensors,
    write_atomic,
    write_tensors,
)


def test_tensors_and_metadata_come_back(tmp_path):
    tensors = {"a": torch.arange(6).view(2, 3), "b": torch.rand(2, 2).T, "c": torch.tensor(3.5)}
    path = tmp_path / "new" / "folder" / "x.safetensors"
    write_tensors(path, tensors, {"step": 3, "plan": {"lr": 0.1, "betas": (0.9, 0.99)}})
    found, note = read_tensors(path)
    assert found.keys() == tensors.keys()
    assert all(torch.equal(found[name], value) for name, value in tensors.items())
    assert note == {"step": 3, "plan": {"lr": 0.1, "betas": [0.9, 0.99]}} == read_metadata(path)


def test_the_same_content_is_the_same_bytes(tmp_path):
    tensors = {"b": torch.arange(5), "a": torch.ones(2, 2)}
    notes = {f"note {k}": {"é": k, "list": [1, 2.5, None]} for k in range(20)}
    for k in range(2):
        write_tensors(tmp_path / str(k), tensors, dict(sorted(notes.items(), reverse=bool(k))))
    assert (tmp_path / "0").read_bytes() == (tmp_path / "1").read_bytes()
    found, note = read_tensors(tmp_path / "0")
    assert note == notes and torch.equal(found["b"], tensors["b"])


def test_a_file_can_be_read_by_whom_the_user_lets(tmp_path):
    before = os.umask(0o022)
    try:
        write_atomic(tmp_path / "x", b"")
    finally:
        os.umask(before)
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o644


def test_tensors_without_metadata(tmp_path):
    write_tensors(tmp_path / "x", {"a": torch.zeros(2)}, {})
    assert read_metadata(tmp_path / "x") == {}


@pytest.mark.parametrize("left", [0, 5, 100, -1])
def test_a_truncated_file_is_called_so(tmp_path, left):
    path = tmp_path / "x.safetensors"
    write_tensors(path, {"a": torch.zeros(1000)}, {})
    path.write_bytes(path.read_bytes()[:left])
    for read in (read_tensors, read_metadata):
        with pytest.raises(ValueError, match=r"is not a whole safetensors file .*; delete it"):
            read(path)


@pytest.mark.parametrize("where", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, where):
    path = tmp_path / "x"
    write_atomic(path, b"old")

    def full(*_):
        raise OSError("no space left on device")

    if where == "fsync":
        monkeypatch.setattr(os, "fsync", full)
    else:
        monkeypatch.setattr(type(path), "replace", full)
    with pytest.raises(OSError, match="no space"):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["x"]


@pytest.mark.parametrize("kind", [torch.optim.Adam, torch.optim.AdamW, torch.optim.RMSprop])
def test_the_state_of_an_optimizer_comes_back_in_the_layout_of_its_parameters(kind):
    def stepped(steps, given=None):
        torch.manual_seed(0)
        layer = torch.nn.Conv2d(3, 2, 3).to(memory_format=torch.channels_last)
        optimizer = kind(layer.parameters(), lr=0.1)
        if given is not None:
            layer.load_state_dict(given[0])
            load_optimizer(optimizer, given[1], "o")
        for step in steps:
            optimizer.zero_grad()
            torch.manual_seed(step)
            layer(torch.rand(2, 3, 5, 5)).square().sum().backward()
            optimizer.step()
        return layer, optimizer

    whole, _ = stepped(range(6))
    half, optimizer = stepped(range(3))
    state = {name: value.clone() for name, value in optimizer_tensors(optimizer, "o").items()}
    resumed, second = stepped(range(3, 6), (half.state_dict(), state))
    assert torch.equal(whole.weight, resumed.weight) and torch.equal(whole.bias, resumed.bias)
    for parameter, slots in second.state.items():
        for value in slots.values():
            if value.shape == parameter.shape and value.dim() == 4:
                assert value.stride() == parameter.stride()
