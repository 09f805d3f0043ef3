import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { KeyRing } from './master-keys.js';

/** A document encrypted under a data key of its own, which is wrapped by a master key. All values base64. */
export interface Envelope {
  readonly envelope: 1;
  readonly masterKey: string;
  /** nonce, ciphertext and tag of the data key. */
  readonly dataKey: string;
  /** nonce, ciphertext and tag of the document. */
  readonly data: string;
}

const NONCE = 12;
const TAG = 16;

/** `context` (AAD) ties the envelope to its object: copied into another object's row, it doesn't open. */
export function seal(plaintext: string, context: string, keys: KeyRing): Envelope {
  const dataKey = randomBytes(32);
  const aad = Buffer.from(context);
  return {
    envelope: 1,
    masterKey: keys.current.id,
    dataKey: encrypt(keys.current.key, dataKey, aad).toString('base64'),
    data: encrypt(dataKey, Buffer.from(plaintext), aad).toString('base64'),
  };
}

/** Throws an Error, without any content, if the master key is unknown or the envelope was changed or moved. */
export function open(sealed: Envelope, context: string, keys: KeyRing): string {
  return unwrapped(sealed, context, keys, (dataKey, aad) =>
    decrypt(dataKey, Buffer.from(sealed.data, 'base64'), aad).toString(),
  );
}

/** The same document under the same data key, wrapped by the current master key. Throws as `open` does. */
export function rewrap(sealed: Envelope, context: string, keys: KeyRing): Envelope {
  const { id, key } = keys.current;
  return unwrapped(sealed, context, keys, (dataKey, aad) => ({
    ...sealed,
    masterKey: id,
    dataKey: encrypt(key, dataKey, aad).toString('base64'),
  }));
}

function unwrapped<Result>(
  { masterKey, dataKey }: Envelope,
  context: string,
  keys: KeyRing,
  use: (dataKey: Buffer, aad: Buffer) => Result,
): Result {
  const master = keys.find(masterKey);
  if (!master) {
    throw new Error(`master key ${masterKey} is not in the master key file: add the line that was taken out`);
  }
  const aad = Buffer.from(context);
  try {
    return use(decrypt(master.key, Buffer.from(dataKey, 'base64'), aad), aad);
  } catch {
    throw new Error(`an encrypted object does not open: its envelope was changed or belongs to another object`);
  }
}

export function isEnvelope(value: unknown): value is Envelope {
  return typeof value === 'object' && value !== null && (value as Partial<Envelope>).envelope === 1;
}

function encrypt(key: Buffer, plaintext: Buffer, aad: Buffer): Buffer {
  // Random nonces are safe: a data key encrypts once, and a master key wraps far fewer than 2^32 data keys.
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(aad);
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Buffer, sealed: Buffer, aad: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE), { authTagLength: TAG })
    .setAAD(aad)
    .setAuthTag(sealed.subarray(-TAG));
  return Buffer.concat([decipher.update(sealed.subarray(NONCE, -TAG)), decipher.final()]);
}
