// The rasteriser of oneshot/drawings/raster.py for pages of 48 px: the same pixels. There Pillow
// draws lines of 6 px on a page four times too large, which is then averaged down; here are the same
// rules for where a wide line, a round end and a round joint have ink.

const EXTENT = 256;
const SIDE = 48;
const FINE = 4;
const BIG = SIDE * FINE;
const PEN = 9;
const MARGIN = EXTENT / 14;
const SCALE = BIG / (EXTENT + 2 * MARGIN);
const WIDTH = Math.round(PEN * SCALE);

const halfUp = (v) => (v >= 0 ? Math.floor(v + 0.5) : -Math.floor(-v + 0.5));
const halfDown = (v) => (v >= 0 ? Math.ceil(v - 0.5) : -Math.ceil(-v - 0.5));
const away = (v) => Math.sign(v) * Math.floor(Math.abs(v) + 0.5);

function row(page, from, y, to) {
  if (y < 0 || y >= BIG) return;
  const [first, last] = [Math.max(from, 0), Math.min(to, BIG - 1)];
  if (first <= last) page.fill(1, y * BIG + first, y * BIG + last + 1);
}

function edge([x0, y0], [x1, y1]) {
  const slope = y0 === y1 ? 0 : Math.fround((x1 - x0) / (y1 - y0));
  const at = (y) => Math.fround(Math.fround((y - y0) * slope) + x0);
  return { x0, x1, slope, at, top: Math.min(y0, y1), low: Math.max(y0, y1) };
}

// Where two slanted sides meet in a row, the row may reach one pixel beyond the next row only.
function cornered(x, y, side, before) {
  const next = y + (y === side.low ? -1 : 1);
  for (const other of before) {
    if (!other.slope || (y !== other.top && y !== other.low)) continue;
    if (away(x) !== away(other.at(y)) || next < other.top || next > other.low) continue;
    const [a, b] = [side.at(next), other.at(next)];
    if (x > a + 1 && x > b + 1) return away(Math.max(a, b)) + 1;
    if (x < a - 1 && x < b - 1) return away(Math.min(a, b)) - 1;
    return x;
  }
  return x;
}

function polygon(page, corners) {
  const edges = corners.map((corner, k) => edge(corner, corners[(k + 1) % corners.length]));
  const sides = edges.filter(({ top, low }) => top !== low);
  for (const { x0, x1, top, low } of edges) if (top === low) row(page, Math.min(x0, x1), top, Math.max(x0, x1));
  const [first, last] = [Math.min(...edges.map((e) => e.top)), Math.max(...edges.map((e) => e.low))];
  for (let y = Math.max(first, 0); y <= Math.min(last, BIG); y++) {
    const crossings = [];
    sides.forEach((side, k) => {
      if (y < side.top || y > side.low) return;
      let x = side.at(y);
      if (y === side.low && y < last) crossings.push(x);
      else if ((y === side.top || y === side.low) && side.slope) x = cornered(x, y, side, sides.slice(0, k));
      crossings.push(x);
    });
    crossings.sort((a, b) => a - b);
    for (let k = 1; k < crossings.length; k += 2) row(page, halfUp(crossings[k - 1]), y, halfDown(crossings[k]));
  }
}

function wideLine(page, from, to) {
  const [[x0, y0], [x1, y1]] = [from.map(Math.trunc), to.map(Math.trunc)];
  const [dx, dy] = [x1 - x0, y1 - y0];
  if (!dx && !dy) return row(page, x0, y0, x0);
  const half = (WIDTH - 1) / 2;
  const [more, less] = [halfUp(half), halfDown(half)].map((reach) => reach / Math.hypot(dx, dy));
  const [left, right, up, down] = [less * dy, more * dy, less * dx, more * dx].map(halfDown);
  polygon(page, [[x0 - left, y0 + down], [x1 - left, y1 + down], [x1 + right, y1 - up], [x0 + right, y0 - up]]);
}

// Half the width of each row of a disc that is 7 or 5 px wide, in half pixels.
const DISCS = { 6: [2, 4, 6, 6, 6, 4, 2], 4: [2, 4, 4, 4, 2] };

function roundEnd(page, [x, y]) {
  const [left, top] = [Math.trunc(x - WIDTH / 2), Math.trunc(y - WIDTH / 2)];
  DISCS[6].forEach((half, k) => row(page, left + (6 - half) / 2, top + k, left + (6 + half) / 2));
}

// What a half plane a x + b y >= 0 leaves of a row from `l` to `r`, all in half pixels.
function cut([l, r], y, a, b) {
  if (Math.abs(a) < 1e-9) return b * y < -1e-9 ? [1, 0] : [l, r];
  const x = -(b * y) / a;
  return [
    a * l + b * y < 1e-9 ? away(Math.max(l, x)) : l,
    a * r + b * y < 1e-9 ? away(Math.min(r, x)) : r,
  ];
}

// A slice of a disc of 5 px, from one angle to another in degrees, clockwise.
function slice(page, [x, y], start, end) {
  let [from, to] = [Math.fround(start), Math.fround(end)];
  from = Math.fround((from < 0 ? 360 - Math.fround(-from % 360) : from) % 360);
  const turn = to < from ? 360 - ((from - to) % 360) : to - from;
  to = Math.fround(from + Math.fround(turn % 360));
  if (from === to) return;
  const [wide, left, top] = [4, Math.trunc(x - WIDTH / 2 + 1), Math.trunc(y - WIDTH / 2 + 1)];
  const point = (angle) => [wide * Math.cos((angle * Math.PI) / 180), wide * Math.sin((angle * Math.PI) / 180)];
  const [[xl, yl], [xr, yr]] = [point(from), point(to)];
  const narrow = to - from < 180;
  DISCS[4].forEach((half, k) => {
    const line = 2 * k - wide;
    const parts = [cut([-half, half], line, -yl, xl), cut([-half, half], line, yr, -xr)];
    const found = narrow ? [[Math.max(parts[0][0], parts[1][0]), Math.min(parts[0][1], parts[1][1])]] : parts;
    for (let [l, r] of found) {
      if (to - from < 90) {
        const kept = cut([-half, half], line, (xl + xr) / 2, (yl + yr) / 2);
        [l, r] = [Math.max(l, kept[0]), Math.min(r, kept[1])];
      }
      if (l <= r) row(page, left + Math.trunc((l + wide) / 2), top + k, left + Math.trunc((r + wide) / 2));
    }
  });
}

const modulo = (v) => ((v % 360) + 360) % 360;
const heading = ([x0, y0], [x1, y1]) => modulo((Math.atan2(x1 - x0, y0 - y1) * 180) / Math.PI);

function joint(page, before, point, after) {
  const [a, b] = [heading(before, point), heading(point, after)];
  if (a === b) return;
  const flipped = (b > a && b - 180 > a) || (b < a && b + 180 > a);
  if (flipped) slice(page, point, b, a);
  else slice(page, point, a - 180, b - 180);
}

// Strokes [[[x, y], ...], ...] in a square of 256 to a page of 48 x 48 levels of ink, 0 to 255.
export function rasterised(strokes) {
  const page = new Uint8Array(BIG * BIG);
  for (const stroke of strokes) {
    const points = stroke.map((point) => point.map((v) => (v + MARGIN) * SCALE));
    for (let k = 1; k < points.length; k++) wideLine(page, points[k - 1], points[k]);
    for (let k = 1; k < points.length - 1; k++) joint(page, ...points.slice(k - 1, k + 2));
    roundEnd(page, points[0]);
    roundEnd(page, points[points.length - 1]);
  }
  return Uint8Array.from({ length: SIDE * SIDE }, (_, k) => {
    const corner = Math.floor(k / SIDE) * FINE * BIG + (k % SIDE) * FINE;
    let ink = 0;
    for (let v = 0; v < FINE; v++) for (let u = 0; u < FINE; u++) ink += page[corner + v * BIG + u];
    return Math.round((255 * ink) / FINE ** 2);
  });
}

// Strokes moved and scaled, aspect kept, to the middle of the square, in single precision as there.
export function fitSquare(strokes) {
  const f = Math.fround;
  const points = strokes.flat();
  const [low, high] = [Math.min, Math.max].map((of) => [0, 1].map((axis) => points.reduce((one, p) => of(one, f(p[axis])), f(points[0][axis]))));
  const size = [0, 1].map((axis) => f(high[axis] - low[axis]));
  const scale = f(EXTENT / Math.max(...size, 1e-9));
  const shift = size.map((one) => f(f(EXTENT - f(one * scale)) / 2));
  const placed = (v, axis) => f(f(f(f(v) - low[axis]) * scale) + shift[axis]);
  return strokes.map((stroke) => stroke.map((point) => point.map(placed)));
}
