import { chat, listModels } from '../client/chat.js';
import type { ChatAnswer } from '../client/chat.js';
import type { DataPlaneConnection } from '../client/connection.js';
import { CliError } from '../cli-error.js';
import { until } from './probe.js';

const servedDeadlineMs = 30_000;
const prompt = 'Hello, who answers?';

/** Waits until the data plane serves the quickstart's model, then asks it something; the answer with how it was routed. */
export async function firstChat(connection: DataPlaneConnection, signal: AbortSignal): Promise<string> {
  let model = '';
  await until(
    'the data plane serves no model to the demo consumer',
    async () => {
      const models = await listModels(connection);
      model = models.includes('chat') ? 'chat' : (models[0] ?? '');
      return model !== '';
    },
    { deadlineMs: servedDeadlineMs, signal },
  );
  return report(model, await chat(connection, { model, prompt, stream: false }));
}

async function report(model: string, { routing, text }: ChatAnswer): Promise<string> {
  let answer = '';
  for await (const piece of text) answer += piece;
  if (answer === '') throw new CliError(`The first chat got an empty answer (trace ${routing.traceId}).`);
  const lines = [
    ['model', model],
    ['asked', prompt],
    ['answer', answer],
    ['backend', routing.backend],
    ['key', routing.key],
    ['attempts', routing.attempts],
    ['revision', routing.revision],
    ['trace id', routing.traceId],
  ];
  return lines.map(([name = '', value = '']) => `${name.padEnd(10)}${value}\n`).join('');
}
