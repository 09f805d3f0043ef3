import type { ApiObject } from '#libs/apimachinery';
import type { CompileChanges } from '#libs/compiler';
import type { CompileRequest } from './compile-messages.js';

/** Small enough that the main thread serves others between two parts, big enough that a message is worth its cost. */
const OBJECTS_A_PART = 250;

/** A compile in parts: the first with the credentials, each with some objects. There is always one. */
export function* partsOf({
  reset,
  ...changes
}: CompileRequest): IterableIterator<[part: CompileRequest, more: boolean]> {
  const { objects, credentials } = essential(changes);
  const entries = [...objects];
  let at = 0;
  do {
    const part = new Map(entries.slice(at, at + OBJECTS_A_PART));
    const isFirst = at === 0;
    at += OBJECTS_A_PART;
    yield [{ reset, objects: part, credentials: isFirst ? credentials : new Map() }, at < entries.length];
  } while (at < entries.length);
}

/** Collects the parts of a compile. One that was broken off is forgotten with the next. */
export class CompileParts {
  #id: number | undefined;
  #objects = new Map<string, ApiObject | undefined>();
  #credentials: CompileRequest['credentials'] = new Map();

  /** The whole, with its last part. */
  add(id: number, { reset, objects, credentials }: CompileRequest, more: boolean): CompileRequest | undefined {
    if (id !== this.#id) {
      this.#id = id;
      this.#objects = new Map();
      this.#credentials = new Map();
    }
    for (const [key, object] of objects) this.#objects.set(key, object);
    if (credentials.size > 0) this.#credentials = credentials;
    if (more) return undefined;
    this.#id = undefined;
    return { reset, objects: this.#objects, credentials: this.#credentials };
  }
}

/** Without what no compile reads and every copy would pay for: status, annotations, field ownership. */
export function essential({ objects, credentials }: CompileChanges): CompileChanges {
  return { objects: new Map([...objects].map(([key, object]) => [key, object && essentialOf(object)])), credentials };
}

function essentialOf({ status: _status, metadata, ...content }: ApiObject): ApiObject {
  const { name, namespace, uid, generation, labels, creationTimestamp } = metadata;
  return { ...content, metadata: { name, namespace, uid, generation, labels, creationTimestamp } } as ApiObject;
}
