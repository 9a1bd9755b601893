"""The contract of a generator: all systems keep to it, and each way to break it is named."""

import re

import pytest
import torch

from oneshot import systems
from oneshot.models.conformance import check, exemplars, refusals
from oneshot.rng import noise

PAGES = exemplars(48)
SAID = {
    "an exemplar with NaN in it": "not all finite",
    "an exemplar of 0..255": "go from 0 to 255; divide pages of 0..255 by 255",
    "an exemplar of bytes that are 0 and 1": "bytes are 0..255, and the most in these is 1",
    "an exemplar of integers": "floats in [0, 1] or bytes 0..255, not torch.int64",
    "an exemplar in [-1, 1]": "go from -1 to 1",
    "an exemplar that is white on black": "give 1 - page",
    "a blank exemplar": "some exemplars are blank",
    "an exemplar of another size": "draws pages of 48 x 48 pixels, and these exemplars have 24",
    "an exemplar without its channel": "(C, 1, 48, 48) with C from 1 up, not (2, 48, 48)",
    "an exemplar without batch and channel": "`page[None, None]` makes one exemplar",
    "an exemplar of three channels": "not (2, 3, 48, 48)",
    "no exemplar at all": "with C from 1 up, not (0, 1, 48, 48)",
    "an array in place of a tensor": "not ndarray; `oneshot.read_drawing` makes one",
    "guidance nan": "guidance is a number from 0",
    "guidance inf": "guidance is a number from 0",
    "guidance -0.5": "guidance is a number from 0",
    "seed 18446744073709551616": "seed is a whole number within 64 bits",
    "seed -9223372036854775809": "seed is a whole number within 64 bits",
    "seed 0.5": "seed is a whole number within 64 bits",
    "0 variations": "at least one variation of an exemplar, not 0",
    "-1 variations": "at least one variation of an exemplar, not -1",
    "1.5 variations": "at least one variation of an exemplar, not 1.5",
    "one concept for two exemplars": "2 exemplars came with 1 concepts",
}


@pytest.fixture(scope="module", params=systems.SYSTEMS)
def model(request, smoke):
    return smoke.get(systems.recipe(request.param, "glyphs", "smoke"))


def test_every_system_keeps_to_the_contract(model):
    assert check(model) == ()


def test_every_system_refuses_bad_input_in_a_sentence(model):
    asked = refusals(PAGES)
    assert asked.keys() == SAID.keys()
    for name, ask in asked.items():
        with pytest.raises(ValueError, match=re.escape(SAID[name])):
            ask(model)


def test_steps_are_whole_numbers_that_the_schedule_has(model):
    if not hasattr(model, "schedule"):
        pytest.skip("it has no steps")
    for steps in (0, -1, 2.5, float("nan"), 10_000):
        with pytest.raises(ValueError, match="give a whole number, 1 to"):
            model.draw(PAGES, 1, steps=steps)


def test_bytes_and_booleans_are_pages_too(model):
    inked = PAGES > 0.5
    plain = model.draw(inked.float(), 1)
    assert torch.equal(model.draw(inked, 1), plain)
    assert torch.equal(model.draw(255 * inked.to(torch.uint8), 1), plain)
    assert torch.equal(model.draw(inked.double(), 1), plain)


class Jitter:
    """A model that keeps to the contract but for bad input, to be broken in each way."""

    def draw(self, exemplars, variations, *, guidance=None, seed=0, concepts=None):
        concepts = range(len(exemplars)) if concepts is None else concepts
        far = 0.3 * noise(seed, concepts, variations, exemplars.shape[1:])
        return (exemplars[:, None] + far).clamp(0, 1)


def changed(change):
    """A model whose drawings are those of `Jitter`, changed by a function."""

    class Changed(Jitter):
        def draw(self, *given, **options):
            return change(super().draw(*given, **options))

    return Changed()


class Impatient(Jitter):
    def draw(self, *given, **options):
        raise KeyError("weights")


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (object(), "it has no method draw(exemplars, variations, *"),
        (Impatient(), "raised KeyError for exemplars (2, 1, 48, 48) in [0, 1]: 'weights'"),
        (changed(lambda drawn: drawn[:, 0]), "here (2, 3, 1, 48, 48), not (2, 1, 48, 48)"),
        (changed(lambda drawn: drawn.mul(255)), "drawings are in [0, 1], and these go from 0"),
        (changed(lambda drawn: drawn.mul(255).byte()), "a tensor of floats, not torch.uint8"),
        (changed(lambda drawn: drawn.numpy()), "a tensor of floats, not ndarray"),
        (changed(lambda drawn: drawn.log()), "drawings are not all finite"),
        (
            changed(lambda drawn: torch.rand_like(drawn)),
            "the same seed gives other drawings each time",
        ),
    ],
)
def test_what_cannot_be_scored_is_refused(broken, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        check(broken)


class Grouped(Jitter):
    """Its noise is drawn for all at once, from torch's own state."""

    def draw(self, exemplars, variations, *, seed=0, **_):
        torch.manual_seed(seed)
        far = torch.rand(len(exemplars), variations, *exemplars.shape[1:])
        return (exemplars[:, None] + 0.3 * far).clamp(0, 1)


def test_habits_that_harm_are_told():
    told = check(Grouped())
    assert any(said.startswith("drawing changes torch's random state") for said in told)
    assert any("the company of other exemplars" in said for said in told)
    assert not any("random state" in said or "company" in said for said in check(Jitter()))


def test_bad_input_that_is_drawn_from_is_told():
    told = check(Jitter())
    assert "an exemplar of 0..255 is drawn from as if it were right" in " ".join(told)
    assert "no exemplar at all is drawn from" in " ".join(told)
    assert "an array in place of a tensor ends in TypeError instead of a ValueError" in told
