import { between, type Draw } from './draw.js';

/** How far from its only bound, or from 0, a number is drawn. */
const SPREAD = 100;

/** A number within the bounds; where no step fits between them, their middle. */
export function numberFor(schema: Readonly<Record<string, unknown>>, isInteger: boolean, draw: Draw): number {
  const step = given(schema['multipleOf']) ?? (isInteger ? 1 : 0.01);
  const above = given(schema['exclusiveMinimum']);
  const below = given(schema['exclusiveMaximum']);
  const least = given(schema['minimum']) ?? above;
  const most = given(schema['maximum']) ?? below;
  // In steps, so that whole numbers and multiples are the same thing.
  let low = Math.ceil((least ?? (most === undefined ? 0 : most - SPREAD * Math.max(step, 1))) / step);
  if (above !== undefined && low * step <= above) low += 1;
  let high = Math.floor((most ?? low * step + SPREAD * Math.max(step, 1)) / step);
  if (below !== undefined && high * step >= below) high -= 1;
  if (high < low) return least === undefined || most === undefined ? low * step : (least + most) / 2;
  // A step that no double holds exactly, such as 0.01, leaves digits behind that nobody meant.
  return Number((between(draw, low, high) * step).toPrecision(12));
}

function given(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
