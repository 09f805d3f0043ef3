import { createLogger, type Logger, MASK } from '../index.js';

function captured(): { log: Logger; lines: () => Record<string, unknown>[]; text: () => string } {
  let text = '';
  const log = createLogger({
    name: 'test',
    level: 'debug',
    destination: {
      write: (line: string) => {
        text += line;
      },
    },
  });
  const lines = () =>
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { log, lines, text: () => text };
}

it('writes a line of JSON with level, ISO time, name and fields', () => {
  const { log, lines } = captured();
  log.info({ trace_id: 'a', revision: 7 }, 'Served');
  expect(lines()).toEqual([
    expect.objectContaining({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      name: 'test',
      trace_id: 'a',
      revision: 7,
      msg: 'Served',
    }),
  ]);
});

it.each([
  ['authorization', { authorization: 'plain' }],
  ['a header of any case', { request: { headers: { 'X-API-Key': 'plain', 'Set-Cookie': ['plain'] } } }],
  ['camel and snake case', { apiKey: 'plain', api_key: 'plain', clientSecret: 'plain' }],
  ['deep nesting', { a: { b: [{ c: { d: { token: 'plain' } } }] } }],
  ["a Secret object's payload", { object: { kind: 'Secret', stringData: { key: 'plain' }, data: { key: 'plain' } } }],
  ['a map', { headers: new Map([['x', { password: 'plain' }]]) }],
  ['bytes', { body: Buffer.from('plain') }],
])('masks by the name of a field: %s', (_name, fields) => {
  const { log, text } = captured();
  log.info(fields, 'message');
  log.child(fields).info('from a child');
  expect(text()).not.toContain('plain');
});

it('masks planted secrets in messages, fields, errors, causes and stacks', () => {
  const canaries = Array.from({ length: 20 }, (_, i) => `sk-canary${i}${'x'.repeat(20)}`);
  const { log, text, lines } = captured();
  for (const [i, canary] of canaries.entries()) {
    const cause = new Error(`inner\n${canary}`);
    const error = Object.assign(new TypeError(`outer Bearer ${canary}`, { cause }), {
      code: 'EREFUSED',
      config: { headers: { authorization: canary }, body: canary },
    });
    log.error({ err: error, step: i }, `failed with ${canary}`);
    log.error(error);
    log.warn({ nested: { reason: `said "${canary}"`, error } }, 'nested');
    log.child({ note: canary }).info('child');
    log.info('formatted %s', canary);
  }
  for (const canary of canaries) expect(text()).not.toContain(canary);
  expect(text()).toContain(MASK);
  expect(lines()[0]).toMatchObject({
    err: { type: 'TypeError', code: 'EREFUSED', message: `outer Bearer ${MASK}`, cause: { type: 'Error' } },
  });
});

it('survives what is deep, cyclic or large', () => {
  const { log, lines } = captured();
  const cyclic: Record<string, unknown> = { count: 1n };
  cyclic['self'] = cyclic;
  log.info({ cyclic, many: Array.from({ length: 10_000 }, () => 1) }, 'odd');
  expect(lines()[0]).toMatchObject({ msg: 'odd', cyclic: { count: '1' } });
  expect(lines()[0]?.['many']).toHaveLength(200);
});
