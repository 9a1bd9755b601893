// Sliders over a sheet of pictures. All frames travel in one picture, so the same code serves a live
// kernel and a static page: nothing is asked of Python, or of the network, when a slider moves.

const SVG = "http://www.w3.org/2000/svg";

// Each widget of a page runs a module of its own, so a count kept here would begin anew in each.
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

// Straight from the bytes to pixels: an <img> could not be read back on a page opened from disk.
async function picture(model) {
  const [width, height] = model.get("tile");
  const canvas = element("canvas", { role: "img", width: 2 * width, height: 2 * height });
  const caption = element("figcaption", { "aria-live": "polite" });
  const bytes = model.get("sheet");
  const sheet = await createImageBitmap(new Blob([bytes], { type: "image/webp" }));
  const columns = Math.round(sheet.width / width);
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  const show = () => {
    const at = frame(model);
    const [x, y] = [(at % columns) * width, Math.floor(at / columns) * height];
    context.drawImage(sheet, x, y, width, height, 0, 0, canvas.width, canvas.height);
    const text = model.get("captions")[at] ?? "";
    caption.textContent = text;
    const values = model.get("sliders").map((s, i) => `${s.label} ${s.values[model.get("position")[i]]}`);
    canvas.setAttribute("aria-label", [model.get("alt"), ...values, text].filter(Boolean).join("; "));
  };
  return { node: element("figure", { class: "picture" }, canvas, caption), show };
}

function plane(model) {
  const { x, y, curves, dots, active } = model.get("plot");
  const [width, height, left, bottom, top, right] = [360, 260, 46, 40, 8, 12];
  const across = (v) => left + ((v - x.low) / (x.high - x.low)) * (width - left - right);
  const down = (v) => height - bottom - ((v - y.low) / (y.high - y.low)) * (height - bottom - top);
  const svg = drawn("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" });
  svg.append(drawn("path", { class: "axis", d: `M${left} ${top}V${height - bottom}H${width - right}` }));
  for (const tick of x.ticks) {
    svg.append(drawn("text", { x: across(tick), y: height - bottom + 15, "text-anchor": "middle" }, String(tick)));
  }
  for (const tick of y.ticks) {
    svg.append(drawn("text", { x: left - 6, y: down(tick) + 4, "text-anchor": "end" }, String(tick)));
  }
  const middle = (top + height - bottom) / 2;
  svg.append(drawn("text", { x: (left + width - right) / 2, y: height - 6, "text-anchor": "middle" }, x.label));
  svg.append(drawn("text", { transform: `translate(12 ${middle}) rotate(-90)`, "text-anchor": "middle" }, y.label));
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

async function render({ model, el }) {
  const parts = [];
  const update = () => parts.forEach((part) => part.show());
  const controls = model.get("sliders").map((_, axis) => control(model, axis, update));
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
  el.replaceChildren(element("div", { class: "controls" }, ...controls.map((c) => c.row)), panels);
  update();
  for (const still of document.querySelectorAll(`[data-widget="${model.get("still")}"]`)) still.remove();
  model.on("change:position", update);
  return () => model.off("change:position", update);
}

export default { render };
