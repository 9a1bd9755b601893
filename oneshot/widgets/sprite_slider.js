// Sliders over a sheet of pictures. All frames travel in one picture, so the same code serves a live
// kernel and a static page: nothing is asked of Python, or of the network, when a slider moves.

// The first slider counts the rows of frames, the last one runs fastest.
function frame(model) {
  const position = model.get("position");
  return model.get("sliders").reduce((sum, s, axis) => sum * s.values.length + position[axis], 0);
}

function control(model, axis, changed) {
  const { label, values } = model.get("sliders")[axis];
  const id = unique();
  const range = element("input", { type: "range", id, min: 0, max: values.length - 1, step: 1 });
  const output = element("output", { for: id });
  const show = () => {
    const at = model.get("position")[axis];
    range.value = at;
    range.setAttribute("aria-valuetext", `${label} ${values[at]}`);
    output.textContent = values[at];
  };
  range.addEventListener("input", () => {
    const position = [...model.get("position")];
    position[axis] = Number(range.value);
    model.set("position", position);
    model.save_changes();
    changed();
  });
  const row = element("div", { class: "control" }, element("label", { for: id }, label), range, output);
  return { row, show };
}

async function picture(model) {
  const [width, height] = model.get("tile");
  const sheet = await decoded(model.get("sheet"));
  const { canvas, show: tile } = tiles(sheet, width, height, { role: "img" });
  const caption = element("figcaption", { "aria-live": "polite" });
  const columns = Math.round(sheet.width / width);
  const show = () => {
    const at = frame(model);
    tile(at % columns, Math.floor(at / columns));
    const text = model.get("captions")[at] ?? "";
    caption.textContent = text;
    const values = model.get("sliders").map((s, i) => `${s.label} ${s.values[model.get("position")[i]]}`);
    canvas.setAttribute("aria-label", [model.get("alt"), ...values, text].filter(Boolean).join("; "));
  };
  return { node: element("figure", { class: "picture" }, canvas, caption), show };
}

function plane(model) {
  const { x, y, curves, dots, active } = model.get("plot");
  const { svg, across, down } = axes(x, y);
  svg.setAttribute("role", "img");
  const names = [];
  const lines = curves.map(({ label, points, reference }) => {
    const place = points.map(([u, v]) => `${across(u).toFixed(1)},${down(v).toFixed(1)}`).join(" ");
    const closed = points.length > 2 && String(points[0]) === String(points.at(-1)); // a mark
    const kind = reference ? (closed ? "curve reference human" : "curve reference") : "curve";
    const line = drawn("polyline", { class: kind, points: place });
    line.append(drawn("title", {}, label));
    svg.append(line);
    if (reference) {
      const [u, v] = points.reduce((first, point) => (point[0] < first[0] ? point : first));
      names.push(drawn("text", { class: "reference", x: across(u), y: down(v) + 17 }, label));
    }
    return line;
  });
  const dot = drawn("circle", { class: "dot", r: 6, cx: 0, cy: 0 });
  svg.append(dot, ...names);
  const show = () => {
    const first = model.get("position")[0];
    const at = dots.length > model.get("sliders")[0].values.length ? frame(model) : first;
    const [u, v] = dots[at];
    dot.style.transform = `translate(${across(u)}px, ${down(v)}px)`;
    lines.forEach((line, number) => line.classList.toggle("active", active[at] === number));
    if (active[at] !== null) svg.insertBefore(lines[active[at]], dot);
    svg.setAttribute("aria-label", `${x.label} ${u.toFixed(2)}, ${y.label} ${v.toFixed(1)}`);
  };
  return { node: svg, show };
}

// Where the sliders stand, as the values that they show; the start where a link asks for others.
function standing(model, link) {
  const [sliders, first] = [model.get("sliders"), [...model.get("position")]];
  const told = () => sliders.map((s, axis) => s.values[model.get("position")[axis]]).join("~");
  function read() {
    const asked = (link.asked() ?? "").split("~");
    model.set("position", sliders.map((s, axis) => (s.values.includes(asked[axis]) ? s.values.indexOf(asked[axis]) : first[axis])));
  }
  return { told, read, reset: () => model.set("position", first) };
}

async function render({ model, el }) {
  const parts = [];
  const link = linked(model.get("sliders")[0].label);
  const { told, read, reset } = standing(model, link);
  const update = () => parts.forEach((part) => part.show());
  const moved = () => { link.put(told()); update(); };
  const controls = model.get("sliders").map((_, axis) => control(model, axis, moved));
  const play = element("button", { type: "button" }, "Play");
  const again = element("button", { type: "button" }, "Reset");
  const stop = player(() => {
    const [at, ...rest] = model.get("position");
    model.set("position", [(at + 1) % model.get("sliders")[0].values.length, ...rest]);
    moved();
  }, play);
  again.addEventListener("click", () => { stop(); reset(); moved(); });
  const copy = link.inPage ? copier(() => link.address(told())) : [];
  const bar = element("div", { class: "bar" }, play, again, ...copy);
  const panels = element("div", { class: "panels" });
  const shown = await picture(model);
  panels.append(shown.node);
  parts.push(...controls, shown);
  if (model.get("plot").curves) {
    const plot = plane(model);
    panels.append(plot.node);
    parts.push(plot);
  }
  el.classList.add("oneshot-widget", "oneshot-slider");
  el.replaceChildren(element("div", { class: "controls" }, ...controls.map((c) => c.row), bar), panels);
  if (link.asked() !== null) read();
  update();
  withoutStill(model);
  if (link.asked() !== null) el.scrollIntoView({ block: "center" });
  link.listen(() => { read(); update(); });
  model.on("change:position", update);
  return () => { stop(); model.off("change:position", update); };
}

export default { render };
