import type { Fact } from './concern.js';

/** What compile may know of a Secret's entry: a version (HMAC of the value), or why it can't be used. Never the value. */
export type CredentialFact = { readonly version: string } | { readonly problem: string };

export function credentialFacts(id: string, fact: CredentialFact): Fact[] {
  if ('problem' in fact) return [{ space: 'secret', key: id, value: { problem: fact.problem } }];
  return [
    { space: 'secret', key: id, value: {} },
    { space: 'secretVersion', key: id, value: fact.version },
  ];
}
