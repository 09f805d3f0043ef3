import { type ApiObject, apiVersionOf, type KindDefinition } from '#libs/apimachinery';
import { checkObject } from '../check.js';
import { kinds } from '../registry.js';

/** The least that each kind with a spec accepts. */
export const minimalSpecs: Record<string, Record<string, unknown>> = {
  Provider: { type: 'OpenAI', models: [{ name: 'gpt-4o' }] },
  KeyPool: { providerRef: { name: 'openai' }, keys: [{ name: 'main', valueFrom: { env: 'OPENAI_API_KEY' } }] },
  RoutePolicy: {
    models: ['chat'],
    rules: [{ name: 'main', backendRefs: [{ keyPoolRef: { name: 'openai' }, model: 'gpt-4o' }] }],
  },
  Consumer: { keys: [{ name: 'laptop', sha256: '0'.repeat(64) }] },
};

export function kindNamed(kind: string) {
  const definition = kinds.find((other) => other.kind === kind);
  if (definition === undefined) throw new Error(`no kind ${kind}`);
  return definition;
}

/** An object of a kind, its minimal spec overlaid with `spec`, top level only. */
export function objectOf(kind: string, spec: Record<string, unknown> = {}): ApiObject {
  return {
    apiVersion: apiVersionOf(kindNamed(kind)),
    kind,
    metadata: { name: 'test', namespace: 'default' },
    spec: { ...minimalSpecs[kind], ...spec },
  };
}

/** The least of any kind, those without a spec too. */
export function bareObject(kind: KindDefinition): ApiObject {
  const spec = minimalSpecs[kind.kind];
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    metadata: { name: 'test', ...(kind.namespaced && { namespace: 'default' }) },
    ...(spec && { spec }),
  };
}

/** `path: message` of every error of such an object. */
export function errorsOf(kind: string, spec: Record<string, unknown>): string[] {
  return checkObject(kindNamed(kind), objectOf(kind, spec)).errors.map(({ path, message }) => `${path}: ${message}`);
}

export function warningsOf(kind: string, spec: Record<string, unknown>): string[] {
  const { effective, errors } = checkObject(kindNamed(kind), objectOf(kind, spec));
  if (effective === undefined) throw new Error(errors.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  return kindNamed(kind).warnings?.(effective) ?? [];
}
