import re
from pathlib import Path

import pytest
import torch

import oneshot
from oneshot import device as devices
from oneshot.device import describe, present, resolve, same_randomness_after
from oneshot.models.autoencoder import Autoencoder
from oneshot.models.critics import ConvCritic, ResNetCritic
from oneshot.models.latent_denoiser import AttentionDenoiser, ResidualDenoiser
from oneshot.models.patch_autoencoder import PatchAutoencoder
from oneshot.objectives.critics import ProtoNetObjective, SimCLRObjective

PACKAGE = Path(oneshot.__file__).parent
META = torch.device("meta")


def test_auto_is_the_best_device_present():
    best = "cuda" if torch.cuda.is_available() else "cpu"
    if torch.backends.mps.is_available():
        best = "mps"
    assert resolve("auto").type == resolve().type == best
    assert present()[0].type == best and present()[-1].type == "cpu"


@pytest.mark.parametrize("device", present(), ids=str)
def test_a_device_is_resolved_by_name_and_can_compute(device):
    assert resolve(str(device)) == device
    assert torch.ones(2, device=resolve(str(device))).sum().item() == 2
    assert describe(device).startswith(device.type)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gpu", "unknown device 'gpu'; known: auto, cuda, mps, cpu"),
        ("cpu:x", "'cpu:x' is no device; write cuda"),
        ("cpu:7", "device 'cpu:7' is not present here; use device='auto'"),
        ("cuda:99", "device 'cuda:99' is not present here"),
    ],
)
def test_what_is_not_here_is_refused(name, message):
    with pytest.raises(ValueError, match=message):
        resolve(name)


def test_a_missing_gpu_is_said_to_be_missing(monkeypatch):
    monkeypatch.setattr(devices, "present", lambda: [torch.device("cpu")])
    with pytest.raises(ValueError, match="device 'mps' is not present here"):
        resolve("mps")


@pytest.mark.parametrize("device", present(), ids=str)
def test_randomness_is_the_same_after(device):
    torch.manual_seed(0)
    expected = torch.rand(2), torch.rand(2, device=device)
    torch.manual_seed(0)
    with same_randomness_after(device):
        torch.rand(5), torch.rand(5, device=device), torch.manual_seed(9)
    assert torch.equal(torch.rand(2), expected[0])
    assert torch.equal(torch.rand(2, device=device), expected[1])


def test_the_generator_of_mps_is_put_back_whatever_happens(monkeypatch):
    kept = {"state": 1}
    monkeypatch.setattr(torch.mps, "get_rng_state", lambda: kept["state"])
    monkeypatch.setattr(torch.mps, "set_rng_state", lambda state: kept.update(state=state))
    with pytest.raises(KeyError), same_randomness_after(torch.device("mps")):
        kept["state"] = 2
        raise KeyError
    assert kept["state"] == 1
    with same_randomness_after(torch.device("cpu")):
        kept["state"] = 3
    assert kept["state"] == 3


def test_no_other_file_names_a_device():
    named = re.compile(r"""["'](cuda|mps|cpu)\b|\.cuda\(|torch\.(cuda|mps)\b""")
    found = [
        f"{path.relative_to(PACKAGE)}:{number}: {line.strip()}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.name != "device.py"
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if named.search(line)
    ]
    assert not found, "\n".join(found)


NETWORKS = {
    "conv critic": (lambda: ConvCritic(48), [(2, 1, 48, 48)]),
    "resnet critic": (lambda: ResNetCritic(48, widths=(4, 4)), [(2, 1, 48, 48)]),
    "autoencoder": (lambda: Autoencoder(8).encoder, [(2, 1, 48, 48)]),
    "patch autoencoder": (lambda: PatchAutoencoder(8).encoder, [(2, 1, 48, 48)]),
    "residual denoiser": (lambda: ResidualDenoiser(8, 16), [(2, 8), (2,), (2, 8), (2,)]),
    "attention denoiser": (lambda: AttentionDenoiser(8, 16), [(2, 8), (2,), (2, 8), (2,)]),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_put_what_they_create_beside_their_input(name):
    """On the meta device a tensor created on a hard-coded device cannot be mixed in."""
    build, shapes = NETWORKS[name]
    network = build().to(META)
    given = [
        torch.zeros(shape, dtype=torch.int64 if i == 1 else torch.float32, device=META)
        for i, shape in enumerate(shapes)
    ]
    assert network(*given).device == META


OBJECTIVES = {
    "simclr": (lambda: SimCLRObjective(ConvCritic(48), 0.5), {"x": (4, 1, 48, 48)}),
    "protonet": (
        lambda: ProtoNetObjective(ConvCritic(48, features="head"), 0.5, "normal"),
        {"support": (3, 1, 48, 48), "query": (3, 2, 1, 48, 48)},
    ),
}


@pytest.mark.parametrize("name", OBJECTIVES)
def test_objectives_put_what_they_create_beside_the_batch(name):
    """With the meta device as default, a tensor created without a device cannot be mixed in."""
    build, shapes = OBJECTIVES[name]
    objective = build()
    batch = {key: torch.rand(shape) for key, shape in shapes.items()}
    with META:
        loss = objective.losses(batch, 0)["loss"]
    assert loss.device == batch.popitem()[1].device
