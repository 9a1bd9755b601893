"""Planes and lines of latents, by hand."""

import pytest
import torch

from oneshot.metrics.latents import between, principal_plane


def test_the_plane_keeps_distances_of_a_flat_cloud():
    flat = torch.randn(50, 2, generator=torch.Generator().manual_seed(0)) * torch.tensor([3.0, 1.0])
    basis, _ = torch.linalg.qr(torch.randn(8, 8, generator=torch.Generator().manual_seed(1)))
    plane, share = principal_plane(flat @ basis[:2] + 5)
    assert share == pytest.approx(1)
    gaps = [torch.cdist(x.double(), x.double()) for x in (plane, flat)]
    torch.testing.assert_close(*gaps, atol=1e-4, rtol=0)
    assert plane[:, 0].var() > plane[:, 1].var()


def test_the_sign_of_an_axis_does_not_depend_on_the_order():
    latents = torch.randn(20, 5, generator=torch.Generator().manual_seed(0))
    order = torch.arange(19, -1, -1)
    torch.testing.assert_close(
        principal_plane(latents[order])[0], principal_plane(latents)[0][order]
    )


def test_too_few_latents_are_refused():
    with pytest.raises(ValueError, match=r"at least \(3, 2\), got \(2, 5\)"):
        principal_plane(torch.zeros(2, 5))


def test_lines_are_straight_and_hold_their_ends():
    found = between(torch.zeros(1, 2), torch.tensor([[2.0, 4.0]]), 3)
    torch.testing.assert_close(found, torch.tensor([[[0.0, 0.0], [1.0, 2.0], [2.0, 4.0]]]))
