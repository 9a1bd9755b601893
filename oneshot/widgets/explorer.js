// One plane whose dots show what they drew. All pictures travel with the widget, so the same code
// serves a live kernel and a static page. In a page its state is in the address: a link says what is
// looked at, and a reload loses nothing.

// A group of choices of which one is made: radio buttons, as text or with a picture before it.
function choices(legend, labels, chosen, { className = "", before = () => [] } = {}) {
  const name = unique();
  const inputs = labels.map((label, number) => {
    const input = element("input", { type: "radio", name, value: number });
    input.addEventListener("change", () => chosen(number));
    return [input, element("label", {}, input, ...before(number), element("span", {}, label))];
  });
  const node = element("fieldset", { class: className }, element("legend", {}, legend));
  node.append(...inputs.map(([, label]) => label));
  return { node, show: (number) => inputs.forEach(([input], k) => { input.checked = k === number; }) };
}

// What is looked at: a dot, a concept, and what stands beside it: "people", a dot, or nothing.
function stateOf(model, changed) {
  const [dots, groups, concepts] = ["dots", "groups", "concepts"].map((name) => model.get(name));
  const people = model.get("beside").byteLength > 0;
  const link = linked(model.get("name"));
  const [dot, concept] = model.get("position");
  const first = { dot, concept, beside: people ? "people" : "" };
  const state = { ...first };
  const key = (number) => [groups[dots[number].group].label, dots[number].value].filter(Boolean).join(":");
  const keys = dots.map((_, number) => key(number));

  const told = () => [keys[state.dot], concepts[state.concept], state.beside].join("~");
  function read() {
    const [dot, concept, beside] = (link.asked() ?? "").split("~");
    Object.assign(state, first);
    if (keys.includes(dot)) state.dot = keys.indexOf(dot);
    if (concepts.includes(concept)) state.concept = concepts.indexOf(concept);
    if ((beside === "people" && people) || beside === "" || keys.includes(beside)) state.beside = beside;
  }
  function set(changes) {
    Object.assign(state, changes);
    model.set("position", [state.dot, state.concept]);
    model.save_changes();
    link.put(told());
    changed();
  }
  if (link.inPage) read();
  link.listen(() => { read(); changed(); });
  return { state, set, keys, people, link, told, reset: () => set(first) };
}

function planeOf(model, state, choose, hover) {
  const [dots, groups, human, marks] = ["dots", "groups", "human", "marks"].map((name) => model.get(name));
  const { x, y } = model.get("axes");
  const { svg, across, down } = axes(x, y);
  svg.setAttribute("role", "group");
  svg.setAttribute("aria-label", `${dots.length} dots on the plane of ${x.label} and ${y.label}; arrow keys go to the next`);
  const path = (line, kind, stroke) => {
    const points = line.map(([u, v]) => `${across(u).toFixed(1)},${down(v).toFixed(1)}`).join(" ");
    return drawn("polyline", { class: `path ${kind}`, points, stroke });
  };
  const lines = groups.map(({ line, colour }) => path(line, "", colour));
  const own = dots.map((dot) => path(dot.path, "", groups[dot.group].colour));
  svg.append(...lines, ...own, path(human.path, "reference", "currentColor"));
  const labels = human.at.length ? [[across(human.at[0]) - 20, down(human.at[1]) + 21]] : [];
  for (const { label, at } of marks) {
    const [u, v] = [across(at[0]), down(at[1])];
    const place = [u + 7, v + 3.5];
    while (labels.some(([a, b]) => Math.abs(a - place[0]) < 60 && Math.abs(b - place[1]) < 9)) place[1] += 3;
    labels.push(place);
    const cross = drawn("path", { class: "mark", d: `M${u - 4} ${v - 4}l8 8m0 -8l-8 8` });
    cross.append(drawn("title", {}, label));
    svg.append(cross, drawn("text", { class: "mark", x: place[0], y: place[1] }, label));
  }
  if (human.at.length) {
    const [u, v] = [across(human.at[0]), down(human.at[1])];
    svg.append(
      drawn("path", { class: "people", d: `M${u - 8} ${v}L${u} ${v - 8}L${u + 8} ${v}L${u} ${v + 8}Z` }),
      drawn("text", { class: "people", x: u, y: v + 21, "text-anchor": "middle" }, "people"),
    );
  }
  const places = dots.map(({ at }) => [across(at[0]), down(at[1])]);
  const circles = dots.map(({ group, caption }, number) => {
    const [cx, cy] = places[number];
    const circle = drawn("circle", { class: "dot", cx, cy, r: 5, fill: groups[group].colour, role: "button", "aria-label": caption });
    circle.append(drawn("title", {}, caption));
    circle.addEventListener("click", () => choose(number));
    circle.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && hover(number));
    circle.addEventListener("pointerleave", () => hover(null));
    circle.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!way) return;
      event.preventDefault();
      const next = nearest(number, way);
      if (next !== null) { choose(next); circles[next].focus(); }
    });
    return circle;
  });
  svg.append(...circles);
  // The nearest dot whose direction is within 60 degrees of an arrow.
  function nearest(from, [dx, dy]) {
    let best = null, least = Infinity;
    places.forEach(([u, v], number) => {
      const [a, b] = [u - places[from][0], v - places[from][1]];
      const [along, far] = [a * dx + b * dy, Math.hypot(a, b)];
      if (number !== from && along > 0.5 * far && far < least) [best, least] = [number, far];
    });
    return best;
  }
  const label = drawn("text", { class: "name", "text-anchor": "middle" });
  // Whether a name that is `half` as wide on either side would stand on that of people.
  function onPeople(u, v, half) {
    if (!human.at.length) return false;
    const [a, b] = [across(human.at[0]), down(human.at[1]) + 21];
    return Math.abs(u - a) < half + 24 && Math.abs(v - b) < 12;
  }
  // What is shown lies above all others, as a mark of its own: a dot that is moved would lose the pointer.
  const above = drawn("circle", { class: "above", r: 7 });
  svg.append(above, label);
  const show = (number) => {
    const { group, value } = dots[number];
    circles.forEach((circle, k) => {
      circle.classList.toggle("kin", dots[k].group === group);
      circle.setAttribute("tabindex", k === state.dot ? 0 : -1);
      circle.setAttribute("aria-pressed", k === state.dot);
    });
    lines.forEach((line, k) => line.classList.toggle("active", k === group));
    own.forEach((line, k) => line.classList.toggle("active", k === number));
    const [u, v] = places[number];
    for (const [key, at] of [["cx", u], ["cy", v], ["fill", groups[group].colour]]) above.setAttribute(key, at);
    label.textContent = [groups[group].label, value].filter(Boolean).join(" ");
    const half = 3 * label.textContent.length;
    label.setAttribute("x", Math.min(Math.max(u, 50 + half), 352 - half));
    label.setAttribute("y", onPeople(u, v - 10, half) ? v + 20 : v - 10);
  };
  return { node: svg, show };
}

async function render({ model, el }) {
  const [dots, groups, concepts] = ["dots", "groups", "concepts"].map((name) => model.get(name));
  const [width, height] = model.get("tile");
  const sheet = await decoded(model.get("sheet"));
  const beside = model.get("beside").byteLength ? await decoded(model.get("beside")) : null;
  const thumbs = await decoded(model.get("thumbs"));
  const family = (group) => dots.flatMap((dot, number) => (dot.group === group ? [number] : []));
  const families = groups.map((_, group) => family(group));
  let hovered = null;

  const { state, set, keys, people, link, told, reset } = stateOf(model, () => update());
  const present = () => hovered ?? state.dot;
  const choose = (dot) => {
    hovered = null;
    set({ dot });
  };

  // Who: one button a group; a group of several values keeps the place it had on its slider.
  const who = choices("who draws", groups.map(({ label }) => label), (group) => {
    const value = dots[state.dot].value;
    choose(families[group].find((number) => dots[number].value === value) ?? families[group][families[group].length >> 1]);
  }, { className: "who", before: (k) => [element("i", { style: `background:${groups[k].colour}` })] });

  const id = unique();
  const range = element("input", { type: "range", id, min: 0, step: 1 });
  const output = element("output", { for: id });
  const slide = element("div", { class: "control" }, element("label", { for: id }, model.get("called") || "value"), range, output);
  range.addEventListener("input", () => choose(families[dots[state.dot].group][Number(range.value)]));

  const side = thumbs.height;
  const exemplars = choices("exemplar", concepts, (concept) => set({ concept }), {
    className: "exemplars",
    before: (k) => {
      const { canvas, show } = tiles(thumbs, side, side, { "aria-hidden": "true" });
      show(k, 0);
      return [canvas];
    },
  });

  const select = element("select", { id: unique() });
  const options = [["", "nothing"], ...(people ? [["people", "people"]] : []), ...keys.map((key) => [key, key.replace(":", " ")])];
  select.append(...options.map(([value, text]) => element("option", { value }, text)));
  select.addEventListener("change", () => set({ beside: select.value }));
  const comparison = element("div", { class: "control" }, element("label", { for: select.id }, "beside it"), select);

  const play = element("button", { type: "button" }, "Play");
  const again = element("button", { type: "button" }, "Reset");
  const stop = player(() => {
    const mine = families[dots[state.dot].group];
    const all = mine.length > 1 ? mine : dots.map((_, number) => number);
    choose(all[(all.indexOf(state.dot) + 1) % all.length]);
  }, play);
  again.addEventListener("click", () => { stop(); reset(); });
  const copy = link.inPage ? copier(() => link.address(told())) : [];
  const bar = element("div", { class: "bar" }, play, again, ...copy);

  const plane = planeOf(model, state, (number) => { stop(); choose(number); }, (number) => { hovered = number; update(); });
  const one = tiles(sheet, width, height, { role: "img" });
  const caption = element("figcaption", { "aria-live": "polite" });
  const other = tiles(sheet, width, height, { role: "img" });
  const drawnBeside = beside && tiles(beside, width, height, { role: "img" });
  const otherCaption = element("figcaption");
  const second = element("figure", { class: "picture" });

  function compare() {
    second.hidden = state.beside === "";
    if (second.hidden) return;
    const human = state.beside === "people";
    const text = human ? "people, of the same concept" : dots[keys.indexOf(state.beside)].caption;
    const { canvas, show } = human ? drawnBeside : other;
    show(state.concept, human ? 0 : keys.indexOf(state.beside));
    canvas.setAttribute("aria-label", `drawings of ${concepts[state.concept]}: ${text}`);
    otherCaption.textContent = text;
    second.replaceChildren(canvas, otherCaption);
  }

  function update() {
    const dot = present();
    const { group, value, caption: text } = dots[dot];
    plane.show(dot);
    who.show(group);
    const mine = families[group];
    slide.hidden = mine.length < 2;
    range.max = mine.length - 1;
    range.value = mine.indexOf(dot);
    range.setAttribute("aria-valuetext", `${model.get("called")} ${value}`);
    output.textContent = value;
    exemplars.show(state.concept);
    one.show(state.concept, dot);
    one.canvas.setAttribute("aria-label", `${model.get("alt")}; ${concepts[state.concept]}; ${text}`);
    caption.textContent = text;
    select.value = state.beside;
    compare();
  }

  el.classList.add("oneshot-widget", "oneshot-explorer");
  const pictures = element("div", { class: "pictures" }, element("figure", { class: "picture" }, one.canvas, caption), second);
  const map = element("div", { class: "map" }, plane.node, exemplars.node, comparison, bar);
  el.replaceChildren(who.node, slide, element("div", { class: "panels" }, map, pictures));
  slide.hidden = families.every((mine) => mine.length < 2);
  update();
  withoutStill(model);
  if (link.asked() !== null) el.scrollIntoView({ block: "center" });
  const moved = () => {
    const [dot, concept] = model.get("position");
    if (dot !== state.dot || concept !== state.concept) { Object.assign(state, { dot, concept }); update(); }
  };
  model.on("change:position", moved);
  return () => { stop(); model.off("change:position", moved); };
}

export default { render };
