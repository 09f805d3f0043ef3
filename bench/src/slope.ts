export interface Slope {
  /** Of the least-squares line, in y a unit of x. */
  readonly slope: number;
  /** Ends of its 95% interval. */
  readonly low: number;
  readonly high: number;
}

/**
 * The least-squares slope with its 95% interval. Neighbouring samples of a heap resemble each other, which would make the
 * interval too narrow: it is widened by the lag-1 correlation of the residuals, as if there were as many fewer samples.
 */
export function slopeOf(points: readonly (readonly [x: number, y: number])[]): Slope {
  const count = points.length;
  if (count < 4) throw new Error('a slope needs four points at least');
  const mean = (of: (point: readonly [number, number]) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / count;
  const meanX = mean(([x]) => x);
  const meanY = mean(([, y]) => y);
  const spreadX = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const slope = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spreadX;
  const residuals = points.map(([x, y]) => y - meanY - slope * (x - meanX));
  const squares = residuals.reduce((sum, residual) => sum + residual ** 2, 0);
  const neighbours = residuals.slice(1).reduce((sum, residual, index) => sum + residual * residuals[index]!, 0);
  const correlation = squares === 0 ? 0 : Math.min(0.95, Math.max(0, neighbours / squares));
  const effective = Math.max(4, (count * (1 - correlation)) / (1 + correlation));
  const error = Math.sqrt(squares / (count - 2) / (spreadX * (effective / count)));
  const margin = error * student975(effective - 2);
  return { slope, low: slope - margin, high: slope + margin };
}

/** The 97.5% point of Student's t, by Cornish and Fisher's expansion: within 2% from three degrees of freedom on. */
function student975(freedom: number): number {
  const z = 1.959964;
  return z + (z ** 3 + z) / (4 * freedom) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2);
}
