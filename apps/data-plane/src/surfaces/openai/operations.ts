import { ownText } from '#libs/dialects';
import type { InferenceOperation, ListModelsOperation, Operation } from '../operation.js';
import type { ServedPath } from '../surface.js';

export const servedPaths: readonly ServedPath[] = [
  { method: 'POST', path: '/v1/chat/completions', summary: 'A chat completion, plain or streamed.' },
  { method: 'GET', path: '/v1/models', summary: 'The models that the consumer may ask for.' },
  { method: 'GET', path: '/v1/models/{model}', summary: 'One of them.' },
];

const chat: InferenceOperation = {
  kind: 'Inference',
  name: 'chat',
  method: 'POST',
  template: '/v1/chat/completions',
};
const listModels: ListModelsOperation = {
  kind: 'ListModels',
  name: 'listModels',
  method: 'GET',
  template: '/v1/models',
};
const modelPrefix = '/v1/models/';
/** No model has a longer name; see the scan of a request. */
const maxModelLength = 256;

/** By path, without its query; undefined: not ours. */
export function operationAt(path: string): Operation | undefined {
  if (path === chat.template) return chat;
  if (path === listModels.template) return listModels;
  if (!path.startsWith(modelPrefix)) return undefined;
  const model = decoded(path.slice(modelPrefix.length));
  if (model === undefined || model === '' || model.length > maxModelLength) return undefined;
  return { kind: 'GetModel', name: 'getModel', method: 'GET', template: '/v1/models/{model}', model: ownText(model) };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
