import { request } from 'undici';
import type { Dispatcher } from 'undici';
import { CliError } from '../cli-error.js';
import { printable } from '../output/style.js';
import { connectionError } from './admin-client.js';
import type { DataPlaneConnection } from './connection.js';

/** What the response headers tell about the request's way; '' where the consumer may not know. */
export interface Routing {
  readonly traceId: string;
  readonly revision: string;
  readonly attempts: string;
  readonly route: string;
  readonly backend: string;
  readonly key: string;
}

export interface ChatAnswer {
  readonly routing: Routing;
  /** The answer's text; one piece where it isn't streamed. Throws a CliError where the stream is cut or fails. */
  readonly text: AsyncIterable<string>;
}

export interface ChatOptions {
  readonly model: string;
  readonly prompt: string;
  readonly stream: boolean;
}

/** One user message to the data plane's OpenAI-compatible endpoint. */
export async function chat(connection: DataPlaneConnection, options: ChatOptions): Promise<ChatAnswer> {
  const { headers, body } = await send(connection, '/v1/chat/completions', {
    model: options.model,
    stream: options.stream,
    messages: [{ role: 'user', content: options.prompt }],
  });
  return { routing: routingOf(headers), text: options.stream ? streamedText(body) : wholeText(body) };
}

/** The model names that the key may ask for. */
export async function listModels(connection: DataPlaneConnection): Promise<string[]> {
  const { body } = await send(connection, '/v1/models');
  const { data } = (await body.json()) as { data: { id: string }[] };
  return data.map(({ id }) => id);
}

async function send(connection: DataPlaneConnection, path: string, body?: object): Promise<Dispatcher.ResponseData> {
  let response: Dispatcher.ResponseData;
  try {
    response = await request(new URL(path, connection.dataPlaneUrl), {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${connection.apiKey}`, ...(body && { 'content-type': 'application/json' }) },
      body: body && JSON.stringify(body),
    });
  } catch (error) {
    throw connectionError(error, connection.dataPlaneUrl, 'SIGNALBOX_DATA_PLANE_URL');
  }
  if (response.statusCode < 400) return response;
  const { traceId } = routingOf(response.headers);
  throw refusal(await response.body.text(), `HTTP ${response.statusCode}`, traceId && ` (trace ${traceId})`);
}

function routingOf(headers: Dispatcher.ResponseData['headers']): Routing {
  const header = (name: string) => printable(String(headers[`x-signalbox-${name}`] ?? ''));
  return {
    traceId: header('trace-id'),
    revision: header('revision'),
    attempts: header('attempts'),
    route: header('route'),
    backend: header('backend'),
    key: header('key'),
  };
}

async function* wholeText(body: Dispatcher.ResponseData['body']): AsyncGenerator<string> {
  const answer = (await body.json()) as { choices?: { message?: { content?: string | null } }[] };
  yield answer.choices?.[0]?.message?.content ?? '';
}

/** Server-sent events of the OpenAI dialect: `data: {chunk}` lines, ended by `data: [DONE]`. */
async function* streamedText(body: Dispatcher.ResponseData['body']): AsyncGenerator<string> {
  let rest = '';
  for await (const piece of body.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + piece).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (!line.startsWith('data:')) continue;
      const data = line.slice('data:'.length).trim();
      if (data === '[DONE]') return;
      const chunk = JSON.parse(data) as { error?: unknown; choices?: { delta?: { content?: string | null } }[] };
      if (chunk.error !== undefined) throw refusal(data, 'stream', '');
      const text = chunk.choices?.[0]?.delta?.content;
      if (text) yield text;
    }
  }
  throw new CliError('The stream ended before the answer did.');
}

function refusal(body: string, fallback: string, suffix: string): CliError {
  let error: { code?: string | null; type?: string; message?: string; remedy?: string } = {};
  try {
    error = (JSON.parse(body) as { error?: typeof error }).error ?? {};
  } catch {
    // Not a data plane's answer: the status says what can be said.
  }
  const reason = printable(error.code ?? error.type ?? fallback);
  return new CliError(`Refused (${reason}): ${printable(error.message ?? fallback)}${suffix}`, {
    hints: typeof error.remedy === 'string' ? [printable(error.remedy)] : [],
  });
}
