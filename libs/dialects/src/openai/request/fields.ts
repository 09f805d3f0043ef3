import type { JsonObject } from '#libs/inference';
import { isObject } from '../../json/members.js';
import { ownText } from '../../json/own-text.js';
import { refuse } from './field-fault.js';

/** So many names of what was left are enough for a warning. */
const MAX_LEFT = 16;
/** A name is the client's, and may be long. */
const MAX_NAME = 64;
/** It goes into a response header. */
const unfitForHeaders = /[^\w.[\]-]/g;

/**
 * The members of one object of a request, read by name and type. A null counts as absent, as it does upstream. What nobody
 * has read, here or in the objects within, is `left`.
 */
export class Fields {
  readonly value: JsonObject;
  private readonly path: string;
  private readonly unread: Set<string>;
  private readonly within: Fields[] = [];

  /** `path`: of the object; '' for the request itself. */
  constructor(value: unknown, path: string) {
    if (!isObject(value)) refuse('invalid_type', path, `Invalid type for '${path}': expected an object.`);
    this.value = value;
    this.path = path;
    this.unread = new Set(Object.keys(value));
  }

  take(name: string): unknown {
    this.unread.delete(name);
    return this.value[name];
  }

  string(name: string): string | undefined {
    const value = this.take(name) ?? undefined;
    return value === undefined || typeof value === 'string' ? value : this.wrong(name, 'a string');
  }

  number(name: string): number | undefined {
    const value = this.take(name) ?? undefined;
    return value === undefined || typeof value === 'number' ? value : this.wrong(name, 'a number');
  }

  boolean(name: string): boolean | undefined {
    const value = this.take(name) ?? undefined;
    return value === undefined || typeof value === 'boolean' ? value : this.wrong(name, 'a boolean');
  }

  list(name: string): readonly unknown[] | undefined {
    const value = this.take(name) ?? undefined;
    if (value === undefined) return undefined;
    return Array.isArray(value) ? (value as readonly unknown[]) : this.wrong(name, 'an array');
  }

  object(name: string): Fields | undefined {
    const value = this.take(name) ?? undefined;
    return value === undefined ? undefined : this.inner(value, name);
  }

  /** An object that is passed on unread. */
  json(name: string): JsonObject | undefined {
    const value = this.take(name) ?? undefined;
    return value === undefined || isObject(value) ? value : this.wrong(name, 'an object');
  }

  /** An object at `name`, or in a list there. */
  inner(value: unknown, name: string): Fields {
    const fields = new Fields(value, this.pathOf(name));
    this.within.push(fields);
    return fields;
  }

  /** The objects of a list. */
  objects(name: string): readonly Fields[] {
    return (this.list(name) ?? []).map((value, index) => this.inner(value, `${name}[${index}]`));
  }

  missing(name: string): never {
    return refuse(
      'missing_required_parameter',
      this.pathOf(name),
      `Missing required parameter: '${this.pathOf(name)}'.`,
    );
  }

  wrong(name: string, expected: string): never {
    return refuse('invalid_type', this.pathOf(name), `Invalid type for '${this.pathOf(name)}': expected ${expected}.`);
  }

  pathOf(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }

  /** What was given and not read, by name. */
  left(): readonly string[] {
    const own = [...this.unread].filter((name) => this.value[name] !== null);
    return own
      .map((name) => ownText(this.pathOf(name).slice(0, MAX_NAME).replace(unfitForHeaders, '?')))
      .concat(this.within.flatMap((fields) => fields.left()))
      .slice(0, MAX_LEFT);
  }
}
