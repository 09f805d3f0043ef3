import { randomBytes } from 'node:crypto';
import { FakeClock } from '#libs/testing';
import { leading } from '../../test/leading.js';
import { MasterKeys } from '../encryption/master-keys.js';
import type { ObjectStore } from '../store/object-store.js';
import type { EncryptedRows, RewrapResult } from './encrypted-rows.js';
import { Reencryption, type ReencryptionOptions } from './reencryption.js';

const nothing: RewrapResult = { rewrapped: 0, failed: 0, skipped: 0 };
const current = new MasterKeys([randomBytes(32)]).current;

/** The times of the passes, by what each comes to; the last one's result is that of all that follow. */
function running(results: readonly RewrapResult[], reports = async (): Promise<(string | null)[]> => [current.id]) {
  const clock = new FakeClock(0);
  const passes: number[] = [];
  const annotations = { 'signalbox.dev/reencrypt-to': current.id };
  const reencryption = new Reencryption({
    rows: {
      rewrapAll: async () => {
        passes.push(clock.nowMs());
        return results[passes.length - 1] ?? results.at(-1)!;
      },
    } as unknown as EncryptedRows,
    replicas: {
      reports: async () =>
        (await reports()).map((encryptsUnder) => ({ replica: '', host: '', masterKeys: [], encryptsUnder })),
    },
    keys: { current } as unknown as ReencryptionOptions['keys'],
    store: { get: async () => ({ metadata: { annotations } }) } as unknown as ObjectStore,
    leader: { current: leading(1) },
    clock,
    random: () => 0.5,
    logger: { info: () => {}, warn: () => {} },
  });
  reencryption.start();
  return { clock, passes, reencryption };
}

test('once nothing is left it rests for a minute', async () => {
  const { clock, passes, reencryption } = running([nothing]);
  await clock.advanceAsync(80_000);
  expect(passes).toEqual([0, 60_000]);
  await reencryption.stop();
});

test('but not before every replica has said, before the pass, that it encrypts under the key', async () => {
  const said = [['another'], [current.id, null], [current.id, 'another'], [current.id, current.id]];
  let asked = 0;
  const { clock, passes, reencryption } = running([nothing], async () => {
    expect(passes).toHaveLength(asked);
    return said[Math.min(asked++, 3)]!;
  });
  await clock.advanceAsync(80_000);
  expect(passes).toEqual([0, 2_000, 4_000, 6_000, 66_000]);
  await reencryption.stop();
});

test('what somebody held is looked at again, and soon', async () => {
  const { clock, passes, reencryption } = running([
    ...Array.from({ length: 8 }, () => ({ ...nothing, skipped: 1 })),
    nothing,
  ]);
  await clock.advanceAsync(60_000);
  expect(passes).toEqual([0, 2_000, 4_000, 6_000, 8_000, 10_000, 12_000, 14_000, 16_000]);
  await reencryption.stop();
});
