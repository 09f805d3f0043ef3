import type { Finding } from '../conditions/finding.js';
import { type Concern, forEachFact, type Look, type Output } from './concern.js';
import type { CompiledKind, CompiledKinds, Refused, Resource } from './spaces.js';

/**
 * A concern for the objects of a kind that were accepted. A refused one is told why. So is one whose compile throws, which
 * then counts as refused: a fault of ours that one object brings out must not hold up the others.
 */
export function forEachObject<Kind extends CompiledKind>(
  name: string,
  kind: Kind,
  compile: (resource: Resource<CompiledKinds[Kind]>, look: Look) => Output,
): Concern {
  return forEachFact(name, kind, (fact, look) => {
    const object = fact as Resource<CompiledKinds[Kind]> | Refused;
    if ('findings' in object) return report(object, object.findings);
    try {
      return compile(object, look);
    } catch (error) {
      return report(object, [defect(error)]);
    }
  });
}

const nothing: readonly Finding[] = [];

/** The report on an object, as a concern's whole output or a part of it. */
export function report(
  { id, kind, key, generation }: Pick<Refused, 'id' | 'kind' | 'key' | 'generation'>,
  findings: readonly Finding[],
): Pick<Output, 'report'> {
  return { report: { id, kind, key, generation, findings: findings.length === 0 ? nothing : findings } };
}

export function defect(error: unknown): Finding {
  const what = error instanceof Error ? error.message : String(error);
  return {
    type: 'Accepted',
    reason: 'Invalid',
    message: `The object could not be compiled, by a defect of Signalbox and not of the object: ${what}`,
  };
}
