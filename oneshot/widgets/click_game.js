// A game of the ClickMe kind. A drawing is covered; the reader uncovers parts of it until a critic
// names it. `engine.js` runs the critic: here, in a page without kernel, else in the kernel.

const [PAPER, INK, HEAT, COVER] = [[253, 252, 247], [24, 26, 34], [176, 74, 22], [205, 198, 180]];

const bytes = (view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

// The chances of the names: softmax of minus the squared distances to the exemplars' features.
export function chances(features, supports) {
  const count = features.length;
  const logits = Array.from({ length: supports.length / count }, (_, n) => {
    const gaps = features.map((value, k) => (value - supports[n * count + k]) ** 2);
    return -gaps.reduce((sum, gap) => sum + gap);
  });
  const most = Math.max(...logits);
  const odds = logits.map((logit) => Math.exp(logit - most));
  const all = odds.reduce((sum, odd) => sum + odd);
  return odds.map((odd) => odd / all);
}

// A Gaussian blur of a square page that is mirrored at its edges.
export function blurred(page, sigma) {
  const side = Math.sqrt(page.length);
  const reach = Math.floor(4 * sigma + 0.5);
  const weights = Array.from({ length: 2 * reach + 1 }, (_, k) => Math.exp(-((k - reach) ** 2) / (2 * sigma ** 2)));
  const total = weights.reduce((sum, weight) => sum + weight);
  const inside = (k) => {
    const turned = ((k % (2 * side)) + 2 * side) % (2 * side);
    return turned < side ? turned : 2 * side - 1 - turned;
  };
  const along = (from, across, down) => from.map((_, at) => {
    const [x, y] = [at % side, Math.floor(at / side)];
    return weights.reduce((sum, weight, k) => {
      const [u, v] = [inside(x + across * (k - reach)), inside(y + down * (k - reach))];
      return sum + (weight / total) * from[v * side + u];
    }, 0);
  });
  return along(along(Float32Array.from(page), 1, 0), 0, 1);
}

function counted(clicks, side) {
  const page = new Float32Array(side * side);
  for (const [x, y] of clicks) page[Math.floor(y) * side + Math.floor(x)] += 1;
  return page;
}

// Places in the order of values, from 1; equal values share the mean of their places.
function ranked(values) {
  const order = Array.from(values, (_, k) => k).sort((a, b) => values[a] - values[b]);
  const places = new Float64Array(values.length);
  for (let first = 0, next; first < order.length; first = next) {
    next = first + 1;
    while (next < order.length && values[order[next]] === values[order[first]]) next++;
    for (let k = first; k < next; k++) places[order[k]] = (first + next + 1) / 2;
  }
  return places;
}

// Spearman's rank correlation; 0 where one of the two is the same everywhere.
export function spearman(one, other) {
  const centred = [one, other].map((values) => {
    const places = ranked(values);
    const middle = (places.length + 1) / 2;
    return places.map((place) => place - middle);
  });
  const dot = (a, b) => a.reduce((sum, value, k) => sum + value * b[k], 0);
  const size = Math.sqrt(dot(centred[0], centred[0]) * dot(centred[1], centred[1]));
  return size ? dot(...centred) / size : 0;
}

const between = (from, to, share) => from.map((value, k) => value + (to[k] - value) * share);

function painted(canvas, side, colour) {
  canvas.width = canvas.height = side;
  const image = new ImageData(side, side);
  for (let k = 0; k < side * side; k++) image.data.set([...colour(k), 255], 4 * k);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

// A small picture of a drawing, on a map if there is one, with words below.
function picture(side, drawing, words, map = null) {
  const canvas = element("canvas", { role: "img", "aria-label": words });
  const ground = (k) => (map ? between(PAPER, HEAT, map[k]) : PAPER);
  const cover = map ? 0.6 : 1; // a map shows through the ink
  painted(canvas, side, (k) => between(ground(k), INK, (cover * drawing[k]) / 255));
  return element("figure", {}, canvas, element("figcaption", {}, words));
}

function saved(participant, side, games) {
  const text = JSON.stringify({ participant, side, games }, null, 1);
  const href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  element("a", { href, download: `${participant}.json` }).click();
  setTimeout(() => URL.revokeObjectURL(href), 1000);
}

// What was played in this browser before, as far as it is of these drawings; nothing elsewhere.
function shelf(model, names, side) {
  const key = `oneshot-game-${model.get("name")}`;
  const inPage = Boolean(document.querySelector(".bd-article"));
  const spot = (click) => Array.isArray(click) && click.length === 2 && click.every((v) => v >= 0 && v < side);
  const whole = (game) => names.includes(game?.exemplar) && Array.isArray(game.clicks) && game.clicks.every(spot);
  return {
    read() {
      try {
        const games = JSON.parse(inPage ? localStorage.getItem(key) : null) ?? [];
        return Array.isArray(games) ? games.filter(whole) : [];
      } catch { return []; }
    },
    write(games) {
      if (inPage) try { localStorage.setItem(key, JSON.stringify(games)); } catch { /* a private page */ }
    },
  };
}

function render({ model, el }) {
  const [side, names, labels, reach, sigma] = ["side", "names", "labels", "reach", "sigma"].map((key) => model.get(key));
  const rounds = model.get("rounds");
  const kept = shelf(model, names, side);
  if (!model.get("games").length) model.set("games", kept.read());
  const [drawings, maps] = [bytes(model.get("drawings")), bytes(model.get("maps"))];
  const page = (from, number) => from.subarray(number * side * side, (number + 1) * side * side);
  const kernel = Boolean(model.widget_manager);
  const engine = kernel ? kernelEngine(model) : browserEngine();
  const view = model.get("supports");
  const supports = Float32Array.from({ length: view.byteLength / 4 }, (_, k) => view.getFloat32(4 * k, true));
  const participant = `reader-${Date.now().toString(36)}`;
  const label = "a covered drawing: drag to uncover it, or move with the arrow keys and press space";
  const canvas = element("canvas", { tabindex: 0, role: "application", "aria-label": label });
  const cursor = element("span", { class: "cursor" });
  const guesses = element("div", { class: "pictures guesses" });
  const told = element("p", { class: "told", "aria-live": "polite" });
  const results = element("div", { class: "pictures results" });
  const button = (words, act) => {
    const node = element("button", { type: "button" }, words);
    node.addEventListener("click", act);
    return node;
  };
  let [round, number, clicks, open, done, place] = [-1, -1, [], null, false, [0, 0]];
  let [busy, again, woken] = [false, false, false];

  function show() {
    const drawing = page(drawings, number);
    painted(canvas, side, (k) => (open[k] || done ? between(PAPER, INK, drawing[k] / 255) : COVER));
    cursor.style.left = `${(100 * place[0]) / side}%`;
    cursor.style.top = `${(100 * place[1]) / side}%`;
  }

  const played = (n) => model.get("games").find(({ exemplar }) => exemplar === names[n]);
  const left = () => rounds.findIndex((n) => !played(n));

  function keep(games) {
    model.set("games", games);
    model.save_changes();
    kept.write(games);
    save.disabled = !games.length;
  }

  function next() {
    round = left();
    if (round < 0) return end();
    [number, clicks, open, done, place] = [rounds[round], [], new Uint8Array(side * side), false, [side / 2, side / 2]];
    el.classList.remove("over");
    guesses.replaceChildren();
    results.replaceChildren();
    onward.disabled = true;
    giveUp.disabled = false;
    told.textContent = `Drawing ${round + 1} of ${rounds.length}. Uncover as little as you can.`;
    show();
  }

  const ownMap = (game) => {
    const own = blurred(counted(game.clicks, side), sigma);
    const most = Math.max(...own, 1e-9);
    return own.map((value) => value / most);
  };
  const mapOf = (label, n) => Array.from(page(maps, label * names.length + n), (v) => v / 255);
  const row = (n) => [
    picture(side, page(drawings, n), "you", ownMap(played(n))),
    ...labels.map((words, m) => picture(side, page(drawings, n), words, mapOf(m, n))),
  ];

  function finish(named) {
    done = true;
    giveUp.disabled = true;
    onward.disabled = false;
    const last = rounds.slice(round + 1).every(played);
    onward.textContent = last ? "See how you did" : "Next drawing";
    told.textContent = named
      ? `Named after ${clicks.length} ${clicks.length === 1 ? "click" : "clicks"}: ${names[number]}.`
      : `Not named: it is ${names[number]}.`;
    keep([...model.get("games"), { exemplar: names[number], clicks, named }]);
    results.replaceChildren(...row(number));
  }

  // All rounds side by side, and how far each map ranks the pixels as the reader's clicks do.
  function end() {
    const games = rounds.map(played);
    const named = games.filter((game) => game.named);
    const count = named.reduce((sum, game) => sum + game.clicks.length, 0);
    el.classList.add("over");
    const each = named.length ? `, with ${(count / named.length).toFixed(1)} clicks each` : "";
    told.textContent = `The critic named ${named.length} of your ${games.length} drawings${each}.`;
    const agreed = labels.map((words, m) => {
      const all = rounds.map((n) => spearman(ownMap(played(n)), mapOf(m, n)));
      return `${words} ${(all.reduce((sum, value) => sum + value) / all.length).toFixed(2)}`;
    });
    const score = element("p", {}, agreed.length ? `How far each map ranks the pixels as your clicks do (1: alike): ${agreed.join(", ")}.` : "");
    results.replaceChildren(score, ...rounds.map((n) => element("div", { class: "pictures round" }, ...row(n))));
    guesses.replaceChildren();
    giveUp.disabled = onward.disabled = true;
    done = true;
  }

  // What the critic sees of the drawing, as features; its network travels with the first question.
  async function look() {
    const drawing = page(drawings, number);
    const pages = Float32Array.from(drawing, (value, k) => (open[k] ? value / 255 : 0));
    if (!woken) told.textContent = "Waking the critic\u2026";
    const request = { network: "critic", pages, side, threshold: model.get("threshold") };
    if (!woken && !kernel) request.bytes = bytes(model.get("network")).slice();
    woken = true;
    return engine.look(request);
  }

  // One question at a time: what is uncovered meanwhile is asked about next.
  async function ask() {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      do {
        again = false;
        const [asked, count] = [number, clicks.length];
        const found = chances(Array.from(await look()), supports);
        if (asked === number && !done) answered(found, count);
      } while (again && !done);
    } catch (error) {
      woken = false;
      told.textContent = `The critic cannot be asked: ${error.message}`;
    }
    busy = false;
  }

  function answered(found, count) {
    const order = found.map((_, n) => n).sort((a, b) => found[b] - found[a]);
    const shown = order.slice(0, 3).map((n) => picture(side, page(drawings, n), `${names[n]} ${Math.round(100 * found[n])}\u00a0%`));
    guesses.replaceChildren(...shown);
    told.textContent = `After ${count}, the critic says ${names[order[0]]}.`;
    if (order[0] !== number) return;
    clicks = clicks.slice(0, count); // it was named before the others
    finish(true);
    show();
  }

  function uncover() {
    if (done) return;
    const [x, y] = place;
    clicks.push([Number(x.toFixed(1)), Number(y.toFixed(1))]);
    for (let k = 0; k < open.length; k++) {
      const gap = Math.hypot((k % side) + 0.5 - x, Math.floor(k / side) + 0.5 - y);
      if (gap <= reach) open[k] = 1;
    }
    ask();
    show();
  }

  const onPage = (value) => Math.min(Math.max(value, 0), side - 0.1);

  function point(event) {
    const box = canvas.getBoundingClientRect();
    place = [[event.clientX, box.left], [event.clientY, box.top]].map(([at, from]) => onPage(((at - from) * side) / box.width));
    const last = clicks[clicks.length - 1];
    if (!last || Math.hypot(last[0] - place[0], last[1] - place[1]) >= reach / 2) uncover();
  }

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    point(event);
  });
  canvas.addEventListener("pointermove", (event) => event.buttons && point(event));
  canvas.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const move = moves[event.key];
    if (!move && event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation(); // the notebook around would move on
    if (move) place = place.map((value, axis) => onPage(value + (move[axis] * reach) / 2));
    else uncover();
    show();
  });
  const giveUp = button("Give up", () => { finish(false); show(); });
  const save = button("Save my clicks", () => saved(participant, side, model.get("games")));
  const onward = button("Next drawing", next);
  const anew = button("Play again", () => { keep([]); next(); });
  save.disabled = !model.get("games").length;
  const buttons = element("div", { class: "buttons" }, onward, giveUp, save, anew);
  el.classList.add("oneshot-widget", "oneshot-game");
  const board = element("div", { class: "board" }, canvas, cursor);
  el.replaceChildren(element("div", { class: "panels" }, board, element("div", { class: "side" }, told, guesses, buttons)), results);
  next();
}

export default { render };
