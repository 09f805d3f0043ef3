import type { EffectivePoolKey } from '#libs/resources';
import type { CredentialEntry } from '#libs/routing-table';
import { forEachClaimed, type Look } from './concern.js';
import { encodeEntry } from './entry.js';
import type { CredentialSource } from './spaces.js';

/** Id of a Secret's entry as a credential. A colon can't stand in a namespace, so the three forms never meet. */
export function secretCredentialId(namespace: string, secret: string, key: string): string {
  return `${namespace}/${secret}/${key}`;
}

/** `namespace`: of the key pool. */
export function credentialIdOf({ secretKeyRef, env, file }: EffectivePoolKey['valueFrom'], namespace: string): string {
  if (env !== undefined) return `env:${env}`;
  if (file !== undefined) return `file:${file}`;
  return secretCredentialId(namespace, secretKeyRef!.name, secretKeyRef!.key);
}

/** In place of an entry's name, which is never empty: a problem of the whole Secret, whatever its entries are. */
export const ANY_ENTRY = '';

export type ResolvedSource = { readonly id: string; readonly source: CredentialSource } | { readonly missing: string };

/**
 * Where a key's value is. A Secret's entry must be there; whether a variable or a file is, only a data plane can know,
 * and says in its status. `namespace`: of the key pool.
 */
export function resolveSource({ valueFrom }: EffectivePoolKey, namespace: string, look: Look): ResolvedSource {
  const { secretKeyRef, env, file } = valueFrom;
  const id = credentialIdOf(valueFrom, namespace);
  if (env !== undefined) return { id, source: { env } };
  if (file !== undefined) return { id, source: { file } };
  const { name, key } = secretKeyRef!;
  const secret = look.fact('secret', id);
  const whole = secretCredentialId(namespace, name, ANY_ENTRY);
  const problem = secret === undefined ? look.fact('secret', whole)?.problem : secret.problem;
  if (problem !== undefined) return { missing: `entry "${key}" of Secret ${namespace}/${name} ${problem}` };
  if (secret === undefined) return { missing: `Secret ${namespace}/${name} with an entry "${key}" doesn't exist` };
  return { id, source: { secret: true } };
}

/** One entry a credential, however many keys use it. It alone knows the version, so a rotation is an edit of one entry. */
export const credentials = forEachClaimed('credentials', 'credential', ([source], look, id) => ({
  entries: [encodeEntry('Credential', id, { id, source: entrySource(source!, look, id) })],
}));

function entrySource(source: CredentialSource, look: Look, id: string): CredentialEntry['source'] {
  if ('env' in source) return { type: 'Env', name: source.env };
  if ('file' in source) return { type: 'File', path: source.file };
  return { type: 'Secret', version: look.fact('secretVersion', id)! };
}
