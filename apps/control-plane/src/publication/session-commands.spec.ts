import { decodeFromControlPlane, type FromControlPlane, type Hello } from '#libs/control-protocol';
import { FakeClock } from '#libs/testing';
import type { DataPlaneOutcome } from '../commands/command-outcome.js';
import { SessionCommands } from './session-commands.js';

const hello: Hello = {
  type: 'hello',
  name: 'plane',
  uid: 'u',
  instance: 'i',
  schemaVersions: [1],
  software: 'signalbox/1',
};
const action = { type: 'ResetBreaker', namespace: 'default', provider: 'alpha', model: 'large' } as const;

describe('the commands of one session', () => {
  let clock: FakeClock;
  let sent: FromControlPlane[];
  let outcomes: DataPlaneOutcome[];

  beforeEach(() => {
    [clock, sent, outcomes] = [new FakeClock(), [], []];
  });
  const session = (known: Partial<Hello> = { commands: ['ResetBreaker'] }) =>
    new SessionCommands({
      hello: { ...hello, ...known },
      clock,
      send: (frame) => void sent.push(decodeFromControlPlane(frame)),
    });
  const answered = (outcome: DataPlaneOutcome) => void outcomes.push(outcome);
  const answer = (id: string) => ({ type: 'commandAnswer', id, result: 'Reset', message: 'it was open' }) as const;

  it('are sent, and answered once', () => {
    const commands = session();
    commands.send({ id: '1', action }, answered);
    expect(sent).toEqual([{ type: 'command', id: '1', action }]);
    commands.answered(answer('1'));
    commands.answered(answer('1'));
    expect(outcomes).toEqual([{ dataPlane: 'plane', result: 'Reset', message: 'it was open' }]);
  });

  it.each([{}, { commands: [] }, { commands: ['ResetCooldown'] }])(
    'are never sent to a data plane that does not know them: %j',
    (known) => {
      session(known).send({ id: '1', action }, answered);
      expect([sent, outcomes]).toEqual([[], [expect.objectContaining({ result: 'NotSupported' })]]);
      expect(outcomes[0]?.message).toContain('signalbox/1');
    },
  );

  it('are forgotten after their time: an answer that nobody waits for goes nowhere', () => {
    const commands = session();
    commands.send({ id: '1', action }, answered);
    clock.advance(5_000);
    commands.answered(answer('1'));
    expect(outcomes).toEqual([]);
  });
});
