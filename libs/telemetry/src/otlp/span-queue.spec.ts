import { SpanKind } from '@opentelemetry/api';
import { decodeTraces, FakeClock } from '#libs/testing';
import { createLogger } from '../logging/logger.js';
import { ExportTally } from './export-tally.js';
import { type SendResult, type SpanProjection, SpanQueue } from './span-queue.js';
import { TraceRequest } from './trace-request.js';

/** A piece of work with its number of spans; a negative one can't be written. */
interface Work {
  readonly name: string;
  readonly spans: number;
}

const projection: SpanProjection<Work> = {
  count: ({ spans }) => Math.abs(spans),
  write({ name, spans }, writer) {
    written++;
    for (let i = 0; i < Math.abs(spans); i++) {
      const [traceId, spanId] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
      writer.start({ name, kind: SpanKind.SERVER, traceId, spanId, parentSpanId: '', startMs: 1, endMs: 2 });
      if (spans < 0) throw new Error('cannot be written');
      writer.end('', false);
    }
  },
};

let written: number;
let clock: FakeClock;
let turns: (() => void)[];
let sent: { names: string[]; done: (result: SendResult) => void }[];
let lines: Record<string, unknown>[];
let tally: ExportTally;
let queue: SpanQueue<Work>;

beforeEach(() => {
  written = 0;
  clock = new FakeClock();
  turns = [];
  sent = [];
  lines = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  tally = new ExportTally(createLogger({ name: 'test', level: 'info', destination }), clock.nowMs);
  queue = new SpanQueue({
    projection,
    request: new TraceRequest({ 'service.name': 'test' }, { name: 'scope', version: '1' }),
    send: (request, spans, done) => {
      const names = decodeTraces(request).map(({ name }) => name);
      expect(names).toHaveLength(spans);
      sent.push({ names, done });
    },
    tally,
    clock,
    delayMs: 5_000,
    later: (turn) => void turns.push(turn),
  });
});

/** The event loop's next turn. */
const turn = (): void => turns.splice(0).forEach((action) => action());
const add = (count: number, name = 'work', spans = 1): void => {
  for (let i = 0; i < count; i++) queue.add({ name, spans });
};
/** Answers the oldest request that waits for it. */
const answer = (result: SendResult = {}): void => sent.shift()!.done(result);
const lineTexts = (): unknown[] => lines.map(({ level, msg }) => [level, msg]);

it('writes nothing in the turn that adds, and sends what came together once the delay is over', () => {
  add(3);
  expect(turns).toHaveLength(1);
  expect(written).toBe(0);
  turn();
  expect(written).toBe(3);
  clock.advance(4_999);
  expect(sent).toHaveLength(0);
  clock.advance(1);
  expect(sent.map(({ names }) => names.length)).toEqual([3]);
  expect(clock.pendingTimers).toBe(0);
});

it('sends at once what fills a batch, and holds no item beyond its turn', () => {
  add(300, 'pair', 2);
  turn();
  expect(sent.map(({ names }) => names.length)).toEqual([512]);
  expect(queue['items']).toHaveLength(0);
  expect(queue.pendingSpans).toBe(600);
  answer();
  clock.advance(5_000);
  expect(sent.map(({ names }) => names.length)).toEqual([88]);
  answer();
  expect([queue.pendingSpans, tally.exportedSpans, tally.droppedSpans]).toEqual([0, 600, 0]);
});

it('sends one request at a time, in order', () => {
  add(512, 'first');
  add(512, 'second');
  turn();
  expect(sent.map(({ names }) => names[0])).toEqual(['first']);
  answer();
  expect(sent.map(({ names }) => names[0])).toEqual(['second']);
});

it('drops what the next turn has no room for, exactly that, and says so once there is room again', () => {
  add(2_048 + 10);
  expect([tally.droppedSpans, queue.pendingSpans]).toEqual([10, 2_048]);
  turn();
  for (let i = 0; i < 4; i++) answer();
  expect(tally.exportedSpans).toBe(2_048);
  expect(lines).toEqual([expect.objectContaining({ level: 'warn', droppedSpans: 10 })]);
});

it('holds at most 8 MiB for a backend that is away, drops and counts the rest, and recovers', () => {
  const large = 'x'.repeat(1_000);
  for (let i = 0; i < 20; i++) {
    add(1_000, large);
    turn();
  }
  const held = queue.pendingSpans;
  expect(held).toBeGreaterThan(7_000);
  // What was let in before the bound was reached is one turn's at most.
  expect(held).toBeLessThan(8_192 + 1_000);
  expect(tally.droppedSpans).toBe(20_000 - held);
  answer({ error: new Error('away') });
  expect(tally.droppedSpans).toBe(20_000 - held + 512);
  while (sent.length > 0) answer();
  clock.advance(5_000);
  if (sent.length > 0) answer();
  expect([queue.pendingSpans, tally.exportedSpans]).toEqual([0, held - 512]);
  expect(lineTexts()).toEqual([
    ['warn', expect.stringMatching(/cannot be exported/)],
    ['info', 'traces are exported again'],
    ['warn', expect.stringMatching(/more were waiting/)],
  ]);
  add(1);
  turn();
  expect(queue.pendingSpans).toBe(1);
});

it('says that spans were dropped once a minute at most', () => {
  const overflow = (): void => {
    add(2_048 + 1);
    turn();
    while (sent.length > 0) answer();
  };
  overflow();
  clock.advance(59_999);
  overflow();
  expect(lines).toHaveLength(1);
  clock.advance(1);
  overflow();
  expect(lines.map(({ droppedSpans }) => droppedSpans)).toEqual([1, 2]);
});

it('counts what a backend refused of a batch that it took, with its reason', () => {
  add(512);
  turn();
  answer({ rejected: 12, reason: 'too old' });
  expect([tally.exportedSpans, tally.droppedSpans]).toEqual([500, 12]);
  expect(lines).toEqual([
    expect.objectContaining({ level: 'warn', err: expect.objectContaining({ message: 'too old' }) }),
  ]);
});

it('leaves out what cannot be written, whole, and nothing else', () => {
  add(1, 'before');
  add(1, 'broken', -2);
  add(1, 'after');
  turn();
  clock.advance(5_000);
  expect(sent.map(({ names }) => names)).toEqual([['before', 'after']]);
  answer();
  expect([queue.pendingSpans, tally.exportedSpans, tally.droppedSpans]).toEqual([0, 2, 2]);
});

it('flushes what no turn has seen yet, and waits for the answer', async () => {
  let flushed = false;
  add(3);
  const flush = queue.flush().then(() => (flushed = true));
  expect(sent[0]?.names).toHaveLength(3);
  await Promise.resolve();
  expect(flushed).toBe(false);
  answer();
  await flush;
  await queue.flush();
  // The turn that was asked for finds nothing left to do.
  turn();
  expect(sent).toHaveLength(0);
});

it('counts what is left once, when it is abandoned', () => {
  add(512);
  turn();
  add(5);
  queue.abandon();
  queue.add({ name: 'late', spans: 1 });
  answer({ error: new Error('cut off') });
  expect([queue.pendingSpans, tally.droppedSpans, tally.exportedSpans]).toEqual([0, 518, 0]);
  expect(lines).toEqual([]);
});

it('sends nothing after it was abandoned, and leaves no timer', () => {
  add(3, 'written');
  turn();
  add(2, 'noted');
  queue.abandon();
  turn();
  expect([clock.pendingTimers, tally.droppedSpans]).toEqual([0, 5]);
  clock.advance(5_000);
  expect([sent.length, queue.pendingSpans, tally.droppedSpans]).toEqual([0, 0, 5]);
});
