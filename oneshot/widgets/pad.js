// Draw your own: a pad, and what the models make of the one drawing on it. The strokes are the truth;
// every picture, link and file is made from them. `engine.js` draws, here or in a kernel.

const REST = 700; // ms after the last stroke until the models answer

function render({ model, el }) {
  const kernel = Boolean(model.widget_manager);
  const models = model.get("models");
  const sketches = model.get("sketches");
  const count = model.get("count");
  const engine = kernel ? kernelEngine(model) : browserEngine((name) => tell(`Loading ${name}\u2026`));
  const linked = () => (kernel ? {} : read(location.hash.slice(1), models.map(({ name }) => name)));
  const state = { model: models[0].name, guidance: 1, seed: 0, strokes: [], ...model.get("state") };
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

  const fits = () => state.strokes.flat().length <= POINTS;
  const page = () => Float32Array.from(render48(state.strokes), (level) => level / 255);

  function keep() {
    if (kernel) {
      model.set("state", { ...state });
      model.save_changes();
    } else {
      history.replaceState(null, "", state.strokes.length && fits() ? `#${written(state)}` : location.pathname + location.search);
    }
    controls();
  }

  function controls() {
    choice.value = state.model;
    for (const node of stepwise) node.hidden = chosen().direct;
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
    const { system, dataset, steps: asked, judges } = chosen();
    const exemplar = page();
    const { guidance: gamma, seed: number } = state;
    [frames, scores] = [[], []];
    el.dataset.state = "drawing";
    tell("Drawing\u2026");
    try {
      await engine.load({ system, dataset });
      const start = performance.now();
      const done = await engine.draw({ system, dataset, steps: asked, exemplar, side: SIDE_PX, guidance: gamma, seed: number, variations: count }, ({ pages, step: k, steps }) => {
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
      const judged = await engine.judge({ dataset: judges, pages: all, side: SIDE_PX });
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
    if (!fits()) return tell("This drawing is too long for a link: save it as SVG or JSON.");
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
    button("Another seed", () => change({ seed: (state.seed + 1) % SEEDS })),
    play,
    button("PNG", picture, { "aria-label": "save the sheet as PNG" }),
    button("SVG", () => save("oneshot.svg", svg(state.strokes), "image/svg+xml"), { "aria-label": "save your strokes as SVG" }),
    button("JSON", () => save("oneshot.json", record(), "application/json"), { "aria-label": "save strokes, settings and scores as JSON" }),
    ...(kernel ? [] : [link]),
  ];
  const [undo, wipe, another, , ...files] = needing;
  // What a model that draws at once has nothing to do with.
  const stepwise = [labelled("guidance", guidance, strength), element("div", { class: "film" }, play, step)];

  choice.addEventListener("change", () => change({ model: choice.value }));
  guidance.addEventListener("input", () => change({ guidance: Number(guidance.value) }, false));
  seed.addEventListener("change", () => change({ seed: Math.min(Math.max(0, Math.floor(Number(seed.value)) || 0), SEEDS - 1) }));
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
          stepwise[0],
          labelled("noise seed", seed, another)),
        element("div", { class: "sheet", role: "group", "aria-label": "variations" }, ...tiles.map(({ node }) => node)),
        stepwise[1], status)),
    element("div", { class: "panels below" },
      element("figure", { class: "seen" }, seen, element("figcaption", {}, "your drawing, as the models see it")),
      element("div", { class: "where" }, chart.node, where)),
    element("div", { class: "buttons files" }, ...files),
  );
  function follow({ found, problem }) {
    Object.assign(state, problem ? { strokes: [] } : found);
    board.set(state.strokes);
    controls();
    answer();
    if (problem) tell(problem);
  }

  // Another link to this page, pasted over this one, does not load it again.
  const moved = () => Object.keys(linked()).length && follow(linked());
  clear();
  follow(linked());
  if (!kernel) addEventListener("hashchange", moved);
  if (kernel) model.on("change:state", () => {
    const other = model.get("state");
    if (JSON.stringify(other) !== JSON.stringify(state)) follow({ found: other });
  });
  return () => {
    clearTimeout(timer);
    stop();
    removeEventListener("hashchange", moved);
  };
}

const render48 = (strokes) => rasterised(fitSquare(strokes));

export default { render };
