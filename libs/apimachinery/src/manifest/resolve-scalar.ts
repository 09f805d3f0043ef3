/**
 * What a plain YAML scalar means to kubectl, whose YAML is 1.1 as go-yaml v2 reads it: `on`, `No` and `y` are booleans,
 * `017` is octal, `1_000` a number, `2001-01-01` and `12:30:45` stay strings. Our reader must agree with it, or one file would
 * mean two things. `NaN` and infinities have no JSON form and are refused, as kubectl does.
 */
export type Scalar = string | number | boolean | null;

const words: ReadonlyMap<string, Scalar> = new Map<string, Scalar>([
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
]);
const notFinite = /^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$/;
const startsLikeNumber = /^[-+.0-9]/;
const float = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const integer = /^([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)$/;

/** `undefined`: a number that JSON can't hold. */
export function resolvePlainScalar(source: string): Scalar | undefined {
  const word = words.get(source);
  if (word !== undefined) return word;
  if (notFinite.test(source)) return undefined;
  if (!startsLikeNumber.test(source)) return source;
  const plain = source.replaceAll('_', '');
  const match = integer.exec(plain);
  if (match) {
    const digits = match[2]!;
    const octal = /^0[oO]?([0-7]+)$/.exec(digits);
    const magnitude = Number(octal ? `0o${octal[1]}` : digits);
    return match[1] === '-' && magnitude !== 0 ? -magnitude : magnitude;
  }
  if (!float.test(plain)) return source;
  const value = Number(plain);
  return Number.isFinite(value) ? value + 0 : undefined;
}
