import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseJson, readBody } from '../body.js';
import { sendJson } from '../openai/errors.js';
import { behaviourSchema } from '../provider/behaviour.js';
import type { ProviderDirectory } from '../provider/provider-directory.js';

/**
 * The simulator's own control, beside the providers it plays:
 * `GET|PUT|DELETE /_control/providers/{name}` behaviour, `GET /_control/providers/{name}/calls` what it was asked,
 * `GET /_control/providers` names, `POST /_control/reset` everything back to defaults.
 */
export async function handleControl(
  path: readonly string[],
  directory: ProviderDirectory,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [collection, name, sub] = path;
  if (collection === 'reset' && request.method === 'POST') {
    directory.reset();
    return answer(response, 200, { reset: true });
  }
  if (collection !== 'providers')
    return answer(response, 404, { error: 'Known: /_control/providers, /_control/reset.' });
  if (name === undefined || name === '') return answer(response, 200, { providers: directory.names() });
  const provider = directory.get(name);
  if (!provider)
    return answer(response, 404, {
      error: `A provider's name is 1 to 63 of a-z, 0-9 and -, not ${JSON.stringify(name)}.`,
    });

  if (sub === 'calls') return answer(response, 200, { received: provider.received, calls: provider.calls });
  if (request.method === 'GET') return answer(response, 200, provider.behaviour);
  if (request.method === 'DELETE') {
    provider.reset();
    return answer(response, 200, provider.behaviour);
  }
  if (request.method !== 'PUT') return answer(response, 405, { error: 'Use GET, PUT or DELETE.' });
  const behaviour = behaviourSchema.safeParse(parseJson((await readBody(request)) ?? ''));
  if (!behaviour.success) {
    const errors = behaviour.error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`);
    return answer(response, 400, { errors });
  }
  provider.configure(behaviour.data);
  return answer(response, 200, provider.behaviour);
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  sendJson(response, status, JSON.stringify(body));
}
