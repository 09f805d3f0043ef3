import { createHash } from 'node:crypto';

/** A consumer of `apiKey` in the namespace `default`; `exposeRouting`: its answers tell route, backend and key. */
export function consumerManifest(apiKey: string, exposeRouting = true): string {
  const sha256 = createHash('sha256').update(apiKey).digest('hex');
  return `apiVersion: signalbox.dev/v1
kind: Consumer
metadata: {name: demo, namespace: default}
spec:
  exposeRouting: ${exposeRouting}
  keys: [{name: main, sha256: ${sha256}}]
`;
}

/** Secret, Provider and KeyPool of one simulated provider; the pool's name is the provider's. */
export function providerManifest(
  name: string,
  simulatorOrigin: string,
  keys: readonly string[],
  providerFields = '',
): string {
  return `apiVersion: v1
kind: Secret
metadata: {name: ${name}-keys, namespace: default}
stringData: {${keys.map((key, index) => `key-${index}: ${key}`).join(', ')}}
---
apiVersion: signalbox.dev/v1
kind: Provider
metadata: {name: ${name}, namespace: default}
spec:
  type: OpenAICompatible
  baseURL: ${simulatorOrigin}/${name}/v1
  allowInsecure: true
  allowPrivateNetwork: true
  models: [{name: sim-small}, {name: sim-large}]
${providerFields}---
apiVersion: signalbox.dev/v1
kind: KeyPool
metadata: {name: ${name}, namespace: default}
spec:
  providerRef: {name: ${name}}
  keys: [${keys.map((_, index) => `{name: key-${index}, valueFrom: {secretKeyRef: {name: ${name}-keys, key: key-${index}}}}`).join(', ')}]
`;
}

/** A route for the model `chat` over `{pool: weight}`; `fields` are further lines of `spec`, indented by two. */
export function routeManifest(weights: Record<string, number>, fields = '', name = 'chat'): string {
  const references = Object.entries(weights).map(
    ([pool, weight]) => `{keyPoolRef: {name: ${pool}}, model: sim-small, weight: ${weight}}`,
  );
  return `apiVersion: signalbox.dev/v1
kind: RoutePolicy
metadata: {name: ${name}, namespace: default}
spec:
  models: [${name}]
  rules: [{name: all, backendRefs: [${references.join(', ')}]}]
${fields}`;
}

export function documents(...manifests: string[]): string {
  return manifests.join('---\n');
}
