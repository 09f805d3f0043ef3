import { consumerManifest, documents } from '#libs/testing';

const keys = 4;
const models = ['soak-short', 'soak-held', 'soak-long'];

/** Two providers that both fail now and then, and recover soon; a retry of one goes to the other. */
export function soakManifests(consumerKey: string, ports: { readonly alpha: number; readonly beta: number }): string {
  return documents(
    consumerManifest(consumerKey, false),
    ...Object.entries(ports).flatMap(([name, port]) => [secretManifest(name, 0), provider(name, port)]),
    ...models.map((model) => routeOf(model, 1)),
  );
}

/** What a change of the `turn`th second is: a weight always, a credential and a whole route now and then. */
export function swapManifests(turn: number): string {
  const changes = [routeOf('soak-short', 1 + (turn % 3))];
  if (turn % 7 === 0) changes.push(secretManifest('alpha', turn));
  if (turn % 5 === 0) changes.push(routeOf(`soak-other-${turn % 3}`, 1 + (turn % 4)));
  return documents(...changes);
}

function secretManifest(name: string, turn: number): string {
  const values = Array.from({ length: keys }, (_, index) => `key-${index}: soak-key-${index}-${turn}`);
  return `apiVersion: v1
kind: Secret
metadata: {name: ${name}, namespace: default}
stringData: {${values.join(', ')}}
`;
}

function provider(name: string, port: number): string {
  const key = (index: number): string =>
    `{name: key-${index}, limits: {concurrency: 2000}, valueFrom: {secretKeyRef: {name: ${name}, key: key-${index}}}}`;
  return `apiVersion: signalbox.dev/v1
kind: Provider
metadata: {name: ${name}, namespace: default}
spec:
  type: OpenAICompatible
  baseURL: http://127.0.0.1:${port}/v1
  allowInsecure: true
  allowPrivateNetwork: true
  connections: {max: 10000}
  timeouts: {request: 24h}
  circuitBreaker: {openFor: 1s, maxOpenFor: 2s}
  models: [${models.map((model) => `{name: ${model}}`).join(', ')}]
---
apiVersion: signalbox.dev/v1
kind: KeyPool
metadata: {name: ${name}, namespace: default}
spec:
  providerRef: {name: ${name}}
  keys: [${Array.from({ length: keys }, (_, index) => key(index)).join(', ')}]
`;
}

function routeOf(name: string, weight: number): string {
  const model = models.includes(name) ? name : 'soak-short';
  return `apiVersion: signalbox.dev/v1
kind: RoutePolicy
metadata: {name: ${name}, namespace: default}
spec:
  models: [${name}]
  rules: [{name: all, backendRefs: [{keyPoolRef: {name: alpha}, model: ${model}, weight: ${weight}}, {keyPoolRef: {name: beta}, model: ${model}, weight: 2}]}]
  retry: {maxAttempts: 4, backoff: {base: 1ms, max: 10ms}}
`;
}
