// What draws and judges beside the page: networks by onnxruntime-web, noise and sampler as in the
// package. It is told what to do by messages {id, kind, ...} and answers each with {id, ...}.

const files = new Map();
const sessions = new Map();
let ort = null;
let provider = "wasm"; // what runs the networks: "webgpu" where a graphics processor does

const text = (bytes) => new TextDecoder().decode(bytes);

// Letters hold 15 bits each, from U+3400 on; the first 32 bits are the number of bytes.
function written(letters) {
  const bytes = new Uint8Array(Math.floor((letters.length * 15) / 8));
  let [bits, held, at] = [0, 0, 0];
  for (let k = 0; k < letters.length; k++) {
    bits = (bits << 15) | (letters.charCodeAt(k) - 0x3400);
    for (held += 15; held >= 8; bits &= (1 << held) - 1) {
      held -= 8;
      bytes[at++] = bits >>> held;
    }
  }
  return bytes.subarray(4, 4 + new DataView(bytes.buffer).getUint32(0));
}

// A carried file is a gzipped list of parts, written in letters: see oneshot/carried.py.
async function unpack(letters) {
  const stream = new Blob([written(letters)]).stream().pipeThrough(new DecompressionStream("gzip"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const parts = JSON.parse(text(bytes.subarray(4, 4 + length)));
  return Object.fromEntries(
    Object.entries(parts).map(([name, [from, size]]) => [name, bytes.slice(4 + length + from, 4 + length + from + size)]),
  );
}

async function load({ name, letters }) {
  const parts = await unpack(letters);
  files.set(name, parts);
  if (!parts["ort.mjs"]) return { loaded: name };
  const address = URL.createObjectURL(new Blob([parts["ort.mjs"]], { type: "text/javascript" }));
  ort = await import(address);
  ort.env.wasm.wasmBinary = parts["ort.wasm"].buffer;
  ort.env.wasm.numThreads = self.crossOriginIsolated ? Math.min(4, navigator.hardwareConcurrency) : 1;
  ort.env.logLevel = "error";
  if (name.endsWith("webgpu")) provider = "webgpu";
  files.delete(name);
  return { loaded: name };
}

// A graphics processor that cannot run a network leaves it, and all others, to WebAssembly.
async function session(bytes) {
  try {
    return await ort.InferenceSession.create(bytes, { executionProviders: [provider], logSeverityLevel: 3 });
  } catch (error) {
    if (provider === "wasm") throw error;
    provider = "wasm";
    return session(bytes);
  }
}

const opened = (key, bytes) => {
  if (!sessions.has(key)) sessions.set(key, session(bytes));
  return sessions.get(key);
};

// Runs a network; inputs are [numbers, sizes], numbers a Float32Array or BigInt64Array.
async function run(session, inputs) {
  const feeds = {};
  session.inputNames.forEach((name, k) => {
    const [numbers, sizes] = inputs[k];
    feeds[name] = new ort.Tensor(numbers instanceof Float32Array ? "float32" : "int64", numbers, sizes);
  });
  return (await session.run(feeds))[session.outputNames[0]].data;
}

async function prepared(name) {
  const parts = files.get(name);
  const about = JSON.parse(text(parts["model.json"]));
  const networks = {};
  for (const part of Object.keys(parts).filter((part) => part.endsWith(".onnx"))) {
    networks[part.slice(0, -5)] = await opened(`${name}/${part}`, parts[part]);
  }
  return { about, networks };
}

// Of latents a row of the denoiser holds all variations, of images each is a row of its own.
function denoising({ about, networks }, condition, size, variations, guidance) {
  const ways = guidance && about.guided ? 2 : 1;
  const alike = about.family === "latent" ? 1 : variations;
  const rows = ways * alike;
  const conditions = [repeated(condition, rows), [rows, ...size]];
  const keep = [Float32Array.from({ length: rows }, (_, k) => Number(k < alike)), [rows]];
  const shape = about.family === "latent" ? [rows, variations, ...size] : [rows, ...size];
  return async (x, t) => {
    const times = [BigInt64Array.from({ length: rows }, () => BigInt(t)), [rows]];
    const eps = await run(networks.denoiser, [[repeated(x, ways), shape], times, conditions, keep]);
    if (ways === 1) return eps;
    return x.map((_, k) => eps[k] + guidance * (eps[k] - eps[k + x.length]));
  };
}

const repeated = (numbers, times) => {
  const all = new Float32Array(numbers.length * times);
  for (let k = 0; k < times; k++) all.set(numbers, k * numbers.length);
  return all;
};

// A model that draws at once, from its exemplar and a latent vector.
async function decoded({ about, networks }, { exemplar, side, seed, variations }) {
  const latents = normal([seed, 0, 0], variations * about.shape[0]).map((value) => about.spread * value);
  const pages = [repeated(exemplar, variations), [variations, 1, side, side]];
  return { pages: await run(networks.decoder, [pages, [latents, [variations, ...about.shape]]]), steps: 1, provider };
}

async function draw({ id, model, exemplar, side, guidance, seed, variations, every, steps }) {
  const made = await prepared(model);
  if (made.about.family === "bent") return decoded(made, { exemplar, side, seed, variations });
  const { networks } = made;
  const about = { ...made.about, ...(steps && { steps }) };
  const latent = about.family === "latent";
  const size = latent ? about.shape : [1, side, side];
  const count = size.reduce((all, one) => all * one);
  const condition = latent
    ? await run(networks.encoder, [[exemplar, [1, 1, side, side]]])
    : exemplar.map((value) => 2 * value - 1);
  const shown = async (x) => (latent
    ? run(networks.decoder, [[x, [variations, ...size]]])
    : x.map((value) => Math.min(Math.max((value + 1) / 2, 0), 1)));
  const start = normal([seed, 0, 0], variations * count);
  const eps = denoising(made, condition, size, variations, guidance);
  const noise = (step) => normal([seed, 0, step + 1], variations * count);
  const move = { dpm_solver_pp: dpmSolver, ddpm: ancestral }[about.sampler](noise);
  const data = await drawn(eps, start, about, move, async (x, step) => {
    if (every) postMessage({ id, step, steps: about.steps, pages: await shown(x) });
  });
  return { pages: await shown(data), steps: about.steps, provider };
}

// Ink or paper, nothing between, as critics were trained.
function binary(page, threshold) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of page) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return page.map((value) => Number(value > low + threshold * (high - low)));
}

async function features({ network, bytes, pages, side, threshold }) {
  const session = await opened(network, bytes);
  const size = side * side;
  const ready = new Float32Array(pages.length);
  for (let at = 0; at < pages.length; at += size) ready.set(binary(pages.subarray(at, at + size), threshold), at);
  return run(session, [[ready, [pages.length / size, 1, side, side]]]);
}

const gap = (a, i, b, j, width) => {
  let sum = 0;
  for (let k = 0; k < width; k++) sum += (a[i * width + k] - b[j * width + k]) ** 2;
  return sum;
};

// Of `count` rivals, `farther` ones are farther than the drawing's own exemplar: the chance that
// none of the others is in a random choice.
function chance(farther, count, others) {
  let share = 1;
  for (let k = 0; k < others; k++) share *= Math.max(farther - k, 0) / (count - k);
  return share;
}

// Originality, and the chance to be known, of drawings whose exemplar is the first of the pages.
async function judge({ critics, pages, side }) {
  const parts = files.get(critics);
  const about = JSON.parse(text(parts["critics.json"]));
  const seen = (part) => features({
    network: `${critics}/${part}`, bytes: parts[part], pages, side, threshold: about.threshold,
  });
  const [far, near] = [await seen("originality.onnx"), await seen("recognition.onnx")];
  const rivals = new Float32Array(parts["rivals"].buffer);
  const count = about.names.length;
  const [wide, deep] = [far.length, near.length].map((all) => (all * side * side) / pages.length);
  return {
    scores: Array.from({ length: pages.length / side ** 2 - 1 }, (_, k) => {
      const own = gap(near, k + 1, near, 0, deep);
      const farther = about.names.filter((_, r) => gap(near, k + 1, rivals, r, deep) > own).length;
      return {
        originality: Math.sqrt(gap(far, k + 1, far, 0, wide) / wide) / about.unit,
        known: chance(farther, count, about.ways - 1),
      };
    }),
  };
}

const ACTS = { load, draw, judge, look: async (message) => ({ features: await features(message) }) };

let last = Promise.resolve(); // one thing at a time, in the order in which it was asked for
onmessage = ({ data }) => {
  last = last.then(async () => {
    try {
      postMessage({ id: data.id, done: true, ...(await ACTS[data.kind](data)) });
    } catch (error) {
      postMessage({ id: data.id, done: true, error: String(error?.message ?? error) });
    }
  });
};
