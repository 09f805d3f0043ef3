import type { ApiObject, ObjectReference } from '#libs/apimachinery';
import { listAt, mapAt, textAt } from '../stored-spec.js';

/** The provider, the models of it that keys are for, and the Secrets with the keys. */
export function keyPoolReferences({ spec }: ApiObject): ObjectReference[] {
  const provider = textAt(mapAt(spec, 'providerRef'), 'name');
  const toProvider = { path: 'spec.providerRef.name', kind: 'Provider', name: provider ?? '' };
  const references: ObjectReference[] = provider === undefined ? [] : [toProvider];
  listAt(spec, 'keys').forEach((key, index) => {
    const path = `spec.keys[${index}]`;
    if (provider !== undefined) {
      for (const [at, model] of listAt(key, 'models').entries()) {
        const part = { path: `${path}.models[${at}]`, kind: 'Provider', name: String(model) };
        references.push({ ...toProvider, part });
      }
    }
    const source = mapAt(key, 'valueFrom', 'secretKeyRef');
    const [name, entry] = [textAt(source, 'name'), textAt(source, 'key')];
    if (name === undefined || entry === undefined) return;
    const from = `${path}.valueFrom.secretKeyRef`;
    references.push({
      path: `${from}.name`,
      kind: 'Secret',
      name,
      part: { path: `${from}.key`, kind: 'Secret', name: entry },
    });
  });
  return references;
}
