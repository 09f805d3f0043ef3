import { describeScope, forbidden, type KindDefinition, type Scope } from '#libs/apimachinery';
import type { Authorizer, Verb } from '../../auth/authorizer.js';
import type { Call } from '../request/call.js';
import type { Subresource } from './resource-target.js';

/** What somebody wants to touch. */
export interface Touched {
  readonly kind: KindDefinition;
  readonly scope: Scope;
  readonly name?: string;
  readonly subresource?: Subresource;
}

/** Throws a 403 in Kubernetes' words. */
export function checkAllowed(
  authorizer: Authorizer,
  { identity }: Pick<Call, 'identity'>,
  verb: Verb,
  touched: Touched,
): void {
  const { kind, scope, name, subresource } = touched;
  // `effective` shows nothing that the object itself doesn't.
  const judged = subresource === 'effective' ? undefined : subresource;
  const verdict = authorizer.authorize(identity, {
    type: 'resource',
    verb,
    group: kind.group,
    resource: kind.plural,
    scope,
    ...(name !== undefined && { name }),
    ...(judged !== undefined && { subresource: judged }),
  });
  if (verdict.allowed) return;
  const resource = judged === undefined ? kind.plural : `${kind.plural}/${judged}`;
  throw forbidden(
    `User "${identity.user}" cannot ${verb} resource "${resource}" in API group "${kind.group}" ${describeScope(scope)}: ${verdict.reason}`,
    kind,
    name,
  );
}
