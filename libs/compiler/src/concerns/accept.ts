import type { ApiObject } from '#libs/apimachinery';
import { checkObject, kindOf } from '#libs/resources';
import { objectId } from '../conditions/verdict.js';
import type { Fact } from './concern.js';
import { defect } from './per-object.js';
import type { CompiledKind, Refused, Resource } from './spaces.js';

const compiledKinds: ReadonlySet<string> = new Set<CompiledKind>(['Provider', 'KeyPool', 'RoutePolicy', 'Consumer']);

/** An object as compile knows it, checked; undefined: of a kind that isn't compiled. The object is not changed. */
export function accept(object: ApiObject): Fact | undefined {
  const { apiVersion, kind } = object;
  const definition = compiledKinds.has(kind) ? kindOf(apiVersion, kind) : undefined;
  if (definition === undefined) return undefined;
  const { namespace = '', name, labels, creationTimestamp = '', generation = 0 } = object.metadata;
  const key = `${namespace}/${name}`;
  const refused = (findings: Refused['findings']): Fact => ({
    space: kind as CompiledKind,
    key,
    value: { generation, id: objectId(object), kind, key, findings },
  });
  try {
    const { effective, errors } = checkObject(definition, object);
    if (effective === undefined) {
      return refused(
        errors.map(({ path, message, condition }) => ({
          type: 'Accepted',
          reason: condition ?? 'Invalid',
          message: `${path}: ${message}`,
        })),
      );
    }
    const value: Resource<unknown> = {
      generation,
      id: objectId(object),
      kind,
      namespace,
      name,
      key,
      labels: { ...labels },
      creationTimestamp,
      spec: effective.spec,
    };
    return { space: kind, key, value } as Fact;
  } catch (error) {
    return refused([defect(error)]);
  }
}
