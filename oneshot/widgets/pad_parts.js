// The parts of the pad of `pad.js`: the surface to draw on, the plane, and strokes as links and files.

const [PAPER, INK] = [[253, 252, 247], [24, 26, 34]];
const SIDE_PX = 48;
const GRID = 1000; // places of the pen on the pad
const POINTS = 10_000; // of a link, which is far more than a hand draws: more of them take seconds
const SEEDS = 2 ** 53; // whole numbers below this are exact

function button(words, act, attributes = {}) {
  const node = element("button", { type: "button", ...attributes }, words);
  node.addEventListener("click", act);
  return node;
}

function labelled(words, control, ...more) {
  control.id ||= unique();
  return element("div", { class: "control" }, element("label", { for: control.id }, words), control, ...more);
}

function painted(canvas, page) {
  const image = new ImageData(SIDE_PX, SIDE_PX);
  const levels = image.data.fill(255);
  for (let k = 0; k < SIDE_PX ** 2; k++) { // hundreds of pages a drawing: no array for each pixel
    for (let c = 0; c < 3; c++) levels[4 * k + c] = PAPER[c] + (INK[c] - PAPER[c]) * page[k];
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

// Strokes and settings in letters, for a link: differences between points in base 36. The strokes come
// first and the model last, so that a link that lost its end is still told from a whole one.
export function written({ strokes, guidance, seed, model }) {
  const number = (value) => value.toString(36);
  const stroke = (points) => points
    .map((point, k) => point.map((v, axis) => number(v - (k ? points[k - 1][axis] : 0))).join("."))
    .join("_");
  return new URLSearchParams({ strokes: strokes.map(stroke).join("~"), guidance, seed, model }).toString();
}

const POINT = "-?[0-9a-z]{1,2}\\.-?[0-9a-z]{1,2}";
const STROKE = `${POINT}(?:_${POINT})*`;
const FIELDS = {
  strokes: new RegExp(`^(?:${STROKE}(?:~${STROKE})*)?$`),
  guidance: /^(?:[01](?:\.[0-9])?|2(?:\.0)?)$/,
  seed: /^[0-9]{1,16}$/,
  model: /^[\w-]{1,40}$/,
};

// The opposite: `{ found }`, the state, or `{ problem }`, a sentence, for letters that are not whole;
// neither for letters that are none of ours, such as the name of a section.
export function read(letters, models) {
  const given = new URLSearchParams(letters);
  if (!given.has("strokes")) return {};
  if (letters.length > 12 * POINTS) return { problem: "This link holds more than a drawing of this pad; the pad starts empty." };
  const { strokes, guidance, seed, model } = Object.fromEntries(Object.keys(FIELDS).map((name) => [name, given.getAll(name)]));
  const whole = Object.entries({ strokes, guidance, seed, model }).every(([name, values]) => values.length === 1 && FIELDS[name].test(values[0]));
  const places = whole ? strokes[0].split("~").filter(Boolean).map(points) : [];
  if (!whole || Number(seed) >= SEEDS || !places.flat(2).every((v) => v >= 0 && v <= GRID)) {
    return { problem: "This link is damaged: it does not hold a whole drawing; the pad starts empty." };
  }
  if (places.flat().length > POINTS) return { problem: `This link holds more than ${POINTS} points; the pad starts empty.` };
  if (!models.includes(model[0])) return { problem: `This link asks for a model that is not here, ${model[0]}; the pad starts empty.` };
  return { found: { model: model[0], guidance: Number(guidance), seed: Number(seed), strokes: places } };
}

function points(stroke) {
  const place = [0, 0];
  return stroke.split("_").map((point) => {
    point.split(".").forEach((v, axis) => { place[axis] += parseInt(v, 36); });
    return [...place];
  });
}

export function svg(strokes) {
  const lines = strokes.map((points) => `<polyline points="${points.map((p) => p.join(",")).join(" ")}"/>`);
  return `<svg xmlns="${SVG}" viewBox="-60 -60 ${GRID + 120} ${GRID + 120}" fill="none" stroke="#181a22" `
    + `stroke-width="32" stroke-linecap="round" stroke-linejoin="round">${lines.join("")}</svg>\n`;
}

function save(name, content, type) {
  const href = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  element("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 1000);
}

// The surface to draw on: pointer of any kind, or arrow keys and space.
function surface(changed) {
  const label = "drawing pad: draw with mouse, finger or pen, or move with the arrow keys and put the pen down with space";
  const canvas = element("canvas", { tabindex: 0, role: "application", "aria-label": label, width: 2 * GRID / 4, height: 2 * GRID / 4 });
  const cursor = element("span", { class: "cursor" });
  const context = canvas.getContext("2d");
  let [strokes, pen, place, down, keys] = [[], null, [GRID / 2, GRID / 2], false, true];

  function show() {
    const scale = canvas.width / GRID;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.fillStyle = `rgb(${PAPER})`;
    context.fillRect(0, 0, GRID, GRID);
    Object.assign(context, { lineWidth: 26, lineCap: "round", lineJoin: "round", strokeStyle: `rgb(${INK})` });
    for (const points of pen ? [...strokes, pen] : strokes) {
      context.beginPath();
      context.moveTo(...points[0]);
      for (const point of points.length > 1 ? points.slice(1) : points) context.lineTo(...point);
      context.stroke();
    }
    cursor.style.left = `${(100 * place[0]) / GRID}%`;
    cursor.style.top = `${(100 * place[1]) / GRID}%`;
    cursor.classList.toggle("down", down);
    cursor.classList.toggle("shown", keys);
  }

  const onPad = (value) => Math.min(Math.max(Math.round(value), 0), GRID);
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) * GRID) / box.width, ((event.clientY - box.top) * GRID) / box.height].map(onPad);
  };

  function move(point) {
    const last = pen[pen.length - 1];
    if (Math.hypot(point[0] - last[0], point[1] - last[1]) >= 6) pen.push(point);
  }

  function lift() {
    if (!pen) return;
    strokes = [...strokes, pen];
    [pen, down] = [null, false];
    show();
    changed(strokes);
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button > 0) return;
    event.preventDefault();
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    lift();
    pen = [at(event)];
    [place, keys] = [pen[0], false];
    changed(strokes, true);
    show();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!pen || down || !canvas.hasPointerCapture(event.pointerId)) return;
    for (const one of event.getCoalescedEvents?.() ?? [event]) move(at(one));
    show();
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => !down && lift());
  canvas.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 10 : 40;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (!moves[event.key] && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation(); // the notebook around would move on
    keys = true;
    if (event.key === " ") {
      if (down) return lift();
      [pen, down] = [[[...place]], true];
      changed(strokes, true);
    } else {
      place = place.map((v, axis) => onPad(v + moves[event.key][axis]));
      if (down) move([...place]);
    }
    show();
  });
  canvas.addEventListener("blur", () => down && lift());
  show();
  return {
    node: element("div", { class: "board" }, canvas, cursor),
    set(value) {
      [strokes, pen, down] = [value, null, false];
      show();
    },
  };
}

// Where drawings lie beside people and systems: originality across, chance to be known upwards.
function plane() {
  const [width, height, left, bottom, top, right] = [360, 250, 46, 40, 10, 12];
  const node = drawn("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", class: "plane" });
  return {
    node,
    show(systems, scores) {
      const furthest = Math.max(1, ...systems.map((s) => s.x), ...scores.map((s) => s.originality));
      const most = Math.ceil(furthest * 1.05 * 5) / 5;
      const across = (v) => left + (v / most) * (width - left - right);
      const down = (v) => height - bottom - (v / 100) * (height - bottom - top);
      node.replaceChildren(drawn("path", { class: "axis", d: `M${left} ${top}V${height - bottom}H${width - right}` }));
      const write = (x, y, text, more = {}) => node.append(drawn("text", { x, y, ...more }, text));
      for (let v = 0; v <= most + 0.01; v += most > 1.6 ? 0.4 : 0.2) write(across(v), height - bottom + 15, v.toFixed(1), { "text-anchor": "middle" });
      for (const v of [0, 25, 50, 75, 100]) write(left - 6, down(v) + 4, v, { "text-anchor": "end" });
      write((left + width - right) / 2, height - 6, "originality, in units of human drawings", { "text-anchor": "middle" });
      node.append(drawn("text", { transform: `translate(12 ${(top + height - bottom) / 2}) rotate(-90)`, "text-anchor": "middle" }, "known among twenty (%)"));
      for (const { originality, known } of scores) {
        node.append(drawn("circle", { class: "one", r: 3, cx: across(originality), cy: down(100 * known) }));
      }
      for (const { label, x, y, human } of systems) {
        const mark = drawn("circle", { class: human ? "human" : "system", r: human ? 5 : 3.5, cx: across(x), cy: down(y) });
        mark.append(drawn("title", {}, `${label}: ${x.toFixed(2)}, ${y.toFixed(1)} %`));
        node.append(mark);
        if (human) write(across(x) - 9, down(y) + 4, label, { class: "name", "text-anchor": "end" });
      }
      const mean = (of) => scores.reduce((sum, one) => sum + of(one), 0) / scores.length;
      let told = "Nothing is drawn yet.";
      if (scores.length) {
        const [x, y] = [mean((s) => s.originality), 100 * mean((s) => s.known)];
        node.append(drawn("circle", { class: "mean", r: 6, cx: across(x), cy: down(y) }));
        told = `yours: originality ${x.toFixed(2)}, known ${y.toFixed(0)} %`;
      }
      node.setAttribute("aria-label", `plane of originality and recognizability; ${told}`);
      return told;
    },
  };
}
