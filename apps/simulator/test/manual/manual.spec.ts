import { fileURLToPath } from 'node:url';
import { expectGolden } from '#libs/testing';
import { faults } from '../../src/faults/registry.js';
import { behaviourSchema, type FaultType, faultTypes } from '../../src/provider/behaviour.js';
import { RunningSimulator } from '../support/running-simulator.js';
import { parseCurl, type Reply, run } from './curl.js';
import { faultManuals } from './faults.js';
import { behaviourFields, faultFields, keyFields, simulatorPage } from './page.js';

let simulator: RunningSimulator;
let origin: string;

beforeAll(async () => {
  simulator = await RunningSimulator.start();
  ({ origin } = simulator);
});
afterAll(() => simulator.stop());
beforeEach(async () => {
  await fetch(`${origin}/_control/reset`, { method: 'POST' });
});

it('docs/simulator.md is what these tests run', () => {
  expectGolden(fileURLToPath(new URL('../../../../docs/simulator.md', import.meta.url)), simulatorPage());
});

/** The page's `### ` sections with their curl lines. */
const sections = simulatorPage()
  .split(/^### /m)
  .slice(1)
  .map((text) => ({
    heading: text.slice(0, text.indexOf('\n')),
    lines: (/^```sh\n(.*?)^```/ms.exec(text)?.[1] ?? '').trim().split('\n'),
  }));

async function runLine(line: string): Promise<Reply> {
  return run(parseCurl(line.replaceAll('http://127.0.0.1:7072', origin)), async (body) => {
    const response = await fetch(`${origin}/_control/providers/alpha/calls`);
    const { received, calls } = (await response.json()) as { received: number; calls: { fault?: string }[] };
    return received > 0 && (calls.at(-1)?.fault === 'StallFirstByte' || body.includes('"content":"alpha '));
  });
}

const contentOf = ({ body }: Reply): string => JSON.parse(body).choices[0].message.content;

const checks: Readonly<Record<string, (replies: readonly Reply[]) => void>> = {
  'A text': ([text]) => expect(contentOf(text!)).toBe('alpha heard: one two three'),
  'A stream': ([stream]) => {
    expect(stream!.body).toMatch(/^data: \{.*data: \[DONE\]\n\n$/s);
    expect(stream!.body).toContain('"usage":{"prompt_tokens":');
  },
  'Calls of tools': ([call, text]) => {
    const [{ function: called }] = JSON.parse(call!.body).choices[0].message.tool_calls;
    expect([called.name, JSON.parse(called.arguments)]).toEqual(['get_weather', { city: expect.any(String) }]);
    expect(contentOf(text!)).toBe('alpha: get_weather said 21 degrees');
  },
  'A given form': ([answer]) => {
    const { high, sky } = JSON.parse(contentOf(answer!));
    expect(Number.isInteger(high) && high >= -10 && high <= 40).toBe(true);
    expect(['clear', 'cloudy']).toContain(sky);
  },
  'Slow, short of breath, and with few keys': ([set, first, second]) => {
    expect(JSON.parse(set!.body)).toMatchObject({ latencyMs: 50, tokensPerSecond: 200, answerTokens: 12 });
    expect(JSON.parse(first!.body).usage.completion_tokens).toBe(12);
    expect(first!.headers.get('x-ratelimit-remaining-requests')).toBe('0');
    expect(second!.status).toBe(429);
  },
  'What it was asked': ([, calls]) => {
    expect(JSON.parse(calls!.body)).toMatchObject({ received: 1, calls: [{ model: 'sim-small', status: 200 }] });
  },
  'Everything back': ([reset]) => expect(JSON.parse(reset!.body)).toEqual({ reset: true }),
  'Only some requests': ([, first, second]) => expect([first!.status, second!.status]).toEqual([500, 200]),
  ...Object.fromEntries(
    Object.entries(faultManuals).map(([type, { check }]) => [
      type,
      ([set, reply]: readonly Reply[]) => {
        expect(JSON.parse(set!.body).faults[0].type).toBe(type);
        check(reply!);
      },
    ]),
  ),
};

it('every section of the page is run, and nothing else', () => {
  expect(sections.map(({ heading }) => heading)).toEqual(Object.keys(checks));
});

it.each(sections)('$heading', async ({ heading, lines }) => {
  const replies: Reply[] = [];
  for (const line of lines) replies.push(await runLine(line));
  checks[heading]?.(replies);
  expect.hasAssertions();
});

it('the page has the faults that there are, and the fields', () => {
  const headings = sections.map(({ heading }) => heading).filter((heading) => heading in faults);
  expect(headings).toEqual([...faultTypes]);
  expect(Object.keys(faultManuals)).toEqual(Object.keys(faults) satisfies string[] as FaultType[]);
  const { shape } = behaviourSchema;
  expect(Object.keys(behaviourFields)).toEqual(Object.keys(shape));
  expect(Object.keys(keyFields)).toEqual(Object.keys(shape.defaultLimits.unwrap().shape));
  expect(['type', ...Object.keys(faultFields)]).toEqual(Object.keys(shape.faults.unwrap().element.shape));
});
