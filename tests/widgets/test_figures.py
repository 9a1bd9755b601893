"""What figures, tables and sliders show is what the records say."""

import re
from dataclasses import replace

import made_up
import numpy as np
import pytest
from IPython.display import Markdown
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex

from oneshot import systems
from oneshot.claims import latent_representation
from oneshot.evaluations import selection
from oneshot.evaluations.published import POINTS
from oneshot.evaluations.table import Table
from oneshot.evenly import evenly
from oneshot.metrics.intervals import Interval
from oneshot.metrics.paired import FAILS, HOLDS, UNDECIDED, UNTESTED, Claim
from oneshot.metrics.tradeoff import tradeoff
from oneshot.widgets import canvas, figures, sliders, tables, words
from oneshot.widgets.canvas import NARROW, plot


def scored(found):
    return {"human": found.human} | found.defaults().systems


def texts(artists):
    return [text.get_text() for text in artists]


def test_evenly_is_from_the_first_to_the_last_and_rounds():
    assert evenly(10, 4).tolist() == [0, 3, 6, 9] and evenly(3, 9).tolist() == [0, 1, 2]
    assert evenly(12, 5).tolist() == [0, 3, 6, 8, 11]  # 2.75, 5.5 and 8.25 are rounded
    assert evenly(5, 1).tolist() == [0] and evenly(0, 3).tolist() == evenly(3, 0).tolist() == []


@pytest.mark.parametrize(
    "show",
    [
        lambda: figures.plane({}),
        lambda: figures.paths([], None),
        lambda: figures.paths([{}], None),
        lambda: figures.against({}, "beta"),
        lambda: figures.against({"kl": Table([])}, "beta"),
        lambda: figures.arrows([], None),
        lambda: figures.curves({}),
        lambda: figures.densities({}),
        lambda: figures.ranking({"distance": {}}),
        lambda: figures.board({}),
        lambda: tables.table({}, {}),
        lambda: tables.runs(Table([]), {}),
        lambda: sliders.systems_explorer(Table([]), 3),
        lambda: sliders.sheet({}, None),
    ],
)
def test_of_nothing_a_sentence_says_so(show):
    assert isinstance(show(), Markdown)


def test_the_plane_has_ellipses_other_settings_and_hollow_published_points(found):
    small = [one for one in found if one.changed]
    figure = figures.plane(scored(found), hollow=POINTS["omniglot"], small=small)
    (axes,) = figure.axes
    assert len(axes.patches) == 9  # an ellipse for people and each system
    hollow = [line for line in axes.lines if line.get_markerfacecolor() == "none"]
    assert len(hollow) == 8  # there is no published point of the LDM
    dots = [line.get_xydata()[0] for line in axes.lines if line.get_markersize() == 3]
    places = [canvas.point(one, "diversity") for one in small]
    np.testing.assert_allclose(dots, places)
    names = texts(figure.legends[0].get_texts())
    assert names[0] == "human" and names[-2:] == ["published", "other settings"]
    bare = texts(figures.plane(scored(found)).legends[0].get_texts())
    assert not {"published", "other settings"} & set(bare)


def test_paths_show_every_run_and_the_largest_dot_is_the_best(runs):
    families = runs.by("family")
    panels = [["kl", "vq"], ["prototype", "barlow+prototype"]]
    curves = {
        name: tradeoff(*latent_representation.by_beta(runs, name))
        for panel in panels
        for name in panel
    }
    best = selection.best(runs, "prototype")
    groups = [{name: families[name] for name in panel} for panel in panels]
    marks = {"none": families["none"][0]}
    figure = figures.paths(groups, runs.human, curves=curves, best=best, marks=marks)
    left, right = figure.axes
    assert texts(right.get_legend().get_texts()) == ["prototype", "barlow+prototype"]
    dots = [d for d in right.collections if isinstance(d, PathCollection)]
    assert [len(d.get_offsets()) for d in dots] == [5, 3]
    betas = families["prototype"].column("beta")
    assert betas[int(np.argmax(dots[0].get_sizes()))] == best[0].beta
    assert len(right.patches) == 1  # five betas have a band, three have crosses
    assert texts(figure.legends[0].get_texts())[:2] == ["none", "human"]
    assert left.get_xlim() == right.get_xlim()
    dashed = [line.get_linestyle() for line in right.lines if len(line.get_xdata()) > 9]
    assert dashed == ["-", "--"]


def test_paths_of_settings_have_the_colours_of_their_systems_and_the_second_is_hollow(found):
    row, other = (found.systems[name] for name in ("vae-ns", "vae-stn"))
    groups = {"VAE-NS, β": [row], "VAE-NS, set size": [row], "VAE-STN, β": [other]}
    (axes,) = figures.paths([groups], found.human, x="diversity").axes
    dots = [d for d in axes.collections if isinstance(d, PathCollection)]
    edges = [to_hex(d.get_edgecolor()[0]) for d in dots]
    assert edges == [systems.looks(name)[0] for name in ("vae-ns", "vae-ns", "vae-stn")]
    assert [to_hex(d.get_facecolor()[0]) == "#ffffff" for d in dots] == [False, True, False]


def test_scores_are_shown_against_a_column_with_their_intervals(runs):
    groups = {name: runs.by("family")[name] for name in ("prototype", "barlow+prototype")}
    figure = figures.against(groups, "beta", human=runs.human, log=True)
    for ax, score in zip(figure.axes, ("originality", "recognizability"), strict=True):
        # a spline through five betas, but not through three
        assert sum(len(line.get_xdata()) == 100 for line in ax.lines) == 1
        values, _, (bars,) = ax.containers[0].lines
        assert values.get_ydata() == pytest.approx(
            [one[score].value for one in groups["prototype"]]
        )
        first = groups["prototype"][0][score]
        assert bars.get_segments()[0][:, 1] == pytest.approx([first.low, first.high])
    names = texts(figure.axes[1].get_legend().get_texts())
    assert set(names) == {"prototype", "barlow+prototype", "human"}


def test_arrows_lead_from_the_first_to_the_second(runs):
    one, two = runs.by("family")["kl"][:2]
    (ax,) = figures.arrows([(one, two)], runs.human).axes
    (arrow,) = [text for text in ax.texts if text.arrow_patch]
    ends = [canvas.point(r, "originality") for r in (one, two)]
    np.testing.assert_allclose([arrow.xyann, arrow.xy], ends)


def test_curves_have_bands_fits_and_published_bins(found):
    bins = {"human": ((0.3, 99.0), (0.9, 94.0))}
    (axes,) = figures.curves(scored(found), bins).axes
    assert len(axes.collections) == 9
    hollow = [line for line in axes.lines if line.get_markerfacecolor() == "none"]
    assert len(hollow) == 1 and axes.lines[0].get_linestyle() == "--"
    assert axes.get_ylim()[1] <= 102


def test_a_ranking_has_marks_a_band_and_lines():
    values = {"ldm": Interval(0.4, 0.3, 0.5), "vq": Interval(-0.2, -0.3, -0.1)}
    figure = figures.ranking(
        {"all": values, "ink": values},
        lines={"ceiling": 0.9},
        band=dict.fromkeys(("all", "ink"), Interval(0.8, 0.7, 0.9)),
        marks={"all": ["", ""], "ink": ["***", ""]},
        dots={"ldm": [0.4, 0.5], "vq": [0.1]},
    )
    first, second = figure.axes
    assert texts(second.texts) == ["***", ""]
    for axes in (first, second):
        assert texts(axes.get_yticklabels()) == ["LDM", "vq"]
    figure.draw_without_rendering()
    assert first.get_position().y0 > second.get_position().y1, "beneath each other, for a phone"
    assert "ceiling" in {line.get_label() for line in first.lines}
    assert "ceiling" not in {line.get_label() for line in second.lines}
    assert first.get_xlim()[0] < 0


def test_bars_of_the_board_are_as_long_as_statements_came_out_so():
    one, two = {HOLDS: 2, UNDECIDED: 0, FAILS: 1}, {HOLDS: 1, UNDECIDED: 1, FAILS: 0}
    (axes,) = figures.board({"paper": {"alone": one, "together": two}, "own": {"alone": one}}).axes
    widths = [[bar.get_width() for bar in bars] for bars in axes.containers]
    assert widths == [[2], [0], [1], [1], [1], [0], [2], [0], [1]]
    assert texts(axes.texts) == ["paper", "2", "1", "1", "1", "own", "2", "1"]
    assert texts(axes.get_yticklabels()) == ["alone", "together", "alone"]


def test_what_is_regularized_looks_like_its_partner():
    assert canvas.looks("barlow+prototype") == canvas.looks("barlow 30")
    assert len({canvas.looks(name)[0] for name in canvas.REGULARIZERS}) == 7
    assert canvas.looks("cfgdm") == systems.looks("cfgdm")


def test_a_plot_is_the_same_svg_every_time(found):
    svgs = [figures.plane(scored(found))._repr_svg_() for _ in range(2)]
    assert svgs[0] == svgs[1] and svgs[0].lstrip().startswith("<?xml")


def test_a_table_has_names_and_intervals(found):
    columns = {"recognizability (%)": "recognizability", "kind <b>": lambda one: one.family}
    text = tables.table({"human": found.human, "cfgdm": found.systems["cfgdm"]}, columns).data
    r = found.human.recognizability
    assert f"<th>human</th><td>{r.value:.1f} <small>{r.low:.1f}–{r.high:.1f}</small></td>" in text
    assert "<th>CFGDM</th>" in text and "<th>kind &lt;b&gt;</th>" in text
    assert tables.cell(Interval(-0.0001, -0.2, 0.1)) == "0.000 <small>−0.200 to 0.100</small>"
    assert (tables.cell(1234.5), tables.cell(None), tables.cell("x")) == ("1,234", "", "x")


def test_verdicts_say_where_a_statement_is_from_and_what_was_not_tested():
    held = Claim("It is so.", None, "0.2", HOLDS, "fig. 2", "a note")
    told = tables.verdicts([held, Claim("Not tried.", None, "", UNTESTED)]).data
    assert "| It is so. (fig. 2) | 0.2 | **holds** | a note |" in told
    assert told.endswith("Not tested yet, because scores are missing: Not tried.")
    assert "note" not in tables.verdicts([Claim("So.", None, "0.2", HOLDS)]).data
    assert "nothing to compare" in tables.verdicts([]).data


def test_runs_are_listed_nearest_to_human_first(runs):
    unit = selection.spread(runs)
    far = {one.identity: selection.distance([one], runs, unit) for one in runs.models}
    lines = re.split("<tr[^>]*>", tables.runs(runs, far).data)[2:]
    assert len(lines) == len(runs) and lines[0].startswith("<th>human</th>")
    near = min(runs.models, key=lambda one: far[one.identity].value)
    assert lines[1].startswith(f"<th>{near.regularization}</th>")


def test_an_explorer_has_a_dot_for_each_system_and_each_setting(found, runs):
    made = sliders.systems_explorer(found.defaults(), 3)
    assert [group["label"] for group in made.groups] == list(map(systems.label, found.systems))
    assert len(made.dots) == len(made.groups) and len(made.concepts) == 3
    dot = made.dots[list(found.systems).index("cfgdm")]
    place = canvas.point(found.systems["cfgdm"], "diversity")
    assert dot["at"] == pytest.approx(place, abs=1e-4)
    assert made.human["at"] == pytest.approx(canvas.point(found.human, "diversity"), abs=1e-4)
    name = "barlow+prototype"
    groups = {name: list(runs.by("family")[name])}
    curves = {name: tradeoff(*latent_representation.by_beta(runs, name))}
    asked = {"kind": "sheet", "values": "beta", "called": "β", "x": "originality"}
    made = sliders.explorer(groups, runs, 3, curves=curves, **asked)
    assert [dot["value"] for dot in made.dots] == ["1", "30", "300"]
    assert made.dots[1]["caption"].startswith("barlow+prototype, β 30: originality 0.")
    assert len(made.groups[0]["line"]) > 3 and made.position[0] == 1
    assert "No drawings" in sliders.explorer(groups, Table(groups[name]), 3, **asked).data


def test_the_concept_shown_first_has_ink_and_is_of_middling_recognizability(found):
    made = sliders.systems_explorer(found.defaults(), 5)
    models = list(found.defaults().models)
    scores = [one.per_concept["recognizability"] for one in models]
    shown = found.drawings(models[0], "spread")
    chosen = evenly(len(shown.names), 5)
    means = np.mean(scores, axis=0)[evenly(found.human.concepts, len(shown.names))][chosen]
    ink = shown.drawings[chosen].mean((1, 2, 3, 4))
    inked = ink >= np.median(ink)
    assert 3 <= inked.sum() <= 5 and inked[made.position[1]]
    assert means[made.position[1]] == np.sort(means[inked])[inked.sum() // 2]


def test_a_system_without_drawings_is_a_mark_on_the_plane(found):
    table = found.defaults()
    kept = {one: table.drawings(one, "spread") for one in table.models if one.system != "ddpm"}
    made = sliders.explorer({one.system: [one] for one in table.models}, table, 3, kept=kept)
    assert [mark["label"] for mark in made.marks] == ["DDPM"]
    assert "ddpm" not in [group["label"] for group in made.groups]


def test_a_drawing_of_an_originality_is_near_it_or_blank(found):
    shown = found.drawings(found.systems["cfgdm"], "spread")
    level = float(shown.originality[0, 3])
    np.testing.assert_array_equal(sliders.nearest_drawings(shown, level)[0], shown.drawings[0, 3])
    assert not sliders.nearest_drawings(shown, level + 5).any()


def test_what_is_missing_is_named_with_the_commands(found, runs):
    few = found.where(system=["cfgdm", "ldm"])
    told = words.scored_systems(few, "omniglot", "laptop").data
    assert "Systems on `omniglot` at size laptop: **CFGDM, LDM**." in told
    left = "DDPM, FSDM, VAE-STN, VAE-NS, VAE-Elastic, DA-GAN-UN, DA-GAN-RN"
    assert f"To add {left}: `oneshot make" in told
    assert "`oneshot results framework --dataset omniglot` scores" in told and "\n" not in told
    assert "To add" not in words.scored_systems(few, "omniglot", "laptop", ["cfgdm"]).data
    assert "judged by" not in told
    released = Table(replace(one, critics="released") for one in few)
    told = words.scored_systems(released, "omniglot", "laptop").data
    assert told.startswith("Systems on `omniglot` at size laptop, judged by the released critics: ")
    told = words.scored_systems(few.models, "omniglot", "laptop").data
    assert told.endswith("The human drawings have not been scored yet.")
    told = words.sweep(runs, "glyphs", "laptop", ["none", "kl", "kl+vq"], "fig4").data
    assert "**none** 1, **kl** 5." in told and "for 2,000 steps (at size paper " in told
    assert "kl+vq" not in told, "what is not there is not spoken of"
    told = words.sweep(Table([]), "quickdraw", "laptop", ["kl"], "fig4").data
    assert "There is no run on quickdraw" in told and "`oneshot sweep fig4-laptop` makes" in told


def test_a_page_says_when_its_humans_are_synthetic():
    assert "not people" in words.whose("glyphs").data
    for dataset, about in {"omniglot": "1,623 characters", "folder:x": "your own drawings"}.items():
        told = words.whose(dataset).data
        assert about in told and "synthetic" not in told
    with pytest.raises(ValueError, match="unknown dataset 'mnist'"):
        words.whose("mnist")


def test_runs_that_pass_people_are_named(runs):
    told = words.standing(runs, runs).data
    assert (
        "Nearest to human on test concepts is **" in told and f"Of {len(runs.models)} runs" in told
    )
    assert "nothing to compare" in words.standing(Table([]), runs).data


def test_panels_beside_each_other_stand_beneath_each_other_on_phones():
    with plot(8.4, 3.2, panels=3) as (figure, panels):
        for k, ax in enumerate(panels[:2]):
            ax.plot([0, 1], label="line")
            ax.set_xlabel(f"axis {k}")
        panels[1].legend(loc="upper left", bbox_to_anchor=(1, 1))
        panels[2].set_visible(False)
    wide = figure._repr_svg_()
    narrow = figure._repr_mimebundle_()[1][NARROW]
    sizes = [re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups() for svg in (wide, narrow)]
    assert sizes == [("604.8", "230.4"), ("302.4", "460.8")]
    place = r"axis {} -->.*?translate\([\d.]+ ([\d.]+)\)"
    first, second = (float(re.search(place.format(k), narrow, re.S)[1]) for k in (0, 1))
    assert first < 230 < second, "one beneath the other"
    again = figure._repr_svg_()
    assert re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', again).groups() == sizes[0]
    lefts = [ax.get_position().x0 for ax in panels[:2]]
    assert lefts[0] < 0.2 < lefts[1], "the figure is as it was"
    corner = (
        panels[1].transAxes.inverted().transform(panels[1].get_legend().get_bbox_to_anchor().min)
    )
    assert corner == pytest.approx([1, 1])


def test_a_legend_above_panels_fits_a_phone():
    with plot(8.4, 3.2, panels=2) as (figure, panels):
        for k in range(5):
            panels[0].plot([0, k], label=f"name {k}")
        legend = figure.legend(loc="outside upper center", ncols=5)
    heights = []
    for svg in (figure._repr_svg_(), figure.narrow()):
        place = r"name {} -->.*?translate\([\d.]+ ([\d.]+)\)"
        heights.append(len({re.search(place.format(k), svg, re.S)[1] for k in range(5)}))
    assert heights == [1, 3], "lines of the legend"
    assert figure.legends == [legend]


def test_one_panel_needs_no_other_figure_on_phones():
    with plot(5.8, 3.2) as (figure, _):
        pass
    with plot(5.8, 6, panels=2, rows=2) as (column, _):
        pass
    assert figure.narrow() is None and column.narrow() is None
    assert NARROW not in figure._repr_mimebundle_()[1]


def test_lines_without_a_colour_of_their_own_are_told_apart():
    found = made_up.speed()
    ways = {
        name: [one for one in found if one.sampler == name and one.system == "cfgdm"]
        for name in ("ddpm", "ddim", "dpm_solver_pp")
    }
    called = {"ancestral": ways["ddpm"], "DDIM": ways["ddim"], "solver": ways["dpm_solver_pp"]}
    figure = figures.against(called, "sampler_steps", log=True)
    bars = [container.lines[0].get_color() for container in figure.axes[0].containers]
    assert len(set(map(str, bars))) == 3
    (alone,) = figures.against({"mine": ways["ddim"]}, "sampler_steps").axes[0].containers
    assert str(alone.lines[0].get_color()) not in map(str, bars)
