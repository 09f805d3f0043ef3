import { consumerManifest, documents } from '#libs/testing';
import { models, paces } from '../load/models.js';

const provider = (name: string, baseURL: string): string => `apiVersion: v1
kind: Secret
metadata: {name: ${name}, namespace: default}
stringData: {key: bench-key}
---
apiVersion: signalbox.dev/v1
kind: Provider
metadata: {name: ${name}, namespace: default}
spec:
  type: OpenAICompatible
  baseURL: ${baseURL}/v1
  allowInsecure: true
  allowPrivateNetwork: true
  connections: {max: 10000}
  models: [${Object.keys(paces)
    .map((model) => `{name: ${model}}`)
    .join(', ')}]
---
apiVersion: signalbox.dev/v1
kind: KeyPool
metadata: {name: ${name}, namespace: default}
spec:
  providerRef: {name: ${name}}
  keys: [{name: main, limits: {concurrency: 10000}, valueFrom: {secretKeyRef: {name: ${name}, key: key}}}]
`;

const route = (name: string, pool: string, model: string): string => `apiVersion: signalbox.dev/v1
kind: RoutePolicy
metadata: {name: ${name}, namespace: default}
spec:
  models: [${name}]
  rules: [{name: all, backendRefs: [{keyPoolRef: {name: ${pool}}, model: ${model}}]}]
`;

/** Routes for all models of the benchmark; every key has a limit, so that counting is paid for. */
export function benchManifests(consumerKey: string, ports: { readonly plain: number; readonly tls: number }): string {
  return documents(
    consumerManifest(consumerKey, false),
    provider('plain', `http://127.0.0.1:${ports.plain}`),
    provider('tls', `https://127.0.0.1:${ports.tls}`),
    ...Object.entries(models).map(([name, { model, transport }]) => route(name, transport, model)),
  );
}
