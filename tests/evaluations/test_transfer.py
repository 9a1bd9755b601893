"""What a model draws that it did not learn: rows, what is kept, statements, and the page."""

import itertools
import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from IPython.display import HTML
from pages import outputs, told

from oneshot import own, store, systems
from oneshot.claims import this_book
from oneshot.evaluations import lines, transfer
from oneshot.evaluations.transfer import SKETCHBOOK, Transfer
from oneshot.metrics import paired
from oneshot.metrics.features import embed
from oneshot.metrics.intervals import Interval
from oneshot.metrics.originality import distance
from oneshot.recipes import presets
from oneshot.recipes.rivals import rivals
from oneshot.recipes.together import ANY
from oneshot.widgets import sketchpad
from oneshot.widgets.sheets import Sheet


def row(drawn: str, learned: str, known: list[float], system: str = "ldm") -> Transfer:
    kept = {"distance": [1.0] * len(known), "scale": [2.0] * len(known), "recognizability": known}
    far, known_by = Interval(0.5, 0.5, 0.5), Interval(np.mean(known), 0, 100)
    return Transfer(system, learned, drawn, far, known_by, 4, kept, "key")


def test_a_model_is_measured_once_and_its_drawings_are_kept(smoke, tmp_path):
    (found,) = transfer.keep(["da-gan-un"], [SKETCHBOOK], tmp_path, ["glyphs"])
    assert found.identity == (SKETCHBOOK, "glyphs", "da-gan-un")
    assert transfer.read(tmp_path) == [found.from_json(found.to_json())]
    assert list(transfer.keep(["da-gan-un"], [SKETCHBOOK], tmp_path, ["glyphs"])) == []
    pages, ids, names, people = transfer.exemplars(SKETCHBOOK)
    assert people is None and len(names) == len(ids) == 24
    model = store.get(systems.recipe("da-gan-un", "glyphs"))
    drawn = model.draw(pages, transfer.VARIATIONS, concepts=ids)
    shown = transfer.drawings(found, tmp_path)
    assert shown.names == tuple(names)
    apart = np.abs(shown.drawings / 255 - drawn[:, : transfer.SHOWN].numpy())
    assert apart.max() < 0.2, "two bits a pixel"
    judges = rivals("quickdraw")
    features = [
        embed(store.get(judges.originality), torch.round(255 * some), judges.concepts.threshold)
        for some in (drawn, pages)
    ]
    far = distance(*features).mean(1) / store.get(judges).unit
    assert found.originality.value == pytest.approx(far.mean().item(), rel=1e-3)


def test_a_row_of_a_model_that_drew_otherwise_is_made_again(smoke, tmp_path):
    def keep():
        return list(transfer.keep(["da-gan-un"], ["glyphs"], tmp_path, ["glyphs"]))

    people, found = keep()
    assert (people.drawing, found.drawing) == ({}, {})
    guided = systems.recipe("cfgdm", "glyphs")
    assert transfer._way(guided) == guided.drawing and guided.drawing["steps"] > 1
    for drawing, again in ((None, []), ({"guidance": 4.0}, [found])):
        file = tmp_path / transfer.NAMES["test"]
        lines.put(file, [replace(found, drawing=drawing)], Transfer, lambda one: one.identity)
        assert ('"guidance": 4.0' in file.read_text()) == bool(drawing)
        assert keep() == again


def test_what_is_chosen_is_chosen_on_concepts_of_their_own(smoke, tmp_path):
    rows = list(transfer.keep(["da-gan-un"], ["glyphs"], tmp_path, ["glyphs"], "validation"))
    assert [row.system for row in rows] == [systems.HUMAN, "da-gan-un"]
    assert transfer.read(tmp_path) == []
    kept = {one.identity: one for one in transfer.read(tmp_path, "validation")}
    assert kept == {one.identity: one.from_json(one.to_json()) for one in rows}
    group = store.get(presets.concepts("glyphs"))
    _, ids, names, people = transfer.exemplars("glyphs", "validation")
    assert set(ids) <= set(group.of("validation")) and len(names) == len(people)
    assert not set(ids) & set(transfer.exemplars("glyphs")[1])


def test_what_learned_a_data_set_is_held_against_what_learned_another():
    better, worse = [90.0, 80.0, 95.0, 85.0] * 5, [40.0, 20.0, 50.0, 30.0] * 5
    rows = [
        row("omniglot", "omniglot", better),
        row("omniglot", "glyphs", worse),
        row("omniglot", "quickdraw", better),
        row("glyphs", "omniglot", worse),
        row("omniglot", "omniglot", better, systems.HUMAN),
    ]
    found = {claim.statement[-20:]: claim.verdict for claim in this_book.carries(rows)}
    assert list(found.values()) == [paired.HOLDS, paired.UNDECIDED]
    assert "by a synthetic hand." in next(iter(found))


def test_what_is_most_recognizable_over_all_is_chosen():
    rows = [
        row("omniglot", "omniglot", [90.0]),
        row("glyphs", "omniglot", [20.0]),
        row("omniglot", ANY, [80.0]),
        row("glyphs", ANY, [40.0]),
        row("glyphs", "glyphs", [100.0], "cfgdm"),
    ]
    assert transfer.chosen(rows) == ANY
    assert transfer.chosen(rows, "cfgdm") == "glyphs"
    assert transfer.model_label("ldm", ANY) == "LDM, all three"
    assert transfer.model_label("ldm", "omniglot") == "LDM, Omniglot"
    with pytest.raises(ValueError, match="nothing is known of the DDPM"):
        transfer.chosen(rows, "ddpm")


def test_what_ships_is_of_the_models_that_ship():
    rows = transfer.read()
    assert len({one.identity for one in rows}) == len(rows)
    for one in rows:
        count = len(one.per_concept["recognizability"])
        assert count == transfer.CONCEPTS
        assert one.recognizability.value == pytest.approx(
            np.mean(one.per_concept["recognizability"]), abs=0.01
        )
        if one.drawn == SKETCHBOOK:
            assert transfer.drawings(one) is not None
    for drawn in {one.drawn for one in rows}:
        there = {one.learned for one in rows if (one.drawn, one.system) == (drawn, "ldm")}
        assert there == set(transfer.LEARNED)
    assert {one.drawn for one in rows} == set(transfer.DRAWN)


def test_the_pad_begins_with_what_is_chosen_on_validation_concepts():
    rows = transfer.read(split="validation")
    shown = {(one.drawn, one.learned) for one in rows if one.system == "ldm"}
    assert shown == set(itertools.product(transfer.HOMES, transfer.LEARNED))
    first = sketchpad.MODELS[0]
    assert (first.system, first.dataset) == ("ldm", transfer.chosen(rows))
    assert own.usual_dataset("ldm") == first.dataset


def test_the_page_shows_drawings_first_and_then_numbers():
    shown = outputs("transfer", systems=["ldm"], shown=3)
    sheet, *tables = [one for one in shown if isinstance(one, Sheet | HTML)]
    assert isinstance(sheet, Sheet) and len(sheet.axes[0].texts) == 1 + len(transfer.LEARNED), (
        "a line for each model"
    )
    kept = {row.identity: row for row in transfer.read()}
    value = kept[SKETCHBOOK, "omniglot", "ldm"].recognizability.value
    (line,) = re.findall(r"<th>LDM, Omniglot</th>(.*?)</tr>", tables[0].data)
    assert re.findall(r"<td>([\d.]+) ", line)[-1] == f"{value:.1f}"
    assert f"Of {len(this_book.carries(transfer.read()))} statements" in told(shown)
