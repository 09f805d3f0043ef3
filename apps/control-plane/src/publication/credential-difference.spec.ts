import { credentialDifference } from './credential-difference.js';

const values = new Map([
  ['a', { version: '1', value: 'A' }],
  ['b', { version: '2', value: 'B' }],
]);
const valueOf = (id: string) => values.get(id);

describe('credentialDifference', () => {
  it('tells a new data plane all that its table names, and that this is all', () => {
    expect(credentialDifference(undefined, ['a', 'unknown'], valueOf)).toEqual({
      message: { type: 'credentials', complete: true, values: [{ id: 'a', version: '1', value: 'A' }], revoked: [] },
      known: new Map([['a', '1']]),
    });
  });

  it('tells a new data plane even that there is nothing: it may hold what was revoked meanwhile', () => {
    expect(credentialDifference(undefined, [], valueOf)?.message.complete).toBe(true);
  });

  it('is nothing where nothing changed', () => {
    expect(credentialDifference(new Map([['a', '1']]), ['a'], valueOf)).toBeUndefined();
  });

  it('tells what is new, what has another version, and what is named no longer', () => {
    const known = new Map([
      ['a', '0'],
      ['c', '3'],
    ]);
    expect(credentialDifference(known, ['a', 'b'], valueOf)?.message).toEqual({
      type: 'credentials',
      complete: false,
      values: [
        { id: 'a', version: '1', value: 'A' },
        { id: 'b', version: '2', value: 'B' },
      ],
      revoked: ['c'],
    });
  });

  it('revokes what the table still names and no Secret holds', () => {
    expect(credentialDifference(new Map([['gone', '1']]), ['gone'], valueOf)?.message.revoked).toEqual(['gone']);
  });
});
