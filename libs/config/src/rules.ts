import { isAbsolute, resolve } from 'node:path';

/** What a variable may hold: how its text becomes a value, and how people are told. */
export interface Rule<Value> {
  /** Undefined: the text doesn't follow the rule. */
  parse(text: string): Value | undefined;
  /** Completes "<variable> must be ...". */
  readonly says: string;
}

/** To listen on. */
export const port: Rule<number> = {
  parse: (text) => (/^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined),
  says: 'a port: 0 (any free one) to 65535',
};

/** One that others are told before it is listened on. */
export const fixedPort: Rule<number> = {
  parse: (text) => port.parse(text) || undefined,
  says: 'a port number from 1 to 65535',
};

export const share: Rule<number> = {
  parse: (text) => (/^\d*\.?\d+$/.test(text) && Number(text) <= 1 ? Number(text) : undefined),
  says: 'a number from 0 to 1',
};

export function oneOf<Value extends string>(values: readonly Value[]): Rule<Value> {
  return { parse: (text) => values.find((value) => value === text), says: `one of ${values.join(', ')}` };
}

/** What is between commas must match. */
export function listOf(item: RegExp, says: string): Rule<readonly string[]> {
  const parse = (text: string): string[] | undefined => {
    const items = text.split(',').map((each) => each.trim());
    return items.every((each) => item.test(each)) ? items : undefined;
  };
  return { parse, says };
}

const unitMs: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** The durations of the manifests, in milliseconds. */
export const duration: Rule<number> = {
  parse: (text) => {
    if (!/^([0-9]{1,5}(h|m|s|ms)){1,4}$/.test(text)) return undefined;
    const parts = [...text.matchAll(/(\d+)(ms|h|m|s)/g)];
    return parts.reduce((total, [, amount, unit = '']) => total + Number(amount) * unitMs[unit]!, 0);
  },
  says: 'a duration such as 25s or 1m30s',
};

/** An origin: no user, path or query. */
export const httpsOrigin: Rule<string> = {
  parse: (text) => {
    if (!URL.canParse(text)) return undefined;
    const { protocol, origin, pathname, search, hash, username, password } = new URL(text);
    const isBare = pathname === '/' && `${search}${hash}${username}${password}` === '';
    return protocol === 'https:' && isBare ? origin : undefined;
  },
  says: 'an https URL without user, path and query, such as https://127.0.0.1:7071',
};

export const httpUrl: Rule<string> = {
  parse: (text) => (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) ? text : undefined),
  says: 'a URL with http:// or https://',
};

/** Password and all; it is never shown. */
export const postgresUrl: Rule<string> = {
  parse: (text) => (/^postgres(ql)?:\/\//.test(text) ? text : undefined),
  says: 'a Postgres URL such as postgres://user@host:5432/signalbox',
};

export const absolutePath: Rule<string> = {
  parse: (text) => (isAbsolute(text) ? text : undefined),
  says: 'an absolute path',
};

/** Relative paths start at `directory`. */
export function pathFrom(directory: string): Rule<string> {
  return { parse: (text) => resolve(directory, text), says: 'a path' };
}
