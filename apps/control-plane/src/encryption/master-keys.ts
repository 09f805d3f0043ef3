import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';

export interface MasterKey {
  /** Shows which key an envelope needs; gives nothing away of the key. */
  readonly id: string;
  readonly key: Buffer;
}

/** What sealing and opening need of the master keys, however they come and change. */
export interface KeyRing {
  /** The one that encrypts. */
  readonly current: MasterKey;
  find(id: string): MasterKey | undefined;
  /** Runs `work`, which may encrypt: until it has ended, no key that it may have taken counts as out of use. */
  whileEncrypting<T>(work: () => Promise<T>): Promise<T>;
}

/** The keys that wrap data keys, as one master key file holds them. The first encrypts, all decrypt. */
export class MasterKeys implements KeyRing {
  readonly #keys: readonly [MasterKey, ...MasterKey[]];

  constructor(keys: readonly Buffer[]) {
    const [first, ...others] = keys.map((key) => {
      if (key.length !== 32) throw new Error(`a master key has 32 bytes, this one has ${key.length}`);
      return { id: createHmac('sha256', key).update('signalbox master key id').digest('hex').slice(0, 16), key };
    });
    if (!first) throw new Error('at least one master key is needed');
    this.#keys = [first, ...others];
  }

  /** `text`: one base64 key of 32 bytes a line; blank lines and lines that start with `#` don't count. */
  static parse(text: string): MasterKeys {
    const lines = text.split('\n').map((line) => line.trim());
    const keys = lines.flatMap((line, index) => {
      if (line === '' || line.startsWith('#')) return [];
      const key = Buffer.from(line, 'base64');
      if (key.length !== 32 || key.toString('base64') !== line) {
        throw new Error(`line ${index + 1} is not a base64 key of 32 bytes; make one with: openssl rand -base64 32`);
      }
      return [key];
    });
    if (keys.length === 0) throw new Error('it holds no key; make one with: openssl rand -base64 32');
    return new MasterKeys(keys);
  }

  /** Throws an Error that names the file and the fix, never its content. */
  static load(path: string): MasterKeys {
    try {
      return MasterKeys.parse(readFileSync(path, 'utf8'));
    } catch (error) {
      throw new Error(`master key file ${path}: ${(error as Error).message}`, { cause: error });
    }
  }

  get current(): MasterKey {
    return this.#keys[0];
  }

  /** In the order of the lines. */
  get ids(): readonly string[] {
    return this.#keys.map(({ id }) => id);
  }

  find(id: string): MasterKey | undefined {
    return this.#keys.find((key) => key.id === id);
  }

  /** Its current key never changes. */
  whileEncrypting<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }
}
