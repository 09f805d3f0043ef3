import { childPath } from '../field-path.js';
import { ManifestError, defaultManifestLimits, forbiddenKeys } from './manifest-error.js';
import type { ManifestLimits } from './manifest-error.js';

const blank = /[ \t\r\n]*/y;
// A string may hold no control character unescaped (RFC 8259, 7).
// eslint-disable-next-line no-control-regex
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y;
const literals = { true: true, false: false, null: null } as const;

/**
 * Reads one JSON text (RFC 8259). Unlike JSON.parse it refuses duplicate keys, `__proto__` and excessive depth, and says where.
 * Throws ManifestError.
 */
export function readJSON(text: string, limits: ManifestLimits = defaultManifestLimits): unknown {
  if (new TextEncoder().encode(text).length > limits.maxBytes) {
    throw new ManifestError(`the text is over ${limits.maxBytes} bytes`);
  }
  const reader = new JSONReader(text, limits);
  return reader.read();
}

class JSONReader {
  private at = 0;
  private nodes = 0;

  constructor(
    private readonly text: string,
    private readonly limits: ManifestLimits,
  ) {}

  read(): unknown {
    const value = this.value('', 0);
    this.skip();
    if (this.at < this.text.length) throw this.error('unexpected text after the JSON value', '');
    return value;
  }

  private value(path: string, depth: number): unknown {
    this.skip();
    this.nodes += 1;
    if (this.nodes > this.limits.maxNodes) throw this.error(`more than ${this.limits.maxNodes} values`, path);
    if (depth > this.limits.maxDepth) throw this.error(`nested deeper than ${this.limits.maxDepth}`, path);
    const first = this.text[this.at];
    if (first === '{') return this.object(path, depth);
    if (first === '[') return this.array(path, depth);
    if (first === '"') return this.string(path);
    for (const [word, value] of Object.entries(literals)) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    const digits = this.match(number);
    if (digits === undefined) throw this.error(this.at < this.text.length ? 'not JSON' : 'the JSON ends early', path);
    const value = Number(digits);
    if (!Number.isFinite(value)) throw this.error('the number is too large', path);
    return value;
  }

  private object(path: string, depth: number): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    this.at += 1;
    if (this.taken('}')) return object;
    do {
      this.skip();
      const key = this.string(path);
      const keyPath = childPath(path, key);
      if (forbiddenKeys.has(key)) throw this.error('this key is not allowed', keyPath);
      if (Object.hasOwn(object, key)) throw this.error('duplicate key', keyPath);
      if (!this.taken(':')) throw this.error('":" expected', keyPath);
      object[key] = this.value(keyPath, depth + 1);
    } while (this.taken(','));
    if (!this.taken('}')) throw this.error('"," or "}" expected', path);
    return object;
  }

  private array(path: string, depth: number): unknown[] {
    const array: unknown[] = [];
    this.at += 1;
    if (this.taken(']')) return array;
    do {
      array.push(this.value(childPath(path, array.length), depth + 1));
    } while (this.taken(','));
    if (!this.taken(']')) throw this.error('"," or "]" expected', path);
    return array;
  }

  private string(path: string): string {
    const source = this.match(string);
    if (source === undefined) throw this.error('a string in double quotes expected', path);
    return JSON.parse(source) as string;
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  private taken(character: string): boolean {
    this.skip();
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  private skip(): void {
    this.match(blank);
  }

  private error(problem: string, path: string): ManifestError {
    const line = this.text.slice(0, this.at).split('\n').length;
    return new ManifestError(problem, { line, path });
  }
}
