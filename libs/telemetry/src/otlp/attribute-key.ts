import { attributeNames } from '../names.js';
import { ProtobufWriter } from './protobuf-writer.js';

const KEY_TAG = (1 << 3) | 2;

/** Beyond this many values of one attribute, the next ones are encoded each time; a change of the table brings few. */
const MAX_KNOWN = 1_000;

/** An attribute's name, ready to be written. */
export class AttributeKey {
  /** Tag, length and bytes, as they stand in a KeyValue message. */
  readonly bytes: Uint8Array;
  /** Whole attributes by values that come again and again. */
  private readonly known = new Map<string, Uint8Array>();

  constructor(name: string) {
    const written = new ProtobufWriter(name.length + 8);
    written.byte(KEY_TAG);
    written.string(name);
    this.bytes = new Uint8Array(written.copy(0));
  }

  written(value: string): Uint8Array | undefined {
    return this.known.get(value);
  }

  remember(value: string, written: Uint8Array): void {
    if (this.known.size >= MAX_KNOWN) this.known.clear();
    this.known.set(value, written);
  }
}

/** Every name of names.ts. */
export const attributeKeys = Object.fromEntries(
  Object.entries(attributeNames).map(([field, name]) => [field, new AttributeKey(name)]),
) as unknown as Readonly<Record<keyof typeof attributeNames, AttributeKey>>;
