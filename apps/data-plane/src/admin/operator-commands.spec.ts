import type { Action } from '#libs/control-protocol';
import type { KeyPoolEntry } from '#libs/routing-table';
import { OperatorCommands } from './operator-commands.js';
import type { Reset } from './resettable-state.js';

const breaker: Action = { type: 'ResetBreaker', namespace: 'default', provider: 'alpha', model: 'meta/small' };
const cooldown: Action = { type: 'ResetCooldown', namespace: 'default', pool: 'main', key: 'first' };
const pool = { keys: [{ name: 'first', credential: 'default/secret/entry' }] } as unknown as KeyPoolEntry;

describe('OperatorCommands', () => {
  let asked: string[];
  let outcome: () => Reset;
  let logged: object[];
  let commands: OperatorCommands;

  beforeEach(() => {
    [asked, logged] = [[], []];
    outcome = () => ({ result: 'Reset', message: 'it was open' });
    const log = (line: object) => void logged.push(line);
    const state = {
      resetBreaker: (id: string) => (asked.push(`breaker ${id}`), outcome()),
      resetCooldown: (id: string) => (asked.push(`cooldown ${id}`), outcome()),
    };
    const table = { keyPool: (key: string) => (key === 'default/main' ? pool : undefined) };
    commands = new OperatorCommands({ state, tables: { current: table }, logger: { info: log, error: log } as never });
  });

  it('reset the breaker of a model, and the pause of the credential that a key stands for', () => {
    const answer = { type: 'commandAnswer', result: 'Reset', message: 'it was open' };
    expect(commands.handle({ type: 'command', id: '1', action: breaker })).toEqual({ ...answer, id: '1' });
    expect(commands.handle({ type: 'command', id: '2', action: cooldown })).toEqual({ ...answer, id: '2' });
    expect(asked).toEqual(['breaker default/alpha/meta/small', 'cooldown default/secret/entry']);
    expect(logged).toContainEqual({ command: '1', ...breaker, result: 'Reset' });
  });

  it('are done once, however often they come', () => {
    const first = commands.handle({ type: 'command', id: '1', action: breaker });
    outcome = () => ({ result: 'Unchanged', message: '' });
    expect(commands.handle({ type: 'command', id: '1', action: breaker })).toEqual(first);
    expect(asked).toHaveLength(1);
  });

  it('remember the last 256 alone', () => {
    for (let id = 0; id <= 256; id += 1) commands.handle({ type: 'command', id: `${id}`, action: breaker });
    commands.handle({ type: 'command', id: '1', action: breaker });
    expect(asked).toHaveLength(257);
    commands.handle({ type: 'command', id: '0', action: breaker });
    expect(asked).toHaveLength(258);
  });

  it.each([
    ['a pool', { ...cooldown, pool: 'other' }],
    ['a key', { ...cooldown, key: 'second' }],
  ] as const)('say of %s that the table does not name: unknown', (_what, action) => {
    expect(commands.handle({ type: 'command', id: '1', action })).toMatchObject({ result: 'Unknown' });
    expect(asked).toEqual([]);
  });

  it('that fail by a defect say so, without its words', () => {
    outcome = () => {
      throw new Error('canary');
    };
    const answer = commands.handle({ type: 'command', id: '1', action: breaker });
    expect(answer).toMatchObject({ result: 'Failed', message: expect.not.stringContaining('canary') as string });
  });
});
