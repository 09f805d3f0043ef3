import { type ConnectedDataPlane, rollup, type Verdict } from './index.js';

const accepted: Verdict = {
  type: 'Accepted',
  status: 'True',
  reason: 'Accepted',
  message: 'The object is valid.',
  observedGeneration: 3,
};
const resolved: Verdict = { ...accepted, type: 'ResolvedRefs', reason: 'ResolvedRefs' };
const at = (name: string, acknowledgedRevision: number): ConnectedDataPlane => ({ name, acknowledgedRevision });

function judge(
  connected: readonly ConnectedDataPlane[],
  { compiled = [accepted, resolved], isCompiled = true } = {},
): Record<string, Verdict> {
  const verdicts = rollup({ compiled, compiledRevision: isCompiled ? 10 : undefined, fleet: { connected } });
  return Object.fromEntries(verdicts.map((verdict) => [verdict.type, verdict]));
}

describe('rollup', () => {
  it('keeps what compile said and adds Programmed and Ready of the same generation', () => {
    const verdicts = rollup({
      compiled: [accepted, resolved],
      compiledRevision: 1,
      fleet: { connected: [at('a', 1)] },
    });
    expect(verdicts.slice(0, 2)).toEqual([accepted, resolved]);
    expect(verdicts.map(({ type }) => type)).toEqual(['Accepted', 'ResolvedRefs', 'Programmed', 'Ready']);
    expect(verdicts.map(({ observedGeneration }) => observedGeneration)).toEqual([3, 3, 3, 3]);
  });

  it('is programmed and ready once every connected data plane acknowledged that revision or a later one', () => {
    const { Programmed, Ready } = judge([at('a', 10), at('b', 12)]);
    expect(Programmed).toMatchObject({
      status: 'True',
      reason: 'Programmed',
      message: 'Every connected data plane serves this generation.',
    });
    expect(Ready).toMatchObject({
      status: 'True',
      reason: 'Ready',
      message: 'Every connected data plane serves this generation as it is written.',
    });
  });

  it.each([
    [
      'a data plane lags',
      [at('a', 10), at('b', 9)],
      {},
      'Pending',
      'Not every connected data plane serves this generation yet; see the DataPlane objects.',
    ],
    [
      'a data plane has acknowledged nothing',
      [at('a', 0)],
      {},
      'Pending',
      'Not every connected data plane serves this generation yet; see the DataPlane objects.',
    ],
    [
      'the generation has not been compiled',
      [at('a', 10)],
      { isCompiled: false },
      'Pending',
      'This generation has not been compiled yet.',
    ],
    ['no data plane is connected', [], {}, 'NoDataPlanes', 'No data plane that serves a table is connected.'],
    [
      'data planes refused it: the first by name is quoted',
      [
        { ...at('b', 9), rejected: { revision: 11, reason: 'digest differs' } },
        { ...at('a', 9), rejected: { revision: 10, reason: 'bucket 7 is malformed' } },
      ],
      {},
      'Rejected',
      'DataPlane a refused the routing table and keeps the one before: bucket 7 is malformed.',
    ],
    [
      'the refused revision is older than the generation',
      [{ ...at('a', 8), rejected: { revision: 9, reason: 'digest differs' } }],
      {},
      'Pending',
      'Not every connected data plane serves this generation yet; see the DataPlane objects.',
    ],
  ])('is not programmed while %s', (_title, connected, options, reason, message) => {
    const { Programmed, Ready } = judge(connected, options);
    expect(Programmed).toMatchObject({ status: 'False', reason, message });
    expect(Ready).toMatchObject({ status: 'False', reason, message });
  });

  it('does not mind a refusal of what came after', () => {
    const { Programmed } = judge([{ ...at('a', 10), rejected: { revision: 11, reason: 'digest differs' } }]);
    expect(Programmed).toMatchObject({ status: 'True' });
  });

  it('is not programmed if it is not accepted, and is not ready for the reason that comes first', () => {
    const conflicted: Verdict = {
      ...accepted,
      status: 'False',
      reason: 'Conflicted',
      message: 'The policy can never win.',
    };
    const broken: Verdict = { ...resolved, status: 'False', reason: 'BackendNotFound', message: 'Gone.' };
    const { Programmed, Ready } = judge([at('a', 10)], { compiled: [conflicted, broken] });
    expect(Programmed).toMatchObject({ status: 'False', reason: 'NotAccepted' });
    expect(Ready).toMatchObject({ status: 'False', reason: 'Conflicted', message: 'The policy can never win.' });
  });

  it('is programmed but not ready with a reference missing', () => {
    const broken: Verdict = { ...resolved, status: 'False', reason: 'BackendNotFound', message: 'Gone.' };
    const { Programmed, Ready } = judge([at('a', 10)], { compiled: [accepted, broken] });
    expect(Programmed).toMatchObject({ status: 'True' });
    expect(Ready).toMatchObject({ status: 'False', reason: 'BackendNotFound', message: 'Gone.' });
  });
});
