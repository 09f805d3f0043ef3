import { createLogger } from '#libs/telemetry';
import { FakeClock } from '#libs/testing';
import { AuditHeadExport } from './audit-head-export.js';

const headOf = (id: number) => ({ id, hash: 'ab'.repeat(32), key: '0123456789abcdef', mac: 'cd'.repeat(32) });

test('the head is read every minute and logged whole at the start, every hour and at the end', async () => {
  const clock = new FakeClock();
  let id = 1;
  const lines: { auditHead?: object; msg: string }[] = [];
  const logger = createLogger({
    name: 'test',
    level: 'info',
    destination: { write: (line: string) => void lines.push(JSON.parse(line) as never) },
  });
  const heads = new AuditHeadExport({
    audit: { head: () => Promise.resolve(headOf(id)) },
    clock,
    logger,
  });
  expect(heads.lastId).toBeUndefined();
  await heads.start();
  id = 2;
  await clock.advanceAsync(59_999);
  expect(heads.lastId).toBe(1);
  await clock.advanceAsync(1);
  expect(heads.lastId).toBe(2);
  await clock.advanceAsync(3_600_000 - 60_000);
  id = 3;
  await heads.stop();
  expect(lines.map(({ auditHead }) => auditHead)).toEqual([headOf(1), headOf(2), headOf(3)]);
  await clock.advanceAsync(3_600_000);
  expect(lines).toHaveLength(3);
});
