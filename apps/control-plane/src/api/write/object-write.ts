import { type ApiObject, notFound } from '#libs/apimachinery';
import { namespaceKind } from '../../namespaces/built-in-namespaces.js';
import { keepingContentsFinalizer, withContentsFinalizer } from '../../namespaces/contents-finalizer.js';
import type { ObjectWrite, WriteResult } from '../../store/object-store.js';
import { keyOf, type ResourceTarget } from '../objects/resource-target.js';
import { admit, admitStatus, type Author, type Candidate, warningsAbout } from './admit.js';
import { inScope } from './decode.js';
import { checkExpected, type Strategy } from './proposal.js';

/** One object that somebody wants to write, and how. */
export interface WriteStep {
  readonly target: ResourceTarget;
  readonly name: string;
  readonly verb: ObjectWrite['verb'];
  readonly strategy: Strategy;
  readonly author: Author;
}

/** The steps of a write, put together: strategy, preconditions, admission. The store runs them under the object's lock. */
export function objectWrite(step: WriteStep): ObjectWrite {
  const { target, name, verb, strategy, author } = step;
  const { kind, scope, subresource } = target;
  const isStatus = subresource === 'status';
  return {
    key: keyOf(target, name),
    verb,
    ...(isStatus && { subresource }),
    mutate: (stored) => {
      if (!stored && (verb === 'update' || verb === 'patch')) throw notFound(kind, name);
      const { object, errors, expected } = strategy(stored);
      checkExpected(kind, name, stored, expected);
      const candidate: Candidate = { kind, next: inScope(object, scope), stored, errors };
      if (isStatus) return admitStatus({ ...candidate, stored: stored! });
      return withFinalizer(admit(candidate, author), candidate);
    },
  };
}

/** Found out from what came of the step: the object has changed as the strategy said, so it says the same again. */
export function warningsOf({ target, strategy }: WriteStep, result: WriteResult): readonly string[] {
  const before = result.type === 'UNCHANGED' ? result.object : result.previous;
  const { warnings } = strategy(before);
  return target.subresource === 'status' ? warnings : [...warnings, ...warningsAbout(target.kind, result.object)];
}

function withFinalizer(object: ApiObject, { kind, stored }: Candidate): ApiObject {
  if (kind !== namespaceKind) return object;
  return stored ? keepingContentsFinalizer(object, stored) : withContentsFinalizer(object);
}
