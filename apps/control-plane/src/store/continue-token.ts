import { badRequest } from '#libs/apimachinery';

/** Where the next page starts, and the revision that all pages of one list show. */
export interface ContinueToken {
  readonly revision: number;
  readonly namespace: string;
  readonly name: string;
}

/** Opaque to clients. */
export function encodeContinue({ revision, namespace, name }: ContinueToken): string {
  return Buffer.from(JSON.stringify([1, revision, namespace, name])).toString('base64url');
}

/** Throws a 400 for what `encodeContinue` didn't make. */
export function decodeContinue(token: string): ContinueToken {
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (Array.isArray(parts) && parts.length === 4 && parts[0] === 1) {
      const [, revision, namespace, name] = parts as unknown[];
      if (Number.isSafeInteger(revision) && typeof namespace === 'string' && typeof name === 'string') {
        return { revision: revision as number, namespace, name };
      }
    }
  } catch {
    // Not JSON: answered like any other token that isn't ours.
  }
  throw badRequest('continue: not a token of this server; start the list again without it');
}
