"""The only place that names a device."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

CHOICES = ("auto", "cuda", "mps", "cpu")
HOST = torch.device("cpu")
"""Where files are read to, whatever computes."""


def resolve(device: str = "auto") -> torch.device:
    """Return the device to compute on: the one named, or the best of cuda, mps, cpu.

    Raises ValueError when `device` is unknown or not present on this machine.
    """
    if device == "auto":
        return present()[0]
    if device.split(":")[0] not in CHOICES:
        raise ValueError(f"unknown device {device!r}; known: {', '.join(CHOICES)}")
    try:
        found = torch.device(device)
    except RuntimeError:
        raise ValueError(f"{device!r} is no device; write cuda, or cuda:1 for the second") from None
    many = torch.cuda.device_count() if found.type == "cuda" else 1
    if found.type not in {d.type for d in present()} or (found.index or 0) >= many:
        raise ValueError(f"device {device!r} is not present here; use device='auto'")
    return found


def present() -> list[torch.device]:
    """Return the devices of this machine, best first."""
    names = ["cuda"] * torch.cuda.is_available() + ["mps"] * torch.backends.mps.is_available()
    return [torch.device(name) for name in [*names, "cpu"]]


@contextmanager
def same_randomness_after(device: torch.device) -> Iterator[None]:
    """Leave torch's generators of the CPU and `device` as they were before the `with` block."""
    # fork_rng knows one kind of device beside the CPU, and mps is not it
    state = torch.mps.get_rng_state() if device.type == "mps" else None
    try:
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            yield
    finally:
        if state is not None:
            torch.mps.set_rng_state(state)


def on_card(device: torch.device) -> bool:
    """Say whether this is a CUDA card: all drawings fit on it, and compiling a network pays."""
    return device.type == "cuda"


def describe(device: torch.device) -> str:
    """Return a name a person recognises, such as "cpu (2 threads)"."""
    if device.type == "cuda":
        return f"cuda ({torch.cuda.get_device_name(device)})"
    if device.type == "cpu":
        threads = torch.get_num_threads()
        return f"cpu ({threads} thread{'s' * (threads > 1)})"
    return device.type
