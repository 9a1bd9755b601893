"""Regularizers against their definitions, written as slowly as they read: values and gradients."""

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from oneshot.objectives.regularizers import Latents, build

BATCH, LATENT, CLASSES = 16, 8, 5


def kl(_, latents):
    code = Normal(latents.mean, torch.exp(latents.logvar / 2))
    return kl_divergence(code, Normal(0.0, 1.0)).sum(1).mean()


def classification(regularizer, latents):
    total = 0
    for x, label in zip(latents.x, latents.label, strict=True):
        odds = torch.exp(regularizer.head.weight @ x + regularizer.head.bias)
        total = total - torch.log(odds[label] / odds.sum())
    return total / BATCH


def prototype(regularizer, latents):
    query, support = regularizer.projector(latents.x), regularizer.projector(latents.y)
    nearness, total = torch.exp(-torch.cdist(query, support).square()), 0
    for i in range(BATCH):
        strangers = [j for j in range(BATCH) if latents.label[j] != latents.label[i]]
        total = total - torch.log(nearness[i, i] / nearness[i, [i, *strangers]].sum())
    return total / BATCH


def barlow(regularizer, latents):
    first, second = (
        (p - p.mean(0)) / torch.sqrt(p.var(0, correction=0) + 1e-5)
        for p in map(regularizer.projector, (latents.view1, latents.view2))
    )
    total = 0
    for i in range(LATENT):
        for j in range(LATENT):
            correlation = (first[:, i] * second[:, j]).mean()
            total = total + ((correlation - 1) ** 2 if i == j else 0.005 * correlation**2)
    return total


DEFINITIONS = {
    "kl": (kl, ("mean", "logvar")),
    "classification": (classification, ("x",)),
    "prototype": (prototype, ("x", "y")),
    "barlow": (barlow, ("view1", "view2")),
}


@pytest.mark.parametrize("name", DEFINITIONS)
@pytest.mark.parametrize("seed", [0, 1])
def test_values_and_gradients_are_those_of_the_definition(name, seed):
    torch.manual_seed(seed)
    definition, inputs = DEFINITIONS[name]
    regularizer = build([name], LATENT, CLASSES)[name].double()
    given = {
        what: torch.randn(BATCH, LATENT, dtype=torch.float64, requires_grad=True) for what in inputs
    }
    label = torch.randint(CLASSES, (BATCH,))  # some concepts are there more than once
    latents = Latents(**{"x": torch.zeros(BATCH, LATENT), **given}, label=label)
    moved = [*given.values(), *regularizer.parameters()]
    ours, theirs = regularizer(latents), definition(regularizer, latents)
    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(torch.autograd.grad(ours, moved), torch.autograd.grad(theirs, moved))
