// The sampler of oneshot/diffusion/samplers.py that the models draw with: DPM-Solver++(2M) (Lu et al.
// 2022, algorithm 2), one call of the denoiser a step.

export function timesteps(total, steps, spacing) {
  return Array.from({ length: steps }, (_, k) => steps - k).map(
    (left) => Math.max(Math.round(total * (left / steps) ** spacing), left) - 1,
  );
}

const logSnr = (alpha) => 0.5 * Math.log(alpha / (1 - alpha));

// Numbers x become data. `eps(x, t)` promises the noise in them, `seen(x, step)` is told before each
// step, and `clip` bounds the data of each step, unless it is null.
export async function dpmSolver(eps, start, { alphas_cumprod: alphas, steps, spacing, clip }, seen) {
  const visited = timesteps(alphas.length, steps, spacing);
  let [x, before, stride] = [start, null, null];
  for (const [index, t] of visited.entries()) {
    await seen(x, index);
    const [a, next] = [alphas[t], index + 1 < steps ? alphas[visited[index + 1]] : 1];
    const noise = await eps(x, t);
    const [sigma, signal] = [Math.sqrt(1 - a), Math.sqrt(a)];
    const data = x.map((value, k) => (value - sigma * noise[k]) / signal);
    if (clip !== null) data.forEach((value, k) => { data[k] = Math.min(Math.max(value, -clip), clip); });
    if (next === 1) return data;
    const h = logSnr(next) - logSnr(a);
    const [keep, take] = [Math.sqrt((1 - next) / (1 - a)), Math.sqrt(next) * Math.expm1(-h)];
    const ahead = before ? h / (2 * stride) : 0;
    x = x.map((value, k) => keep * value - take * (data[k] + (before ? ahead * (data[k] - before[k]) : 0)));
    [before, stride] = [data, h];
  }
  return x;
}
