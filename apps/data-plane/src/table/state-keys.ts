import { createHmac } from 'node:crypto';

/**
 * The keys that protect what this data plane keeps on its disk. The first encrypts, all decrypt: to rotate, put a new
 * line first, and drop the old one once both snapshots were written anew.
 */
export class StateKeys {
  private readonly keys: readonly { readonly id: Buffer; readonly key: Buffer }[];

  /** `text`: the state key file, one base64 key of 32 bytes a line. Throws an Error that names the line, never its content. */
  constructor(text: string) {
    this.keys = text.split('\n').flatMap((line, index) => {
      const trimmed = line.trim();
      if (trimmed === '' || trimmed.startsWith('#')) return [];
      const key = Buffer.from(trimmed, 'base64');
      if (key.length !== 32) {
        throw new Error(`state key file: line ${index + 1} is not a base64 key of 32 bytes (openssl rand -base64 32)`);
      }
      return [{ id: keyId(key), key }];
    });
    if (this.keys.length === 0) throw new Error('state key file: it holds no key (openssl rand -base64 32)');
  }

  get current(): { readonly id: Buffer; readonly key: Buffer } {
    return this.keys[0]!;
  }

  find(id: Uint8Array): Buffer | undefined {
    return this.keys.find((each) => each.id.equals(id))?.key;
  }
}

export const KEY_ID_BYTES = 8;

/** Tells which key is needed and gives nothing away of it. */
function keyId(key: Buffer): Buffer {
  return createHmac('sha256', key).update('signalbox state key id').digest().subarray(0, KEY_ID_BYTES);
}
