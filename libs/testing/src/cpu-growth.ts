/** A step below this is noise: the collector or the compiler of the engine may cost as much. */
const NOISE_MS = 40;
/** Four times the input: 4 where work is linear, 16 where it is quadratic. */
const TOO_STEEP = 10;
const TRIES = 3;

export interface Steepness {
  readonly size: number;
  readonly cpuMs: number;
  /** Of a quarter of the size. */
  readonly beforeMs: number;
}

/**
 * Runs `work` on inputs that grow fourfold from `from` to `to` and returns the first step whose CPU time grew like a square;
 * `undefined`: none did. It stops there, so that quadratic work on megabytes is seen in seconds. CPU time, not time on the
 * wall: a busy machine changes nothing. A steep step is measured again before it counts.
 */
export function steepGrowth(
  work: (size: number) => void,
  { from, to }: { from: number; to: number },
): Steepness | undefined {
  let beforeMs = cpuMsOf(work, from);
  for (let size = from * 4; size <= to; size *= 4) {
    let cpuMs = cpuMsOf(work, size);
    for (let tries = 1; isSteep(cpuMs, beforeMs) && tries < TRIES; tries++) {
      beforeMs = Math.max(beforeMs, cpuMsOf(work, size / 4));
      cpuMs = Math.min(cpuMs, cpuMsOf(work, size));
    }
    if (isSteep(cpuMs, beforeMs)) return { size, cpuMs, beforeMs };
    beforeMs = cpuMs;
  }
  return undefined;
}

function isSteep(cpuMs: number, beforeMs: number): boolean {
  return cpuMs > TOO_STEEP * Math.max(beforeMs, NOISE_MS / TOO_STEEP);
}

function cpuMsOf(work: (size: number) => void, size: number): number {
  const before = process.cpuUsage();
  work(size);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
