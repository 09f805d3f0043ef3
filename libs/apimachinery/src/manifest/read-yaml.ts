import { EVENT_ID, SCALAR_STYLE, YAMLException, getScalarValue, parseEvents } from 'js-yaml';
import type { Event, ScalarEvent } from 'js-yaml';
import { childPath } from '../field-path.js';
import { isMap } from '../json-map.js';
import { ManifestError, defaultManifestLimits, forbiddenKeys } from './manifest-error.js';
import type { ManifestLimits } from './manifest-error.js';
import { resolvePlainScalar } from './resolve-scalar.js';
import type { Scalar } from './resolve-scalar.js';

/** One document of a text. Empty documents are left out. */
export interface ManifestDocument {
  /** Counted from 1 over all documents of the text, the empty ones included. */
  readonly number: number;
  /** Line of its first node, from 1. */
  readonly line: number;
  readonly value: unknown;
}

/** Gets each field or item as it is read: its document's number, its path, and its line. */
export type FieldListener = (document: number, path: string, line: number) => void;

/** Reads every document of a YAML text (a JSON text is one too). Throws ManifestError. */
export function readYAML(
  text: string,
  limits: ManifestLimits = defaultManifestLimits,
  onField?: FieldListener,
): ManifestDocument[] {
  if (new TextEncoder().encode(text).length > limits.maxBytes) {
    throw new ManifestError(`the text is over ${limits.maxBytes} bytes: split it`);
  }
  let events: Event[];
  try {
    events = parseEvents(text, { maxDepth: limits.maxDepth });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    throw new ManifestError(`not YAML: ${error.reason}`, error.mark && { line: error.mark.line + 1 });
  }
  return new Composer(text, events, limits, onField).documents();
}

interface Anchor {
  readonly value: unknown;
  readonly nodes: number;
}

/** Builds plain values from the parser's events, so that every key and every expanded node passes our own checks. */
class Composer {
  private next = 0;
  private document = 0;
  private nodes = 0;
  private aliases = 0;
  private anchors = new Map<string, Anchor>();
  /** Scan position of `line`; events come in text order, so one pass counts all lines. */
  private scanned = { offset: 0, line: 1 };

  constructor(
    private readonly text: string,
    private readonly events: readonly Event[],
    private readonly limits: ManifestLimits,
    private readonly onField: FieldListener | undefined,
  ) {}

  documents(): ManifestDocument[] {
    const documents: ManifestDocument[] = [];
    while (this.next < this.events.length) {
      this.take();
      this.document += 1;
      if (this.document > this.limits.maxDocuments) {
        throw new ManifestError(`more than ${this.limits.maxDocuments} documents: split the text`);
      }
      this.anchors = new Map();
      this.aliases = 0;
      const first = this.events[this.next]!;
      if (first.type !== EVENT_ID.POP) {
        const line = this.line(startOf(first));
        const value = this.node('');
        if (value !== null) documents.push({ number: this.document, line, value });
      }
      this.take();
    }
    return documents;
  }

  private node(path: string): unknown {
    const event = this.take();
    if (event.type === EVENT_ID.ALIAS) return this.alias(event, path);
    this.count(1, path);
    if (event.type === EVENT_ID.SCALAR) return this.anchored(event, 1, this.scalar(event, path));
    if (event.type !== EVENT_ID.MAPPING && event.type !== EVENT_ID.SEQUENCE) throw this.error('not YAML', path);
    const before = this.nodes - 1;
    this.refuseTag(event, event.type === EVENT_ID.MAPPING ? 'map' : 'seq', path);
    const value = event.type === EVENT_ID.MAPPING ? this.mapping(path) : this.sequence(path);
    return this.anchored(event, this.nodes - before, value);
  }

  private mapping(path: string): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    const merged: unknown[] = [];
    while (this.events[this.next]!.type !== EVENT_ID.POP) {
      const event = this.take();
      if (event.type !== EVENT_ID.SCALAR) throw this.error('a key must be a string', path);
      const key = this.key(event, path);
      const keyPath = childPath(path, key);
      this.onField?.(this.document, keyPath, this.line(startOf(event)));
      if (forbiddenKeys.has(key)) throw this.error('this key is not allowed', keyPath);
      if (isMergeKey(event, key)) {
        merged.push(this.node(keyPath));
        continue;
      }
      if (Object.hasOwn(map, key)) throw this.error('duplicate key', keyPath);
      map[key] = this.node(keyPath);
    }
    this.take();
    for (const source of merged.flat()) {
      if (!isMap(source)) throw this.error('`<<` merges maps only', path);
      for (const [key, value] of Object.entries(source)) if (!Object.hasOwn(map, key)) map[key] = value;
    }
    return map;
  }

  private sequence(path: string): unknown[] {
    const list: unknown[] = [];
    while (this.events[this.next]!.type !== EVENT_ID.POP) {
      const itemPath = childPath(path, list.length);
      this.onField?.(this.document, itemPath, this.line(startOf(this.events[this.next]!)));
      list.push(this.node(itemPath));
    }
    this.take();
    return list;
  }

  private key(event: ScalarEvent, path: string): string {
    this.count(1, path);
    const value = this.scalar(event, path);
    if (value === null) throw this.error('a key must be a string, not null', path);
    // As kubectl: `on: 1` is the key "true". No key of the API is a YAML 1.1 boolean, so it is refused as unknown.
    return String(this.anchored(event, 1, value));
  }

  private scalar(event: ScalarEvent, path: string): Scalar {
    const source = getScalarValue(this.text, event);
    const tag = event.tagStart < 0 ? '' : this.text.slice(event.tagStart, event.tagEnd);
    if (tag === '!' || tag === '!!str') return source;
    if (tag !== '' && !['!!int', '!!float', '!!bool', '!!null'].includes(tag)) {
      throw this.error(`the tag ${tag.slice(0, 40)} is not allowed`, path);
    }
    if (tag === '' && event.style !== SCALAR_STYLE.PLAIN) return source;
    const value = resolvePlainScalar(source);
    if (value === undefined) throw this.error('the number has no JSON form', path);
    if (tag !== '' && typeof value === 'string') throw this.error(`the value is no ${tag.slice(2)}`, path);
    return value;
  }

  private alias(event: { anchorStart: number; anchorEnd: number }, path: string): unknown {
    this.aliases += 1;
    if (this.aliases > this.limits.maxAliases) {
      throw this.error(`more than ${this.limits.maxAliases} aliases: write the values out`, path);
    }
    const anchor = this.anchors.get(this.text.slice(event.anchorStart, event.anchorEnd));
    if (!anchor) throw this.error('an alias names no earlier anchor', path);
    this.count(anchor.nodes, path);
    return structuredClone(anchor.value);
  }

  private anchored<Value>(event: { anchorStart: number; anchorEnd: number }, nodes: number, value: Value): Value {
    if (event.anchorStart >= 0) {
      this.anchors.set(this.text.slice(event.anchorStart, event.anchorEnd), { value, nodes });
    }
    return value;
  }

  private refuseTag(event: { tagStart: number; tagEnd: number }, allowed: 'map' | 'seq', path: string): void {
    if (event.tagStart < 0) return;
    const tag = this.text.slice(event.tagStart, event.tagEnd);
    if (tag !== `!!${allowed}`) throw this.error(`the tag ${tag.slice(0, 40)} is not allowed`, path);
  }

  private count(nodes: number, path: string): void {
    this.nodes += nodes;
    if (this.nodes > this.limits.maxNodes) {
      throw this.error(`more than ${this.limits.maxNodes} values after aliases are expanded: split the text`, path);
    }
  }

  private take(): Event {
    return this.events[this.next++]!;
  }

  private error(problem: string, path: string): ManifestError {
    const line = this.line(startOf(this.events[this.next - 1]!));
    return new ManifestError(problem, { document: this.document, line, path });
  }

  private line(offset: number): number {
    if (offset < this.scanned.offset) this.scanned = { offset: 0, line: 1 };
    let { line } = this.scanned;
    for (let at = this.scanned.offset; at < offset; at++) if (this.text.charCodeAt(at) === 10) line += 1;
    this.scanned = { offset, line };
    return line;
  }
}

function startOf(event: Event): number {
  switch (event.type) {
    case EVENT_ID.SCALAR:
      return event.valueStart;
    case EVENT_ID.MAPPING:
    case EVENT_ID.SEQUENCE:
      return event.start;
    case EVENT_ID.ALIAS:
      return event.anchorStart;
    default:
      return 0;
  }
}

const isMergeKey = (event: ScalarEvent, key: string): boolean =>
  key === '<<' && event.style === SCALAR_STYLE.PLAIN && event.tagStart < 0;
