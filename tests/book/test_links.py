"""Links to the pad that are nearly right: the drawing they hold, or a sentence."""

import json
import re
import urllib.parse

import pytest
from fuzz import Pick, chosen, damaged, damages

from oneshot.widgets.assets import bundle

MODELS = ["ldm-omniglot", "ldm-quickdraw"]
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
POINT = r"-?[0-9a-z]{1,2}\.-?[0-9a-z]{1,2}"
STROKES = re.compile(rf"({POINT}(_{POINT})*(~{POINT}(_{POINT})*)*)?")
FIRST = "Draw one thing, or choose a drawing below. The models answer when the pen rests."

SEEDS = [0, 1, 77, 2**53 - 1]
PARTS = ["reorder", "lose", "again", "more", "encode", "cut", "add", "section", "long"]


def state(pick: Pick) -> tuple:
    """Return strokes, tenths of guidance, seed and model, as a pad may have them."""
    strokes = [[(pick(1001), pick(1001)) for _ in range(1 + pick(5))] for _ in range(1 + pick(3))]
    return strokes, pick(21), SEEDS[pick(4)], MODELS[pick(2)]


def number(value: int) -> str:
    digits, rest = "", abs(value)
    while rest or not digits:
        rest, digit = divmod(rest, 36)
        digits = DIGITS[digit] + digits
    return "-" * (value < 0) + digits


def letters(strokes) -> str:
    told = []
    for stroke in strokes:
        from_ = [(0, 0), *stroke]
        steps = [(x - a, y - b) for (a, b), (x, y) in zip(from_, stroke, strict=False)]
        told.append("_".join(f"{number(dx)}.{number(dy)}" for dx, dy in steps))
    return "~".join(told)


def link(given, part: str, where: int) -> str:
    """Return the link of a state, with one part of it other than the pad writes it."""
    strokes, guidance, seed, model = given
    told = {"strokes": letters(strokes), "guidance": f"{guidance / 10:g}", "seed": str(seed)}
    fields = list((told | {"model": model}).items())
    one = where % 4
    if part == "reorder":
        fields = fields[one:] + fields[:one]
    elif part == "lose":
        del fields[one]
    elif part == "again":
        fields.insert(where % 5, fields[one])
    elif part == "more":
        fields.insert(where % 5, ("fbclid", "Iw_1.2~3"))
    elif part == "section":
        return ["run-a-page", "", "%", "two commands", "caf\u00e9"][where % 5]
    elif part == "add":
        others = ["7.5", "-1", "0x1", "1e3", "3", " 1", "NaN", "gpt", "__proto__", "a" * 41, "0.55"]
        fields[one] = (fields[one][0], others[where % len(others)])
    elif part == "long":
        counts = [9_990, 10_000, 20_000, 70_000]
        fields[0] = ("strokes", "_".join(["1.1", *["0.0"] * counts[where % 4]]))
    text = "&".join(f"{name}={value}" for name, value in fields)
    if part == "encode":
        return urllib.parse.quote(text, safe="=&")
    return text[: where % (len(text) + 1)] if part == "cut" else text


def expected(text: str) -> dict:
    """Return what a link holds, read apart from the pad: a state, or the word of its problem."""
    words = text.removeprefix("?").split("&")
    if "strokes" not in [urllib.parse.unquote_plus(word.partition("=")[0]) for word in words]:
        return {}
    if len(text) > 120_000:
        return {"problem": "holds more than a drawing"}
    pairs = urllib.parse.parse_qsl(
        text.removeprefix("?"), keep_blank_values=True, errors="replace", max_num_fields=1 << 20
    )
    keys = ("strokes", "guidance", "seed", "model")
    found = [[value for name, value in pairs if name == key] for key in keys]
    if any(len(values) != 1 for values in found):
        return {"problem": "damaged"}
    told, guidance, seed, model = (values[0] for values in found)
    whole = (
        STROKES.fullmatch(told)
        and re.fullmatch(r"[01](\.[0-9])?|2(\.0)?", guidance)
        and re.fullmatch(r"[0-9]{1,16}", seed)
        and re.fullmatch(r"[A-Za-z0-9_-]{1,40}", model)
        and int(seed) < 2**53
    )
    if not whole:
        return {"problem": "damaged"}
    strokes = []
    for stroke in told.split("~") if told else []:
        x = y = 0
        strokes.append([])
        for point in stroke.split("_"):
            dx, dy = (int(word, 36) for word in point.split("."))
            x, y = x + dx, y + dy
            if not (0 <= x <= 1000 and 0 <= y <= 1000):
                return {"problem": "damaged"}
            strokes[-1].append([x, y])
    if sum(map(len, strokes)) > 10_000:
        return {"problem": "more than 10000 points"}
    if model not in MODELS:
        return {"problem": f"a model that is not here, {model}"}
    return {
        "found": {
            "model": model,
            "guidance": float(guidance),
            "seed": int(seed),
            "strokes": strokes,
        }
    }


def links(count: int) -> list[str]:
    """Return so many links, of which some are right and most nearly so."""
    made: list[str] = []

    def make(pick: Pick) -> None:
        part, where = (PARTS[pick(len(PARTS))] if pick(2) else ""), pick(1 << 16)
        part = "cut" if part == "long" and where % 10 else part
        text = link(state(pick), part, where)
        if len(text) < 1000 and pick(3) == 0:
            text = damaged(text.encode(), damages(pick), text=True).decode(errors="replace")
        made.append(text)

    chosen(count, make)
    return made


READ = """async ([source, links, models]) => {
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const { read, written } = await import(address);
  const answers = links.map((letters) => {
    const start = performance.now();
    const told = read(letters, models);
    const spent = performance.now() - start;
    const again = told.found ? read(written(told.found), models) : told;
    return [told, JSON.stringify(again) === JSON.stringify(told), spent];
  });
  return JSON.stringify(answers);
}"""


def judge(browser, count: int) -> None:
    made = links(count)
    assert len(made) >= count
    page = browser.new_page()
    right = 0
    for start in range(0, len(made), 5_000):
        some = made[start : start + 5_000]
        answers = json.loads(page.evaluate(READ, [bundle("parts", "pad_parts"), some, MODELS]))
        for text, (told, same, spent) in zip(some, answers, strict=True):
            wanted = expected(text)
            shown = text[:500]
            assert told.keys() == wanted.keys(), (shown, told, wanted)
            assert told.get("found") == wanted.get("found"), shown
            said = told.get("problem", "")
            assert wanted.get("problem", "") in said and "\n" not in said and len(said) < 150, said
            assert same and spent < 2000, (shown, spent)
            right += "found" in told
    page.close()
    assert count / 8 < right < 7 * count / 8


def test_links_that_are_nearly_right(browser):
    judge(browser, 2_000)


@pytest.mark.soak
def test_very_many_links_that_are_nearly_right(browser, record_property):
    record_property("inputs", 50_000)
    judge(browser, 50_000)


ENGINE = (
    "const browserEngine = () => ({ load: async () => {}, draw: () => new Promise(() => {}) });"
)
SHOW = """async ([source, links, models]) => {
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const { default: pad, read } = await import(address);
  const values = { models, sketches: [], count: 1, state: {} };
  const shown = [];
  const seen = (el) => ({
    told: el.querySelector(".told").textContent,
    model: el.querySelector("select").value,
    guidance: Number(el.querySelector("input[type=range]").value),
    seed: Number(el.querySelector("input[type=number]").value),
    empty: el.dataset.state === "empty",
  });
  let last, done;
  for (const [number, letters] of links.entries()) {
    if (number % 2 || !last) {
      history.replaceState(null, "", `#${letters}`);
      done?.();
      last = document.createElement("div");
      done = pad.render({ model: { get: (name) => values[name] }, el: last });
    } else {
      const moved = new Promise((done) => addEventListener("hashchange", done, { once: true }));
      const before = location.hash;
      location.hash = letters;
      if (location.hash !== before) await moved;
    }
    const address = location.hash.slice(1);
    shown.push([address, read(address, models.map(({ name }) => name)), seen(last)]);
  }
  return shown;
}"""


def test_the_pad_begins_with_the_drawing_of_its_link_or_says_why_not(browser, tmp_path):
    """Half of the links open the page, half are pasted over the link of the page before."""
    (tmp_path / "pad.html").write_text("<!doctype html><title>pad</title>")
    page = browser.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto((tmp_path / "pad.html").as_uri())
    source = "\n".join([bundle("raster"), ENGINE, bundle("parts", "pad_parts", "pad")])
    models = [{"name": n, "label": n, "system": n, "about": n, "systems": []} for n in MODELS]
    made = [text for text in links(400) if len(text) < 10_000]
    answers = page.evaluate(SHOW, [source, made, models])
    page.close()
    assert faults == [] and len(answers) == len(made)
    kinds = set()
    for address, told, shown in answers:
        found = told.get("found")
        kinds.add(next(iter(told), None))
        if found:
            strokes = found.pop("strokes")
            assert {name: shown[name] for name in found} == found, address
            assert (shown["told"], shown["empty"]) == ("Drawing\u2026", False) or not strokes
        elif told:
            assert (shown["told"], shown["empty"]) == (told["problem"], True), address
        else:
            assert shown["told"] in (FIRST, "Drawing\u2026") or "link" in shown["told"]
    assert kinds == {"found", "problem", None}
