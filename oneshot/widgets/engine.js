// Two ways to draw and judge, with one face: `browser` runs the networks that the book carries in a
// worker, `kernel` asks Python. Both load nothing before the first question.

// A carried file comes as a script, because a page opened from disk may fetch nothing else.
const carriedFiles = new Map();

function carried(name) {
  if (!carriedFiles.has(name)) {
    carriedFiles.set(name, new Promise((resolve, reject) => {
      const base = globalThis.document.querySelector('script[src*="widgets.js"]')?.src;
      if (!base) return reject(new Error("this page carries no models: open it in the book, or with a kernel"));
      globalThis.oneshotCarry ??= (file, ...parts) => globalThis.oneshotCarried.get(file)?.(parts);
      (globalThis.oneshotCarried ??= new Map()).set(name, resolve);
      const script = document.createElement("script");
      script.src = new URL(`vendor/models/${name}.js`, base).href;
      script.onerror = () => reject(new Error(`${name} could not be loaded: try again when the network is back`));
      script.onload = () => script.remove();
      document.head.append(script);
    }).catch((error) => {
      carriedFiles.delete(name);
      throw error;
    }));
  }
  return carriedFiles.get(name);
}

// Whether a graphics processor can draw: WebAssembly has to be able to wait for it.
async function graphics() {
  if (!globalThis.WebAssembly?.Suspending) return false;
  return Boolean(await navigator.gpu?.requestAdapter().catch(() => null));
}

export function browserEngine(told = () => {}) {
  const waiting = new Map();
  const ready = new Map();
  let [worker, asked] = [null, 0];

  async function started() {
    const name = (await graphics()) ? "engine-webgpu" : "engine";
    const [letters, source] = await carried(name);
    const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    worker = new Worker(address);
    worker.onerror = (event) => {
      event.preventDefault();
      for (const { reject } of waiting.values()) reject(new Error(event.message || "the models could not be started"));
      waiting.clear();
    };
    worker.onmessage = ({ data }) => {
      const { resolve, reject, seen } = waiting.get(data.id);
      if (!data.done) return seen?.(data);
      waiting.delete(data.id);
      if (data.error) reject(new Error(data.error));
      else resolve(data);
    };
    await ask({ kind: "load", name, letters });
  }

  const ask = (message, seen) => new Promise((resolve, reject) => {
    const id = ++asked;
    waiting.set(id, { resolve, reject, seen });
    worker.postMessage({ ...message, id });
  });

  function loaded(name) {
    if (!ready.has(name)) {
      const load = async () => {
        told(name);
        if (name === "engine") return started();
        const [[letters]] = await Promise.all([carried(name), loaded("engine")]);
        await ask({ kind: "load", name, letters });
      };
      ready.set(name, load().catch((error) => {
        ready.delete(name);
        throw error;
      }));
    }
    return ready.get(name);
  }

  return {
    load: ({ system, dataset }) => loaded(`${system}-${dataset}`),
    // Variations of an exemplar; `seen` is told of each step on the way.
    async draw({ system, dataset, ...request }, seen) {
      const model = `${system}-${dataset}`;
      await loaded(model);
      return ask({ kind: "draw", model, every: Boolean(seen), ...request }, seen);
    },
    async judge({ dataset, ...request }) {
      const critics = `critics-${dataset}`;
      await loaded(critics);
      return (await ask({ kind: "judge", critics, ...request })).scores;
    },
    // Features of pages in the space of a critic that the page itself brings.
    async look(request) {
      await loaded("engine");
      return (await ask({ kind: "look", ...request })).features;
    },
  };
}

export function kernelEngine(model) {
  const waiting = new Map();
  let asked = 0;
  model.on("msg:custom", (message, buffers) => {
    const { resolve, reject, seen } = waiting.get(message.id) ?? {};
    if (!resolve) return;
    const [view] = buffers ?? []; // levels on the way, numbers at the end
    const bytes = view && new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice();
    const pages = bytes && (message.done ? new Float32Array(bytes.buffer) : Float32Array.from(bytes, (v) => v / 255));
    if (!message.done) return seen?.({ ...message, pages });
    waiting.delete(message.id);
    if (message.error) reject(new Error(message.error));
    else resolve({ ...message, pages });
  });
  const ask = (content, seen) => new Promise((resolve, reject) => {
    const id = ++asked;
    waiting.set(id, { resolve, reject, seen });
    const { exemplar, pages, ...rest } = content;
    model.send({ ...rest, id }, undefined, [exemplar ?? pages].map((numbers) => numbers.slice().buffer));
  });
  return {
    load: async () => {}, // the kernel loads when it is first asked
    draw: (request, seen) => ask({ kind: "draw", ...request }, seen),
    judge: async (request) => (await ask({ kind: "judge", ...request })).scores,
    look: async (request) => (await ask({ kind: "look", ...request })).features,
  };
}
