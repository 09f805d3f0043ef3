import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { fieldPath, readYAML } from '#libs/apimachinery';
import type { Identity } from './identity.js';

/** Who bears a `system:` name is the product itself, whose status writes the audit leaves out: no token may claim one. */
const name = z
  .string()
  .min(1)
  .regex(/^(?!system:)/, 'must not start with "system:", which is reserved');

const tokensSchema = z.strictObject({
  tokens: z.array(
    z.strictObject({
      name: z.string().min(1),
      user: name,
      groups: z.array(name),
      sha256: z.string().regex(/^[0-9a-fA-F]{64}$/, 'must be the SHA-256 of the token in 64 hex digits'),
    }),
  ),
});

interface TokenEntry {
  readonly digest: Buffer;
  readonly identity: Identity;
}

/** The tokens file, parsed. Holds digests only. */
export class TokenTable {
  private constructor(private readonly entries: readonly TokenEntry[]) {}

  /** Throws an Error that names the field, never a digest. */
  static parse(text: string): TokenTable {
    const [document, ...others] = readYAML(text);
    if (others.length > 0) throw new Error('the file has more than one document: put all tokens into one list');
    const result = tokensSchema.safeParse(document?.value);
    if (!result.success) {
      const [issue] = result.error.issues;
      throw new Error(`${fieldPath(issue!.path) || 'tokens'}: ${issue!.message}`);
    }
    const { tokens } = result.data;
    const digests = tokens.map(({ sha256 }) => sha256.toLowerCase());
    const first = new Map(digests.map((digest, index) => [digest, index] as const).reverse());
    const twin = digests.findIndex((digest, index) => first.get(digest) !== index);
    if (twin >= 0) {
      throw new Error(`tokens[${twin}].sha256: another entry has the same token; one token stands for one user`);
    }
    return new TokenTable(
      tokens.map(({ user, groups, sha256 }) => ({
        digest: Buffer.from(sha256, 'hex'),
        identity: { user, groups },
      })),
    );
  }

  /**
   * The token is hashed first and its digest compared with every entry in constant time: neither the token's bytes nor
   * the place of its entry shows in the time that an answer takes.
   */
  find(token: string): Identity | undefined {
    const digest = createHash('sha256').update(token).digest();
    let found: Identity | undefined;
    for (const entry of this.entries) if (timingSafeEqual(entry.digest, digest)) found = entry.identity;
    return found;
  }
}
