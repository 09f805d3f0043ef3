import { createHash, randomBytes } from 'node:crypto';

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** 32 bytes in base 62 need at most ceil(256 / log2(62)) = 43 digits. */
const digits = 43;

/** A consumer's API key: `sbx_` and 32 random bytes in base 62, always 47 characters. */
export function newConsumerKey(bytes: Uint8Array = randomBytes(32)): string {
  return `sbx_${toBase62(bytes)}`;
}

/** A bearer token for the control plane: `sbt_` and 32 random bytes in base 62. */
export function newToken(bytes: Uint8Array = randomBytes(32)): string {
  return `sbt_${toBase62(bytes)}`;
}

/** One line of a master or state key file: 32 random bytes in base64. */
export function newEncryptionKey(): string {
  return randomBytes(32).toString('base64');
}

/** What manifests and token files hold in place of a secret: lower-case hexadecimal SHA-256 of its UTF-8 bytes. */
export function sha256Hex(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

function toBase62(bytes: Uint8Array): string {
  let value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  let text = '';
  for (let index = 0; index < digits; index += 1) {
    text = base62[Number(value % 62n)] + text;
    value /= 62n;
  }
  return text;
}
