"""`oneshot results` scores what is trained and says what is not."""

import json

import pytest

from oneshot import cli, systems
from oneshot.drawings.errors import DataError
from oneshot.evaluations import collect as making
from oneshot.evaluations import table
from oneshot.evaluations.record import HUMAN
from oneshot.recipes import presets

WORDS = ("results", "framework", "--preset", "smoke", "--system", "ldm", "--system", HUMAN)


@pytest.fixture
def said(capsys):
    """Return a function that runs a command: its exit status, standard output and error."""

    def run(*words):
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            cli.main(list(words))
        return stopped.value.code, *capsys.readouterr()

    return run


def test_rows_are_printed_and_kept(said, smoke):
    for recipe in (systems.recipe("ldm", "glyphs", "smoke"),
                   presets.recognition_critic("glyphs", "smoke")):  # fmt: skip
        smoke.get(recipe)
    status, out, _ = said(*WORDS, "--dataset", "glyphs", "--json")
    found = json.loads(out)
    assert status == 0 and [row["system"] for row in found] == [HUMAN, "ldm"]
    assert found[1]["sampler_steps"] == 16 and found[1]["diversity"]["low"] > 0
    status, out, _ = said(*WORDS, "--dataset", "glyphs")
    file = table.place("glyphs", "smoke")
    lines = out.splitlines()
    assert lines[1].startswith(
        "glyphs     ldm, guidance 1.0, sampler dpm_solver_pp, sampler_steps 16"
    )
    assert lines[-1] == f"glyphs: 2 records are in {file}"


def test_a_data_set_that_is_not_there_is_left_out_unless_it_was_asked_for(said, monkeypatch):
    def collect(what, dataset, *_):
        if dataset == "omniglot":
            raise DataError("omniglot is missing; run `oneshot data fetch omniglot`")
        return making.Collected(None, (), ("cfgdm", "critics"))

    monkeypatch.setattr(making, "collect", collect)
    status, out, _ = said("results", "speed")
    assert status == 0
    assert "omniglot is left out: omniglot is missing" in out
    assert "quickdraw: not trained yet are cfgdm, critics" in out
    status, out, err = said("results", "speed", "--dataset", "omniglot")
    assert status == 1 and err.startswith("oneshot: omniglot is missing; run")


def test_a_variant_is_made_by_name(said, monkeypatch):
    made = []
    monkeypatch.setattr("oneshot.store.get", lambda recipe: made.append(recipe) or exit(7))
    status, *_ = said("make", "vae-ns", "--preset", "smoke", "--variant", "set_size=10")
    assert status == 7 and made[0].set_size == 10
    status, _, err = said("make", "vae-ns", "--preset", "smoke", "--variant", "betas=2")
    assert status == 1 and "NeuralStatistician has no number 'betas'" in err
