import { sentences } from './conditions/conditions.js';
import type { CredentialNeed } from './credential-needs.js';
import type { ConnectedDataPlane } from './fleet.js';

const MOST_NAMES = 3;
const HOW_TO_FIX =
  'Set it where the data plane runs, within its SIGNALBOX_CREDENTIAL_ENV or SIGNALBOX_CREDENTIAL_DIR, and restart it; ' +
  'or keep the key in a Secret and name that in valueFrom.secretKeyRef.';

/** Which needs some data plane can't meet, on which ones, why, and what to do; undefined: each is met by all. */
export function unmetNeeds(
  needs: readonly CredentialNeed[],
  connected: readonly ConnectedDataPlane[],
): string | undefined {
  const lacking = connected.filter(({ unresolved }) => unresolved !== undefined);
  if (lacking.length === 0) return undefined;
  let isLocal = false;
  const unmet = needs.flatMap(({ subject, anyOf }) => {
    const without = lacking.filter(({ unresolved }) => anyOf.every((id) => unresolved!.has(id))).sort(byName);
    if (without.length === 0) return [];
    isLocal ||= anyOf.some(isReadByDataPlane);
    const reasons = new Set(anyOf.map((id) => without[0]!.unresolved!.get(id)!));
    return [
      `${subject} can't be used on ${where(without, connected.length)}: ${[...reasons].slice(0, MOST_NAMES).join('; ')}`,
    ];
  });
  if (unmet.length === 0) return undefined;
  return isLocal ? `${sentences(unmet)} ${HOW_TO_FIX}` : sentences(unmet);
}

function where(dataPlanes: readonly ConnectedDataPlane[], connected: number): string {
  if (dataPlanes.length === connected) return 'any data plane';
  const names = dataPlanes.slice(0, MOST_NAMES).map(({ name }) => name);
  const more = dataPlanes.length > names.length ? [`${dataPlanes.length - names.length} more`] : [];
  return `${dataPlanes.length} of ${connected} data planes (${[...names, ...more].join(', ')})`;
}

/** Unlike the entry of a Secret, which comes from the control plane. */
function isReadByDataPlane(credentialId: string): boolean {
  return credentialId.startsWith('env:') || credentialId.startsWith('file:');
}

function byName(left: ConnectedDataPlane, right: ConnectedDataPlane): number {
  return left.name < right.name ? -1 : 1;
}
