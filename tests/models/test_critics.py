from pathlib import Path

import pytest
import torch
from networks import count
from torch import nn

from oneshot.models.critics import ConvCritic, PatchCritic, ResNetCritic, released


@pytest.mark.parametrize(
    ("critic", "parameters"),
    [
        (ConvCritic(), 292_544),
        (ConvCritic(side=48, features="head"), 292_544),
        (ConvCritic(side=48, widths=(64, 128, 128)), 1_435_520),
        (ResNetCritic(), 11_331_904),
    ],
)
def test_published_sizes(critic, parameters):
    assert count(critic) == parameters


@pytest.mark.parametrize("side", [48, 50])
@pytest.mark.parametrize("stem", ["pooled", "strided"])
@pytest.mark.parametrize(("features", "width"), [("embedding", 256), ("head", 128)])
def test_features_are_read_where_asked(side, stem, features, width):
    critic = ConvCritic(side=side, stem=stem, features=features).eval()
    x = torch.rand(2, 1, side, side)
    out = critic(x)
    assert out.shape == (2, width)
    h = critic.embed(x)
    assert torch.equal(out, h if features == "embedding" else critic.head(h))


def test_resnet_shapes():
    critic = ResNetCritic(side=48, widths=(4, 8, 8, 16)).eval()
    assert critic(torch.rand(2, 1, 48, 48)).shape == (2, 128)


def test_patch_critic_tells_places_apart():
    critic = PatchCritic(48, widths=(4, 8)).eval()
    x = torch.zeros(2, 1, 48, 48)
    x[0, :, :8, :8] = 1
    x[1, :, -8:, -8:] = 1
    near, far = critic(x)
    assert near.shape == (128,)
    assert (near - far).abs().max() > 1e-4


def test_wrong_side_is_refused():
    with pytest.raises(ValueError, match=r"expects images \(N, 1, 50, 50\)"):
        ConvCritic(side=50)(torch.rand(2, 1, 48, 48))
    with pytest.raises(ValueError, match="multiple of 8"):
        PatchCritic(side=50)
    with pytest.raises(ValueError, match="halvings"):
        ConvCritic(side=8)
    with pytest.raises(ValueError, match="stem"):
        ConvCritic(stem="none")
    with pytest.raises(ValueError, match="features"):
        ConvCritic(features="metric")


def foreign_state(head):
    """A state dict with the names of the released files: conv, norm, ReLU, pool per block."""
    block = lambda ins: nn.Sequential(  # noqa: E731
        nn.Conv2d(ins, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2)
    )
    embedding = nn.Sequential(
        *(block(i) for i in (1, 64, 64, 64)), nn.Flatten(), nn.ReLU(), nn.Linear(576, 256)
    )
    last = nn.Linear(256, 128)
    weights = {f"embedding.{k}": v for k, v in embedding.state_dict().items()}
    weights |= {f"{head}.{k}": v for k, v in last.state_dict().items()}
    return weights, embedding.eval(), last


def test_released_weights_give_the_released_features(tmp_path):
    x = torch.rand(3, 1, 50, 50)
    weights, embedding, _ = foreign_state("projection.0")
    torch.save(weights, tmp_path / "simclr.pt")
    assert torch.equal(released(tmp_path / "simclr.pt", "originality")(x), embedding(x))
    weights, embedding, last = foreign_state("metric_layer")
    torch.save(weights, tmp_path / "proto.pt")
    assert torch.equal(released(tmp_path / "proto.pt", "recognition")(x), last(embedding(x)))


def test_released_refuses_other_files(tmp_path):
    weights, _, _ = foreign_state("projection.0")
    torch.save(weights, tmp_path / "simclr.pt")
    with pytest.raises(ValueError, match=r"lacks 'metric_layer\.bias'"):
        released(tmp_path / "simclr.pt", "recognition")
    with pytest.raises(ValueError, match="kind"):
        released(tmp_path / "simclr.pt", "protonet")
    with pytest.raises(FileNotFoundError, match="no released critic"):
        released(tmp_path / "missing.pt", "originality")
    (tmp_path / "text.pt").write_text("not weights")
    with pytest.raises(ValueError, match="not a file of weights alone"):
        released(tmp_path / "text.pt", "originality")
    weights["embedding.6.weight"] = torch.zeros(256, 4)
    torch.save(weights, tmp_path / "shape.pt")
    with pytest.raises(ValueError, match="size mismatch"):
        released(tmp_path / "shape.pt", "originality")


@pytest.mark.parametrize("content", ["pickled", "text", "pointer"])
def test_no_fault_of_a_file_advises_to_load_pickles(tmp_path, content, git_lfs_pointer):
    file = tmp_path / "simclr_omniglot.pt"
    if content == "pickled":
        torch.save({"weights": Path()}, file)
    else:
        file.write_bytes(git_lfs_pointer if content == "pointer" else b"not weights")
    with pytest.raises(ValueError) as caught:
        released(file, "originality")
    said = str(caught.value)
    assert "weights_only" not in said and "pickle" not in said and "\n" not in said
    assert ("git lfs pull" in said) == (content == "pointer")
