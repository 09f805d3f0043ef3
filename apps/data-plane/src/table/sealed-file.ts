import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { KEY_ID_BYTES, type StateKeys } from './state-keys.js';

const MAGIC = Buffer.from('SBXSTAT1');
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = MAGIC.length + KEY_ID_BYTES + NONCE_BYTES;

/**
 * Writes the pieces as one AES-256-GCM file (magic, key id, nonce, ciphertext, tag), whole or not at all: under a
 * temporary name, synced, then renamed, and the directory synced. Piece by piece, so that a big file never holds the
 * event loop for long.
 */
export async function writeSealed(path: string, pieces: Iterable<Uint8Array>, keys: StateKeys): Promise<void> {
  const { id, key } = keys.current;
  const nonce = randomBytes(NONCE_BYTES);
  const head = Buffer.concat([MAGIC, id, nonce]);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(head);
  const temporary = `${path}.tmp`;
  const file = await open(temporary, 'w', 0o600);
  try {
    try {
      await file.writeFile(head);
      for (const piece of pieces) await file.writeFile(cipher.update(piece));
      await file.writeFile(Buffer.concat([cipher.final(), cipher.getAuthTag()]));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    // What it holds would be missing to the next attempt on a full disk.
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** Throws an Error that tells what is wrong with the file; nothing of it is returned before all of it is authentic. */
export async function readSealed(path: string, keys: StateKeys): Promise<Buffer> {
  const sealed = await readFile(path);
  if (sealed.length < HEAD_BYTES + TAG_BYTES || !sealed.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new Error('it is cut short or not a state file');
  }
  const head = sealed.subarray(0, HEAD_BYTES);
  const key = keys.find(head.subarray(MAGIC.length, MAGIC.length + KEY_ID_BYTES));
  if (!key) throw new Error('it was written under a key that SIGNALBOX_STATE_KEY_FILE does not hold');
  const decipher = createDecipheriv('aes-256-gcm', key, head.subarray(-NONCE_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(head)
    .setAuthTag(sealed.subarray(-TAG_BYTES));
  const plain = decipher.update(sealed.subarray(HEAD_BYTES, -TAG_BYTES));
  try {
    decipher.final();
  } catch {
    throw new Error('its checksum does not fit: it was damaged or changed');
  }
  return plain;
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
