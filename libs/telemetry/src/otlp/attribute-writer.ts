import type { AttributeKey } from './attribute-key.js';
import { byteLength, ProtobufWriter, varintLength } from './protobuf-writer.js';

/** Longer texts are cut: an attribute is there to be looked at, and must not hold much of anything. */
const MAX_TEXT = 1_024;

/** Fields of opentelemetry/proto/common/v1/common.proto: number << 3 | wire type. */
const VARINT = 0;
const FIXED_64 = 1;
const BYTES = 2;
const keyValue = { value: (2 << 3) | BYTES } as const;
const anyValue = {
  string: (1 << 3) | BYTES,
  bool: (2 << 3) | VARINT,
  int: (3 << 3) | VARINT,
  double: (4 << 3) | FIXED_64,
  array: (5 << 3) | BYTES,
} as const;
const arrayValue = { value: (1 << 3) | BYTES } as const;

/** Writes attributes, each a KeyValue in a field of the message around it. */
export class AttributeWriter {
  protected readonly out: ProtobufWriter;

  constructor(
    size: number,
    /** Of the message that the attributes are in. */
    protected attributeTag: number,
  ) {
    this.out = new ProtobufWriter(size);
  }

  get length(): number {
    return this.out.length;
  }

  /** What was written, behind these bytes. */
  behind(prefix: Uint8Array): Buffer {
    return this.out.behind(prefix);
  }

  /** An empty text is left out: it would be read as a fact. */
  string(key: AttributeKey, value: string): void {
    if (value === '') return;
    const text = bounded(value);
    const bytes = byteLength(text);
    this.keyValue(key, 1 + varintLength(bytes) + bytes);
    this.out.byte(anyValue.string);
    this.out.varint(bytes);
    this.out.text(text, bytes);
  }

  /** As `string`, for values out of the configuration or a closed list: they come again, so their bytes are kept. */
  name(key: AttributeKey, value: string): void {
    if (value === '') return;
    const written = key.written(value);
    if (written !== undefined) {
      this.out.byte(this.attributeTag);
      this.out.raw(written);
      return;
    }
    const start = this.out.length + 1;
    this.string(key, value);
    key.remember(value, this.out.copy(start));
  }

  /**
   * Written as an integer where it is a whole number from 0 to 2^53, else as a double: what was counted elsewhere may be anything,
   * and the bytes of an infinite integer have no end.
   */
  number(key: AttributeKey, value: number): void {
    if (Number.isSafeInteger(value) && value >= 0) {
      this.keyValue(key, 1 + varintLength(value));
      this.out.byte(anyValue.int);
      this.out.varint(value);
      return;
    }
    this.keyValue(key, 1 + 8);
    this.out.byte(anyValue.double);
    this.out.double(value);
  }

  bool(key: AttributeKey, value: boolean): void {
    this.keyValue(key, 2);
    this.out.byte(anyValue.bool);
    this.out.byte(value ? 1 : 0);
  }

  /** A list of one text, which the conventions ask for in some places. */
  list(key: AttributeKey, only: string): void {
    const text = bounded(only);
    const { out } = this;
    const bytes = byteLength(text);
    const element = 1 + varintLength(bytes) + bytes;
    const array = 1 + varintLength(element) + element;
    this.keyValue(key, 1 + varintLength(array) + array);
    out.byte(anyValue.array);
    out.varint(array);
    out.byte(arrayValue.value);
    out.varint(element);
    out.byte(anyValue.string);
    out.string(text);
  }

  /** An attribute up to its value, whose bytes follow. */
  private keyValue(key: AttributeKey, valueLength: number): void {
    const { out } = this;
    out.byte(this.attributeTag);
    out.varint(key.bytes.length + 1 + varintLength(valueLength) + valueLength);
    out.raw(key.bytes);
    out.byte(keyValue.value);
    out.varint(valueLength);
  }
}

export function bounded(text: string): string {
  return text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) : text;
}
