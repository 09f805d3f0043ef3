import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { handleControl } from './control/control-api.js';
import { chatCompletions } from './serve-chat.js';
import { errorBody, sendJson } from './openai/errors.js';
import { ProviderDirectory } from './provider/provider-directory.js';

/** Plain node:http: a benchmark's upstream must cost as little as it can. */
export function createSimulator(nowMs: () => number = Date.now): Server {
  const directory = new ProviderDirectory();
  return createServer((request, response) => {
    route(directory, request, response, nowMs).catch((error: unknown) => {
      if (!response.headersSent)
        sendJson(response, 500, errorBody(`Simulator fault: ${String(error)}`, 'server_error'));
      else response.destroy();
    });
  });
}

async function route(
  directory: ProviderDirectory,
  request: IncomingMessage,
  response: ServerResponse,
  nowMs: () => number,
): Promise<void> {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  if (path === '/livez' || path === '/readyz') {
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.end('ok');
    return;
  }
  const [first = '', ...rest] = path.slice(1).split('/');
  if (first === '_control') return handleControl(rest, directory, request, response);
  const provider = directory.get(first);
  const operation = `${request.method} ${rest.join('/')}`;
  if (provider && operation === 'POST v1/chat/completions') return chatCompletions(provider, request, response, nowMs);
  if (provider && operation === 'GET v1/models') {
    const data = provider.behaviour.models.map((id) => ({ id, object: 'model', created: 0, owned_by: provider.name }));
    return sendJson(response, 200, JSON.stringify({ object: 'list', data }));
  }
  request.resume();
  sendJson(
    response,
    404,
    errorBody(`No route for ${operation}. A provider's base URL is /{name}/v1.`, 'invalid_request_error'),
  );
}
