import type { ApiObject, ObjectReference } from '#libs/apimachinery';
import { listAt, mapAt, textAt } from '../stored-spec.js';

/** The key pools of all backends, and the models that are asked of their providers. */
export function routePolicyReferences({ spec }: ApiObject): ObjectReference[] {
  return listAt(spec, 'rules').flatMap((rule, index) => {
    const path = `spec.rules[${index}]`;
    const fallbacks = listAt(rule, 'fallbacks').flatMap((fallback, at) =>
      ofBackends(`${path}.fallbacks[${at}]`, fallback),
    );
    return [...ofBackends(path, rule), ...fallbacks];
  });
}

function ofBackends(path: string, holder: unknown): ObjectReference[] {
  return listAt(holder, 'backendRefs').flatMap((backend, index) => {
    const at = `${path}.backendRefs[${index}]`;
    const [name, model] = [textAt(mapAt(backend, 'keyPoolRef'), 'name'), textAt(backend, 'model')];
    if (name === undefined) return [];
    const part = model === undefined ? undefined : { path: `${at}.model`, kind: 'Provider', name: model };
    return [{ path: `${at}.keyPoolRef.name`, kind: 'KeyPool', name, ...(part && { part }) }];
  });
}
