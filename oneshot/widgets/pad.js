// Draw your own: a pad, and what the models make of the one drawing on it. The strokes are the truth;
// every picture, link and file is made from them. `engine.js` draws, here or in a kernel.

const SVG = "http://www.w3.org/2000/svg";
const [PAPER, INK] = [[253, 252, 247], [24, 26, 34]];
const SIDE_PX = 48;
const GRID = 1000; // places of the pen on the pad
const REST = 700; // ms after the last stroke until the models answer

const unique = () => `oneshot-${(globalThis.oneshotControls = (globalThis.oneshotControls ?? 0) + 1)}`;

function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function drawn(name, attributes = {}, text = "") {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.textContent = text;
  return node;
}

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
  for (let k = 0; k < SIDE_PX ** 2; k++) {
    image.data.set([...PAPER.map((paper, c) => paper + (INK[c] - paper) * page[k]), 255], 4 * k);
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

// Strokes and settings in letters, for a link: differences between points in base 36.
export function written({ strokes, ...settings }) {
  const number = (value) => value.toString(36);
  const stroke = (points) => points
    .map((point, k) => point.map((v, axis) => number(v - (k ? points[k - 1][axis] : 0))).join("."))
    .join("_");
  return new URLSearchParams({ ...settings, strokes: strokes.map(stroke).join("~") }).toString();
}

// The opposite; null for letters that are none of ours.
export function read(letters) {
  const found = Object.fromEntries(new URLSearchParams(letters));
  const [guidance, seed] = [Number(found.guidance), Number(found.seed)];
  if (found.strokes === undefined || !(guidance >= 0 && guidance <= 2) || !(seed >= 0)) return null;
  const strokes = found.strokes.split("~").filter(Boolean).map((stroke) => {
    let [x, y] = [0, 0];
    return stroke.split("_").map((point) => {
      const [dx, dy] = point.split(".").map((v) => parseInt(v, 36));
      [x, y] = [x + dx, y + dy];
      return [x, y];
    });
  });
  if (!strokes.flat(2).every((v) => v >= 0 && v <= GRID)) return null;
  return { model: found.model, guidance, seed: Math.floor(seed), strokes };
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

function render({ model, el }) {
  const kernel = Boolean(model.widget_manager);
  const models = model.get("models");
  const sketches = model.get("sketches");
  const count = model.get("count");
  const engine = kernel ? kernelEngine(model) : browserEngine((name) => tell(`Loading ${name}\u2026`));
  const fragment = kernel ? null : read(location.hash.slice(1));
  const state = { model: models[0].name, guidance: 1, seed: 0, strokes: [], ...(fragment ?? model.get("state")) };
  if (!models.some(({ name }) => name === state.model)) state.model = models[0].name;
  let [turn, timer, frames, scores, playing, sheet] = [0, null, [], [], null, null];

  const status = element("p", { class: "told", role: "status" });
  const tell = (words) => { status.textContent = words; };
  const board = surface((strokes, begun) => {
    clearTimeout(timer);
    turn += 1; // what is being drawn is of other strokes
    if (begun) return tell("");
    Object.assign(state, { strokes });
    keep();
    timer = setTimeout(answer, REST);
  });

  const seen = element("canvas", { width: SIDE_PX, height: SIDE_PX, role: "img", "aria-label": "your drawing as the models see it" });
  const tiles = Array.from({ length: count }, (_, k) => {
    const canvas = element("canvas", { width: SIDE_PX, height: SIDE_PX, role: "img", "aria-label": `variation ${k + 1}` });
    const caption = element("figcaption");
    return { canvas, caption, node: element("figure", {}, canvas, caption) };
  });
  const chart = plane();
  const where = element("p", { class: "quiet" });

  const choice = element("select", {}, ...models.map(({ name, label }) => element("option", { value: name }, label)));
  const guidance = element("input", { type: "range", min: 0, max: 2, step: 0.1 });
  const strength = element("output");
  const seed = element("input", { type: "number", min: 0, step: 1, value: 0 });
  const step = element("input", { type: "range", min: 0, max: 1, step: 1, "aria-label": "step of the drawing" });
  const play = button("Play", () => (playing ? stop() : film()), { "aria-pressed": "false" });

  const page = () => Float32Array.from(render48(state.strokes), (level) => level / 255);

  function keep() {
    if (kernel) {
      model.set("state", { ...state });
      model.save_changes();
    } else {
      history.replaceState(null, "", state.strokes.length ? `#${written(state)}` : location.pathname + location.search);
    }
    controls();
  }

  function controls() {
    choice.value = state.model;
    guidance.value = state.guidance;
    strength.textContent = Number(state.guidance).toFixed(1);
    seed.value = state.seed;
    const empty = !state.strokes.length;
    for (const node of needing) node.disabled = empty;
    if (empty) seen.getContext("2d").clearRect(0, 0, SIDE_PX, SIDE_PX);
    else painted(seen, page());
  }

  function show(at) {
    sheet = frames[at];
    step.max = Math.max(frames.length - 1, 1);
    step.value = at;
    const final = at === frames.length - 1 && scores.length;
    tiles.forEach(({ canvas, caption }, k) => {
      painted(canvas, sheet.subarray(k * SIDE_PX ** 2, (k + 1) * SIDE_PX ** 2));
      const score = final ? scores[k] : null;
      const known = score ? (score.known >= 0.5 ? "known" : "not known") : "";
      caption.replaceChildren(...(score ? [`${score.originality.toFixed(2)} `, element("span", { class: known.replace(" ", "-") }, known)] : ["\u00a0"]));
      canvas.setAttribute("aria-label", `variation ${k + 1}${score ? `: originality ${score.originality.toFixed(2)}, ${known} in ${Math.round(100 * score.known)} % of choices of twenty` : ""}`);
      canvas.title = score ? `known in ${Math.round(100 * score.known)} % of choices of twenty` : "";
    });
  }

  const chosen = () => models.find(({ name }) => name === state.model);

  async function answer() {
    clearTimeout(timer);
    stop();
    if (!state.strokes.length) return clear();
    const mine = (turn += 1);
    const { system, dataset } = chosen();
    const exemplar = page();
    const { guidance: gamma, seed: number } = state;
    [frames, scores] = [[], []];
    el.dataset.state = "drawing";
    tell("Drawing\u2026");
    try {
      await engine.load({ system, dataset });
      const start = performance.now();
      const done = await engine.draw({ system, dataset, exemplar, side: SIDE_PX, guidance: gamma, seed: number, variations: count }, ({ pages, step: k, steps }) => {
        if (mine !== turn) return;
        frames.push(pages);
        show(frames.length - 1);
        step.max = steps;
      });
      if (mine !== turn) return;
      frames.push(done.pages);
      const seconds = (performance.now() - start) / 1000;
      show(frames.length - 1);
      tell("Judging\u2026");
      const all = new Float32Array((count + 1) * SIDE_PX ** 2);
      all.set(exemplar);
      all.set(done.pages, SIDE_PX ** 2);
      const judged = await engine.judge({ dataset, pages: all, side: SIDE_PX });
      if (mine !== turn) return;
      scores = judged;
      show(frames.length - 1);
      where.textContent = `${chart.show(chosen().systems, scores)}; dots: people and systems on ${chosen().about}`;
      const known = scores.filter((score) => score.known >= 0.5).length;
      tell(`${count} drawings in ${seconds.toFixed(1)} s; ${known} of them would be known.`);
      el.dataset.state = "done";
    } catch (error) {
      if (mine !== turn) return;
      el.dataset.state = "failed";
      tell(`That did not work: ${error.message}`);
    }
  }

  function clear() {
    turn += 1;
    [frames, scores, sheet] = [[], [], null];
    for (const { canvas, caption } of tiles) {
      canvas.getContext("2d").clearRect(0, 0, SIDE_PX, SIDE_PX);
      caption.replaceChildren("\u00a0");
    }
    chart.show(chosen().systems, []);
    where.textContent = `dots: people and systems on ${chosen().about}`;
    el.dataset.state = "empty";
    tell("Draw one thing, or choose a drawing below. The models answer when the pen rests.");
  }

  function stop() {
    clearInterval(playing);
    playing = null;
    play.textContent = "Play";
    play.setAttribute("aria-pressed", "false");
  }

  function film() {
    if (!frames.length) return;
    let at = Number(step.value) >= frames.length - 1 ? -1 : Number(step.value);
    play.textContent = "Pause";
    play.setAttribute("aria-pressed", "true");
    playing = setInterval(() => {
      at += 1;
      show(at);
      if (at >= frames.length - 1) stop();
    }, 140);
  }

  function change(values, soon = true) {
    Object.assign(state, values);
    keep();
    clearTimeout(timer);
    turn += 1;
    timer = setTimeout(answer, soon ? 0 : 250);
  }

  function begin(strokes) {
    board.set(strokes);
    change({ strokes });
  }

  function picture() {
    const [scale, gap] = [2, 6];
    const across = Math.ceil(Math.sqrt(count));
    const tile = SIDE_PX * scale + gap;
    const canvas = element("canvas", { width: (across + 1) * tile + gap, height: Math.ceil(count / across) * tile + gap });
    const context = canvas.getContext("2d");
    context.fillStyle = `rgb(${PAPER})`;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(seen, gap, gap, SIDE_PX * scale, SIDE_PX * scale);
    tiles.forEach((one, k) => context.drawImage(one.canvas, ((k % across) + 1) * tile + gap, Math.floor(k / across) * tile + gap, SIDE_PX * scale, SIDE_PX * scale));
    canvas.toBlob((blob) => save("oneshot.png", blob));
  }

  const record = () => `${JSON.stringify({
    ...state, strokes: state.strokes.map((points) => [0, 1].map((axis) => points.map((p) => p[axis]))), scores,
  })}\n`;

  const link = button("Copy link", async () => {
    const address = location.href;
    try {
      await navigator.clipboard.writeText(address);
      tell("The link is copied: it holds your strokes and settings, and nothing leaves this page.");
    } catch {
      tell("The address of this page is the link: it holds your strokes and settings.");
    }
  });
  const needing = [
    button("Undo", () => begin(state.strokes.slice(0, -1))),
    button("Clear", () => begin([])),
    button("Another seed", () => change({ seed: state.seed + 1 })),
    play,
    button("PNG", picture, { "aria-label": "save the sheet as PNG" }),
    button("SVG", () => save("oneshot.svg", svg(state.strokes), "image/svg+xml"), { "aria-label": "save your strokes as SVG" }),
    button("JSON", () => save("oneshot.json", record(), "application/json"), { "aria-label": "save strokes, settings and scores as JSON" }),
    ...(kernel ? [] : [link]),
  ];
  const [undo, wipe, another, , ...files] = needing;

  choice.addEventListener("change", () => change({ model: choice.value }));
  guidance.addEventListener("input", () => change({ guidance: Number(guidance.value) }, false));
  seed.addEventListener("change", () => change({ seed: Math.max(0, Math.floor(Number(seed.value)) || 0) }));
  step.addEventListener("input", () => {
    stop();
    if (frames[Number(step.value)]) show(Number(step.value));
  });

  const gallery = element("div", { class: "gallery", role: "group", "aria-label": "drawings to start from" },
    ...sketches.map(({ name, strokes }) => {
      const canvas = element("canvas", { width: SIDE_PX, height: SIDE_PX, "aria-hidden": "true" });
      painted(canvas, Float32Array.from(render48(strokes), (level) => level / 255));
      return button(canvas, () => begin(strokes), { "aria-label": `start from ${name}`, title: name });
    }));

  el.classList.add("oneshot-widget", "oneshot-pad");
  el.replaceChildren(
    element("div", { class: "panels" },
      element("div", { class: "own" }, board.node, element("div", { class: "buttons" }, undo, wipe), gallery),
      element("div", { class: "theirs" },
        element("div", { class: "controls" },
          labelled("model", choice),
          labelled("guidance", guidance, strength),
          labelled("noise seed", seed, another)),
        element("div", { class: "sheet", role: "group", "aria-label": "variations" }, ...tiles.map(({ node }) => node)),
        element("div", { class: "film" }, play, step), status)),
    element("div", { class: "panels below" },
      element("figure", { class: "seen" }, seen, element("figcaption", {}, "your drawing, as the models see it")),
      element("div", { class: "where" }, chart.node, where)),
    element("div", { class: "buttons files" }, ...files),
  );
  clear();
  board.set(state.strokes);
  controls();
  if (state.strokes.length) answer();
  if (kernel) model.on("change:state", () => {
    const other = model.get("state");
    if (JSON.stringify(other) === JSON.stringify(state)) return;
    Object.assign(state, other);
    board.set(state.strokes);
    controls();
    answer();
  });
  return () => {
    clearTimeout(timer);
    stop();
  };
}

const render48 = (strokes) => rasterised(fitSquare(strokes));

export default { render };
