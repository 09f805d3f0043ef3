import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { acceptedReasons, referenceReasons } from './finding.js';
import { credentialReason } from '../rollup.js';

const page = readFileSync(fileURLToPath(new URL('../../../../docs/conditions.md', import.meta.url)), 'utf8');

/** Reasons in the order of a section's table. */
function reasonsUnder(heading: string): string[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  return [...section.matchAll(/^\| `([A-Za-z]+)` \|/gm)].map(([, reason]) => reason!);
}

describe('docs/conditions.md', () => {
  it('lists every reason of Accepted in the order in which one of several is chosen', () => {
    expect(reasonsUnder('Accepted')).toEqual(['Accepted', ...acceptedReasons]);
  });
  it('lists every reason of ResolvedRefs in that order', () => {
    expect(reasonsUnder('ResolvedRefs')).toEqual([
      'ResolvedRefs',
      ...referenceReasons,
      credentialReason,
      'NotAccepted',
    ]);
  });
  it('lists every reason of Programmed', () => {
    const source = readFileSync(fileURLToPath(new URL('../rollup.ts', import.meta.url)), 'utf8');
    const reasons = [...source.matchAll(/reason: '([A-Za-z]+)'/g)].map(([, reason]) => reason!);
    expect(new Set(reasonsUnder('Programmed'))).toEqual(new Set(reasons.filter((reason) => reason !== 'Ready')));
  });
});
