/** What the OpenAI surface serves. */
export type Operation =
  | { readonly name: 'chat'; readonly method: 'POST' }
  | { readonly name: 'listModels'; readonly method: 'GET' }
  | { readonly name: 'getModel'; readonly method: 'GET'; readonly model: string };

/** The paths, for people: what the answer at any other path names, and docs/paths.md. */
export const servedPaths = [
  { method: 'POST', path: '/v1/chat/completions', summary: 'A chat completion, plain or streamed.' },
  { method: 'GET', path: '/v1/models', summary: 'The models that the consumer may ask for.' },
  { method: 'GET', path: '/v1/models/{model}', summary: 'One of them.' },
] as const;

const chat: Operation = { name: 'chat', method: 'POST' };
const listModels: Operation = { name: 'listModels', method: 'GET' };
const MODEL_PREFIX = '/v1/models/';

/** By path, without its query; undefined: not ours. The methods that it allows are the caller's to check. */
export function operationAt(path: string): Operation | undefined {
  if (path === '/v1/chat/completions') return chat;
  if (path === '/v1/models') return listModels;
  if (!path.startsWith(MODEL_PREFIX) || path.length === MODEL_PREFIX.length) return undefined;
  try {
    return { name: 'getModel', method: 'GET', model: decodeURIComponent(path.slice(MODEL_PREFIX.length)) };
  } catch {
    return undefined;
  }
}
