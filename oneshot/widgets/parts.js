// What sliders and explorers share: elements, and an empty plane with axes.

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

// An SVG with axes, and where a point of the plane lies in it.
function axes(x, y) {
  const [width, height, left, bottom, top, right] = [360, 270, 46, 40, 22, 12];
  const across = (v) => left + ((v - x.low) / (x.high - x.low)) * (width - left - right);
  const down = (v) => height - bottom - ((v - y.low) / (y.high - y.low)) * (height - bottom - top);
  const svg = drawn("svg", { viewBox: `0 0 ${width} ${height}` });
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
  return { svg, across, down };
}

// Straight from the bytes to pixels: an <img> could not be read back on a page opened from disk.
const decoded = (bytes) => createImageBitmap(new Blob([bytes], { type: "image/webp" }));

// A canvas of one tile of a sheet, with sharp pixels; `show(column, row)` says which.
function tiles(sheet, width, height, attributes) {
  const canvas = element("canvas", { width: 2 * width, height: 2 * height, ...attributes });
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  const show = (column, row) =>
    context.drawImage(sheet, column * width, row * height, width, height, 0, 0, canvas.width, canvas.height);
  return { canvas, show };
}

function withoutStill(model) {
  for (const still of document.querySelectorAll(`[data-widget="${model.get("still")}"]`)) still.remove();
}

// The state of a widget in the address of its page, under a name: a link says what is looked at, and a
// reload loses nothing. In a notebook the address is not the widget's, and nothing is said there.
function linked(name) {
  const inPage = Boolean(document.querySelector(".bd-article"));
  const all = () => new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");
  const told = (text) => {
    const found = all();
    found.set(name, text);
    return `#${found}`;
  };
  return {
    inPage,
    asked: () => (inPage && all().has(name) ? all().get(name) : null),
    address: (text) => location.href.split("#")[0] + told(text),
    put(text) {
      if (inPage) try { history.replaceState(null, "", told(text)); } catch { /* a page that may not */ }
    },
    listen(changed) {
      if (inPage) window.addEventListener("hashchange", () => { if (all().has(name)) changed(); });
    },
  };
}

const PACE = 900; // milliseconds that each position stays while it is played

// Let a button play, and pause, what `step` does; returns what stops it.
function player(step, button) {
  let timer = null;
  const stop = () => { clearInterval(timer); timer = null; button.textContent = "Play"; };
  button.addEventListener("click", () => {
    if (timer) return stop();
    button.textContent = "Pause";
    step();
    timer = setInterval(step, PACE);
  });
  return stop;
}

// A button that copies the address of what is shown, or shows it where nothing may be copied.
function copier(address) {
  const said = element("span", { role: "status" });
  const button = element("button", { type: "button" }, "Copy link");
  button.addEventListener("click", async () => {
    try { await navigator.clipboard.writeText(address()); said.textContent = "copied"; }
    catch { said.textContent = address(); }
  });
  return [button, said];
}
