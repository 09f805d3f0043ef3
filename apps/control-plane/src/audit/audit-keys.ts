import { createHmac, hkdfSync } from 'node:crypto';
import type { ChainLink } from './chain-link.js';

/**
 * The keys of the audit, all from one secret that outlives every master key: a row's hash and a field's fingerprint stay
 * what they are when master keys rotate. Each purpose has a key of its own (RFC 5869).
 */
export class AuditKeys {
  /** Shows which secret made a hash; gives nothing away of it. */
  readonly id: string;
  readonly chain: Buffer;
  readonly fingerprints: Buffer;
  readonly #links: Buffer;

  constructor(secret: Uint8Array) {
    if (secret.length !== 32) throw new Error(`an audit key has 32 bytes, this one has ${secret.length}`);
    const derive = (purpose: string): Buffer =>
      Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), `signalbox audit ${purpose}`, 32));
    this.chain = derive('chain');
    this.fingerprints = derive('fingerprints');
    this.#links = derive('links');
    this.id = derive('id').toString('hex').slice(0, 16);
  }

  /** Vouches for a head that was exported: the id and hash of a row. */
  macOfHead({ id, hash }: ChainLink): Buffer {
    return createHmac('sha256', this.#links).update(`head ${id} `).update(hash).digest();
  }

  /**
   * Vouches for what is kept of the chain outside of it: where it starts, and the first row that is keyed. Were the latter
   * believed as it stands, all rows could be written anew without the key, and the next commit would seal them.
   */
  macOfStart({ id, hash }: ChainLink, keyedFrom: number): Buffer {
    return createHmac('sha256', this.#links).update(`start ${id} keyed from ${keyedFrom} `).update(hash).digest();
  }
}
