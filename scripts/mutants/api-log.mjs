const server = 'apps/control-plane/src/api/server';

export default [
  {
    name: 'an outage of the database is not a line for each request',
    file: `${server}/failure-log.ts`,
    find: 'nowMs, everyMs: FAILURES_EVERY_MS, mostKeys: MOST_CAUSES }',
    replace: 'nowMs, everyMs: 0, mostKeys: MOST_CAUSES }',
    suite: `${server}/failure-log.spec`,
  },
  {
    name: 'ports and names in messages make no causes of their own',
    file: `${server}/failure-log.ts`,
    find: "return typeof inner.code === 'string' ? inner.code : String",
    replace: 'return String',
    suite: `${server}/failure-log.spec`,
  },
  {
    name: 'who is refused in a loop fills no disk',
    file: `${server}/failure-log.ts`,
    find: 'nowMs, mostKeys: MOST_REFUSALS }',
    replace: 'nowMs, everyMs: 0, mostKeys: MOST_REFUSALS }',
    suite: `${server}/failure-log.spec`,
  },
  {
    name: 'the API logs its failures through what bounds them',
    file: `${server}/reply.ts`,
    find: 'this.#failures = new FailureLog({ logger });',
    replace:
      'this.#failures = { answered: (_: unknown, err: unknown) => logger.error({ err }, "request failed") } as never;',
    suite: 'apps/control-plane/test/server.spec',
    build: true,
  },
];
