import { faultManuals } from './faults.js';

const origin = 'http://127.0.0.1:7072';
const provider = `${origin}/_control/providers/alpha`;
const headers = "-H 'authorization: Bearer any-key' -H 'content-type: application/json'";

export function chatLine(options: string, body: object): string {
  const whole = { model: 'sim-small', messages: [{ role: 'user', content: 'one two three' }], ...body };
  return `curl ${options} ${origin}/alpha/v1/chat/completions ${headers} -d '${JSON.stringify(whole)}'`;
}

const block = (...lines: string[]): string => `\`\`\`sh\n${lines.join('\n')}\n\`\`\`\n`;

const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};
const asked = [{ role: 'user', content: 'Get weather in Paris' }];

const askLines = {
  Plain: chatLine('-i', {}),
  Stream: chatLine('-iN', { stream: true }),
  EndlessStream: chatLine('-iN --max-time 2', { stream: true }),
};

/** Fields of a behaviour, and of a fault besides its type: a test holds them equal to the schema's. */
export const behaviourFields = {
  models: ['`["sim-small", "sim-large"]`', 'The models that it serves; others are 404.'],
  latencyMs: ['0', 'Milliseconds from the request to the first byte.'],
  tokensPerSecond: ['0', "A stream's pace after its first token; 0: all at once, one write a frame."],
  answerTokens: ['', 'Length of a text in tokens; absent: as it comes out.'],
  keys: ['', 'Accepted API keys and their limits; absent: any key, without limits.'],
  defaultLimits: ['', "Limits of keys that `keys` doesn't name."],
  faults: ['`[]`', 'What goes wrong: the first that applies to a request strikes.'],
} as const;
export const keyFields = {
  requestsPerMinute: ['', 'Requests in a fixed window of a minute.'],
  tokensPerMinute: ['', 'Tokens of prompt and answer in the same window.'],
  concurrency: ['', 'Requests at a time.'],
  revoked: ['`false`', 'Answers 401, as a revoked key does.'],
} as const;
export const faultFields = {
  model: ['', 'Only requests for this model.'],
  key: ['', 'Only requests with this API key.'],
  count: ['', 'Only the next so many requests; absent: until the behaviour is set anew.'],
  percent: ['100', 'The share of requests that it strikes, drawn from a seeded source.'],
  status: ['', '`Status`, `HTML`, `Redirect`: the status to answer.'],
  afterTokens: ['1', 'Streams: tokens sent before it strikes.'],
  retryAfter: ['', '`RateLimited`: the value of `retry-after`.'],
  retryAfterMs: ['', '`RateLimited`: the value of `retry-after-ms`.'],
  location: ['', '`Redirect`: the address.'],
  bytes: ['52428800', '`HugeFrame`, `GzipBomb`: size in bytes once expanded.'],
} as const;

function table(fields: Readonly<Record<string, readonly [string, string]>>): string {
  const rows = Object.entries(fields).map(([name, [value, meaning]]) => `| \`${name}\` | ${value} | ${meaning} |`);
  return `| Field | Default | Meaning |\n| --- | --- | --- |\n${rows.join('\n')}\n`;
}

/** The whole of docs/simulator.md. */
export function simulatorPage(): string {
  const faults = Object.entries(faultManuals).map(
    ([type, { effect, fields, ask }]) =>
      `### ${type}\n\n${effect}\n\n${block(
        `curl -s -X PUT ${provider} -d '${JSON.stringify({ faults: [{ type, ...fields }] })}'`,
        askLines[ask],
      )}`,
  );
  return [
    `# The simulator

This page is written from what the tests run: each \`curl\` line below is sent to a real simulator, and the effect of each fault is
asserted. After a change of the simulator run \`UPDATE_GOLDEN=1 npm test -- simulator/test/manual\`.

The simulator plays LLM providers in OpenAI's dialect, for the quickstart, for tests and for benchmarks. \`signalbox up\` starts
it; alone it is \`signalbox simulator\`, on port 7072 of the loopback address or \`SIGNALBOX_SIMULATOR_PORT\`. A provider comes into being when it is first named: its
base URL is \`${origin}/{name}/v1\`, and what it does wrong is set for it alone. Names are 1 to 63 of \`a-z\`, \`0-9\` and \`-\`.

## Answers
`,
    `### A text

The answer repeats the question. The same provider and request get the same answer. \`max_tokens\`, \`stop\` and \`n\` do what they do elsewhere, and
usage is counted: about four characters of a prompt are a token, and so is each word of an answer.

${block(chatLine('-s', {}))}`,
    `### A stream

${block(chatLine('-sN', { stream: true, stream_options: { include_usage: true } }))}`,
    `### Calls of tools

With \`tools\`, a question is answered with calls, their arguments made for each tool's JSON Schema (\`pattern\` excepted), and the results of calls with a text that
repeats them. Called are the tools that the question names (\`get_weather\` or "get weather"), or else the first. A question that asks for several (two,
both, three, several, parallel, four) gets as many calls, unless \`parallel_tool_calls\` is \`false\`. \`tool_choice\` is obeyed.

${block(
  chatLine('-s', { messages: asked, tools: [weather] }),
  chatLine('-s', {
    messages: [
      ...asked,
      {
        role: 'assistant',
        tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'call_1', content: '21 degrees' },
    ],
    tools: [weather],
  }),
)}`,
    `### A given form

\`response_format\` of type \`json_schema\` gets JSON that has the schema's form, \`json_object\` an object.

${block(
  chatLine('-s', {
    response_format: {
      type: 'json_schema',
      json_schema: {
        name: 'forecast',
        schema: {
          type: 'object',
          properties: { high: { type: 'integer', minimum: -10, maximum: 40 }, sky: { enum: ['clear', 'cloudy'] } },
          required: ['high', 'sky'],
        },
      },
    },
  }),
)}`,
    `## Control

| Request | Does |
| --- | --- |
| \`GET /_control/providers\` | Names the providers that exist. |
| \`GET /_control/providers/{name}\` | The provider's behaviour, defaults included. |
| \`PUT /_control/providers/{name}\` | Sets its behaviour; a field that is absent gets its default. An unknown or wrong field is 400, by its path. |
| \`DELETE /_control/providers/{name}\` | Back to the defaults, its calls forgotten. |
| \`GET /_control/providers/{name}/calls\` | How many requests it has received, and of the latest thousand: time, model, fault, status, whether the client left, and a fingerprint of the key. |
| \`POST /_control/reset\` | All providers back to the defaults. |
`,
    `### Slow, short of breath, and with few keys

${block(
  `curl -s -X PUT ${provider} -d '${JSON.stringify({ latencyMs: 50, tokensPerSecond: 200, answerTokens: 12, keys: { 'any-key': { requestsPerMinute: 1 } } })}'`,
  chatLine('-i', {}),
  chatLine('-i', {}),
)}`,
    `### What it was asked

${block(chatLine('-s', {}), `curl -s ${provider}/calls`)}`,
    `### Everything back

${block(`curl -s -X POST ${origin}/_control/reset`)}`,
    `## Behaviour\n\n${table(behaviourFields)}`,
    `Of a key:\n\n${table(keyFields)}`,
    `## Faults

Each is set by the first line and shows in the second. Every fault has \`type\`; \`model\`, \`key\`, \`count\` and \`percent\` say whom it strikes.

${table(faultFields)}`,
    `### Only some requests

The next request with this key fails, and the one after it doesn't.

${block(
  `curl -s -X PUT ${provider} -d '${JSON.stringify({ faults: [{ type: 'Status', key: 'any-key', count: 1 }] })}'`,
  askLines.Plain,
  askLines.Plain,
)}`,
    ...faults,
  ].join('\n');
}
