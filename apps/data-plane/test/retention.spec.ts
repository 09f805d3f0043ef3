import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { egresses } from '../src/egress/registry.js';
import { surfaces } from '../src/surfaces/registry.js';
import { BREAKER, ONE_ATTEMPT } from './support/entries.js';
import { chunk, doneEvent, stopChunk } from './support/scripted-upstream.js';
import { tinyEgress } from './support/tiny/tiny-egress.js';
import { tinySurface } from './support/tiny/tiny-surface.js';
import { nothingHeld, type VirtualCall, VirtualGateway } from './support/virtual-gateway.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** It stays closed, whatever fails. */
const breaker = {
  ...BREAKER,
  consecutiveFailures: 1_000,
  failureRatio: { ...BREAKER.failureRatio, minRequests: 1_000 },
};
const LENGTH = 250_000;
const REQUESTS = 30;
const filling = 'x'.repeat(LENGTH);

/** Bytes, on the heap and beside it, that live. */
function living(): number {
  for (let round = 0; round < 4; round += 1) collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Long enough for V8 to make of a slice a window on all of the text. */
const model = (index: number) => `a-rather-long-name-of-a-model-${index}`;
const openAI = (index: number, members: object = {}) =>
  [
    '/v1/chat/completions',
    JSON.stringify({ model: model(index), messages: [{ role: 'user', content: filling }], ...members }),
  ] as const;
const tiny = (index: number) => ['/tiny/say', `MODEL ${model(index)}\nUSER ${filling}\n`] as const;
const json = 'application/json';
const whole = (call: VirtualCall, index: number, text = filling) => {
  const choices = [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: `a_reason_of_${index}` }];
  call.head(200, json);
  call.data(JSON.stringify({ id: 'c', choices, usage: { prompt_tokens: 1 } }));
};

type Course = readonly [
  ask: (index: number) => readonly [string, string],
  answer: (call: VirtualCall, index: number) => void,
];

const courses: Readonly<Record<string, Course>> = {
  'a plain answer': [openAI, whole],
  'a stream': [
    (index) => openAI(index, { stream: true }),
    (call) => {
      call.head(200, 'text/event-stream');
      call.data(chunk({ content: filling }) + stopChunk + doneEvent);
    },
  ],
  'an error': [
    openAI,
    (call, index) => {
      const error = {
        message: `No such thing ${index}. ${filling}`.slice(0, 60_000),
        param: `a.parameter[${index}].x`,
      };
      call.head(400, json);
      call.data(JSON.stringify({ error }));
    },
  ],
  'an answer that its head rules out': [openAI, (call, index) => call.head(200, `text/x-${index}${filling}`)],
  'a translation': [tiny, whole],
  'a translation that leaves something out': [
    (index) => openAI(index, { [`${index}${filling}`]: 1, stream: false }),
    (call) => {
      call.head(200, 'text/x-tiny');
      call.data('TEXT x\nEND STOP\n');
    },
  ],
};

it.each(Object.entries(courses))('what is recorded and remembered keeps no bytes: %s', async (name, [ask, answer]) => {
  const dialect = name.includes('leaves') ? 'Tiny' : 'OpenAI';
  const gateway = new VirtualGateway(3, {
    wrap: (dependencies) => ({
      ...dependencies,
      surfaces: [...surfaces, tinySurface] as const,
      egresses: [...egresses, tinyEgress],
    }),
  });
  await gateway.serve({
    pattern: '*',
    route: { retry: ONE_ATTEMPT },
    providers: [{ name: 'alpha', baseURL: 'http://alpha.test/v1', backend: { dialect, breaker } }],
  });
  const request = (index: number): void => {
    gateway.ask(...ask(index));
    while (gateway.calls.length > 0) {
      const call = gateway.calls.shift()!;
      call.sent();
      answer(call, index);
      call.end();
    }
    gateway.clients.length = 0;
  };
  request(-1);
  const before = living();
  for (let index = 0; index < REQUESTS; index += 1) request(index);
  const kept = living() - before;
  expect(gateway.finished.map((record) => record.model)).toContain(model(REQUESTS - 1));
  expect(gateway.finished.every(({ attempts }) => attempts.length === 1)).toBe(true);
  expect(gateway.held()).toEqual(nothingHeld);
  expect(kept).toBeLessThan((REQUESTS / 4) * LENGTH);
});
