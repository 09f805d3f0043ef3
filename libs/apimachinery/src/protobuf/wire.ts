import { badRequest } from '../status.js';

/** One field of a protobuf message. */
export interface WireField {
  readonly number: number;
  /** Bytes of a length-delimited field; an integer of a varint. */
  readonly value: Uint8Array | bigint;
}

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;
const MAX_VARINT_BYTES = 10;

/** Splits a message into its fields (https://protobuf.dev/programming-guides/encoding/). Throws a 400 for what is cut or malformed. */
export function readFields(bytes: Uint8Array): WireField[] {
  const fields: WireField[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let read = 0; read < MAX_VARINT_BYTES; read++) {
      const byte = bytes[at++];
      if (byte === undefined) throw malformed();
      value |= BigInt(byte & 0x7f) << BigInt(7 * read);
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    throw malformed();
  };
  const take = (length: number): Uint8Array => {
    if (length < 0 || at + length > bytes.length) throw malformed();
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const number = key >>> 3;
    if (number === 0) throw malformed();
    switch (key & 7) {
      case VARINT:
        fields.push({ number, value: varint() });
        break;
      case LENGTH_DELIMITED:
        fields.push({ number, value: take(Number(varint())) });
        break;
      case FIXED64:
        take(8);
        break;
      case FIXED32:
        take(4);
        break;
      default:
        throw malformed();
    }
  }
  return fields;
}

export const malformed = () => badRequest('the body is not well-formed protobuf');
