import { between, type Draw, oneOf } from './draw.js';
import { numberFor } from './number.js';
import { resolved, type Schema } from './resolved.js';
import { textFor } from './text.js';

/** Below this depth nothing optional is made; a schema that needs more depth than `MAX_DEPTH` gets null there. */
const OPTIONAL_DEPTH = 5;
const MAX_DEPTH = 24;
/** Of one instance; a `minItems` of a billion ends here. */
const MAX_VALUES = 2_000;

/** A value that is valid for the schema, within bounds: the same for the same draw. */
export function instanceOf(schema: unknown, draw: Draw): unknown {
  return new Instance(schema, draw).make(schema, 0);
}

class Instance {
  private left = MAX_VALUES;

  constructor(
    private readonly root: unknown,
    private readonly draw: Draw,
  ) {}

  make(given: unknown, depth: number): unknown {
    const { draw } = this;
    this.left -= 1;
    if (given === false || depth > MAX_DEPTH || this.left < 0) return null;
    const schema = resolved(given, this.root, (branches) => this.branchOf(branches, depth));
    if ('const' in schema) return schema['const'];
    if (Array.isArray(schema['enum']) && schema['enum'].length > 0) return oneOf(draw, schema['enum'] as unknown[]);
    switch (this.typeOf(schema, depth)) {
      case 'object':
        return this.object(schema, depth);
      case 'array':
        return this.array(schema, depth);
      case 'integer':
        return numberFor(schema, true, draw);
      case 'number':
        return numberFor(schema, false, draw);
      case 'boolean':
        return draw.random() < 0.5;
      case 'null':
        return null;
      default:
        return textFor(schema, draw);
    }
  }

  /** Deep down the branch that ends: one that refers to nothing. */
  private branchOf(branches: readonly unknown[], depth: number): unknown {
    const ends = depth < OPTIONAL_DEPTH ? [] : branches.filter((branch) => !JSON.stringify(branch).includes('"$ref"'));
    return oneOf(this.draw, ends.length > 0 ? ends : branches);
  }

  private typeOf(schema: Schema, depth: number): unknown {
    const { type } = schema;
    if (Array.isArray(type)) return depth >= OPTIONAL_DEPTH && type.includes('null') ? 'null' : oneOf(this.draw, type);
    if (type !== undefined) return type;
    if ('properties' in schema || 'required' in schema) return 'object';
    if ('items' in schema || 'prefixItems' in schema) return 'array';
    if ('minimum' in schema || 'maximum' in schema || 'multipleOf' in schema) return 'number';
    return 'string';
  }

  private object(schema: Schema, depth: number): Record<string, unknown> {
    const properties = isObject(schema['properties']) ? schema['properties'] : {};
    const required = Array.isArray(schema['required']) ? (schema['required'] as unknown[]) : [];
    const made: [string, unknown][] = [];
    for (const [name, property] of Object.entries(properties)) {
      const isWanted = required.includes(name) || (depth < OPTIONAL_DEPTH && this.draw.random() < 0.5);
      if (isWanted) made.push([name, this.make(property, depth + 1)]);
    }
    const others = schema['additionalProperties'];
    for (const name of required) {
      if (typeof name === 'string' && !Object.hasOwn(properties, name)) made.push([name, this.make(others, depth + 1)]);
    }
    // A map: its names are free, its values aren't.
    if (made.length === 0 && isObject(others) && depth < OPTIONAL_DEPTH) {
      made.push([oneOf(this.draw, this.draw.words), this.make(others, depth + 1)]);
    }
    return Object.fromEntries(made);
  }

  private array(schema: Schema, depth: number): unknown[] {
    const first = Array.isArray(schema['prefixItems']) ? (schema['prefixItems'] as unknown[]) : [];
    const least = Math.max(first.length, typeof schema['minItems'] === 'number' ? schema['minItems'] : 0);
    const most = typeof schema['maxItems'] === 'number' ? schema['maxItems'] : Math.max(least, 3);
    const wanted = depth >= OPTIONAL_DEPTH ? least : between(this.draw, Math.max(least, Math.min(1, most)), most);
    const length = schema['items'] === false ? first.length : Math.min(wanted, Math.max(least, least + 2));
    const made: unknown[] = [];
    const seen = new Set<string>();
    for (let tries = 0; made.length < length && this.left > 0 && tries < length * 8; tries += 1) {
      const item = this.make(made.length < first.length ? first[made.length] : schema['items'], depth + 1);
      if (schema['uniqueItems'] === true && seen.size === seen.add(JSON.stringify(item)).size) continue;
      made.push(item);
    }
    return made;
  }
}

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
