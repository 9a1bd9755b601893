// The samplers of oneshot/diffusion/samplers.py that the models draw with, one call of the denoiser a
// step: DPM-Solver++(2M) (Lu et al. 2022, algorithm 2) and ancestral sampling (Ho et al. 2020).

export function timesteps(total, steps, spacing) {
  return Array.from({ length: steps }, (_, k) => steps - k).map(
    (left) => Math.max(Math.round(total * (left / steps) ** spacing), left) - 1,
  );
}

const logSnr = (alpha) => 0.5 * Math.log(alpha / (1 - alpha));

// Numbers x become data. `eps(x, t)` promises the noise in them, `seen(x, step)` is told before each
// step, and `clip` bounds the data of each step, unless it is null. A sampler gives what moves x on:
// `move(x, data, alpha, next alpha, step)`; the last step ends at the data.
export async function drawn(eps, start, { alphas_cumprod: alphas, steps, spacing, clip }, move, seen) {
  const visited = timesteps(alphas.length, steps, spacing);
  let x = start;
  for (const [index, t] of visited.entries()) {
    await seen(x, index);
    const [a, next] = [alphas[t], index + 1 < steps ? alphas[visited[index + 1]] : 1];
    const noise = await eps(x, t);
    const [sigma, signal] = [Math.sqrt(1 - a), Math.sqrt(a)];
    const data = x.map((value, k) => (value - sigma * noise[k]) / signal);
    if (clip !== null) data.forEach((value, k) => { data[k] = Math.min(Math.max(value, -clip), clip); });
    if (next === 1) return data;
    x = move(x, data, a, next, index);
  }
  return x;
}

export function dpmSolver() {
  let [before, stride] = [null, null];
  return (x, data, a, next) => {
    const h = logSnr(next) - logSnr(a);
    const [keep, take] = [Math.sqrt((1 - next) / (1 - a)), Math.sqrt(next) * Math.expm1(-h)];
    const ahead = before ? h / (2 * stride) : 0;
    const moved = x.map((value, k) => keep * value - take * (data[k] + (before ? ahead * (data[k] - before[k]) : 0)));
    [before, stride] = [data, h];
    return moved;
  };
}

// `noise(step)` gives the noise that a step adds.
export function ancestral(noise) {
  return (x, data, a, next, step) => {
    const beta = 1 - a / next;
    const [take, keep] = [(Math.sqrt(next) * beta) / (1 - a), (Math.sqrt(a / next) * (1 - next)) / (1 - a)];
    const [added, wide] = [noise(step), Math.sqrt((beta * (1 - next)) / (1 - a))];
    return x.map((value, k) => take * data[k] + keep * value + wide * added[k]);
  };
}
