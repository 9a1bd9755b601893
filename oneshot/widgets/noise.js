// Standard normal noise by its address (seed, concept, step): number for number what oneshot.rng
// gives, which is NumPy's Philox generator (Salmon et al. 2011) and its ziggurat of 256 layers
// (Marsaglia & Tsang 2000) in single precision.

const WORD = (1n << 64n) - 1n;
const FACTORS = [0xd2e7470ee14c6c93n, 0xca5a826395121157n];
const BUMPS = [0x9e3779b97f4a7c15n, 0xbb67ae8584caa73bn];

function philox(counter, key) {
  let [a, b, c, d] = counter;
  let [k, l] = key;
  for (let round = 0; round < 10; round++) {
    const [first, second] = [FACTORS[0] * a, FACTORS[1] * c];
    [a, b, c, d] = [(second >> 64n) ^ b ^ k, second & WORD, (first >> 64n) ^ d ^ l, first & WORD];
    [k, l] = [(k + BUMPS[0]) & WORD, (l + BUMPS[1]) & WORD];
  }
  return [a, b, c, d];
}

// Numbers of 32 bits, each word of 64 giving its lower half first.
function* stream(address) {
  const [a, b, c, d] = Array.from({ length: 4 }, (_, k) => BigInt(address[k] ?? 0) & WORD);
  for (let count = 1n; ; count++) {
    for (const word of philox([count, 0n, c, d], [a, b])) {
      yield Number(word & 0xffffffffn);
      yield Number(word >> 32n);
    }
  }
}

const EDGE = 3.6541528853610088;
const TAIL = Math.fround(EDGE);
const AREA = 0.00492867323399;

function ziggurat() {
  const density = (x) => Math.exp(-0.5 * x * x);
  const [wide, high, cut] = [new Float32Array(256), new Float32Array(256), new Uint32Array(256)];
  let x = EDGE;
  cut[0] = (EDGE * density(EDGE) / AREA) * 2 ** 23;
  wide[0] = AREA / density(EDGE) / 2 ** 23;
  [wide[255], high[0], high[255]] = [EDGE / 2 ** 23, 1, density(EDGE)];
  for (let layer = 254; layer > 0; layer--) {
    const inner = Math.sqrt(-2 * Math.log(AREA / x + density(x)));
    cut[layer + 1] = (inner / x) * 2 ** 23;
    wide[layer] = inner / 2 ** 23;
    high[layer] = density(inner);
    x = inner;
  }
  return [wide, high, cut];
}

const [WIDE, HIGH, CUT] = ziggurat();
const f32 = Math.fround;

// A Float32Array of `count` numbers; a longer one of the same address begins with the same numbers.
export function normal(address, count) {
  const words = stream(address);
  const word = () => words.next().value;
  const share = () => (word() >>> 8) / 2 ** 24;
  const one = () => {
    for (;;) {
      const bits = word();
      const [layer, size] = [bits & 255, (bits >>> 9) & 0x7fffff];
      const x = f32(f32(size) * WIDE[layer]) * (bits & 256 ? -1 : 1);
      if (size < CUT[layer]) return x;
      if (layer === 0) {
        for (;;) {
          const far = f32(-f32(1 / EDGE) * f32(Math.log1p(-share())));
          const up = f32(-f32(Math.log1p(-share())));
          if (up + up > far * far) return f32((size >>> 8) & 1 ? -(TAIL + far) : TAIL + far);
        }
      }
      const between = f32(f32(f32(HIGH[layer - 1] - HIGH[layer]) * share()) + HIGH[layer]);
      if (between < Math.exp(-0.5 * x * x)) return x;
    }
  };
  return Float32Array.from({ length: count }, one);
}
