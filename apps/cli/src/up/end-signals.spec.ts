import { EventEmitter } from 'node:events';
import { onEndSignals } from './end-signals.js';

function listen() {
  const source = new EventEmitter();
  const clock = { nowMs: 0 };
  const counts: number[] = [];
  const release = onEndSignals(
    source,
    () => clock.nowMs,
    (count) => counts.push(count),
  );
  return { source, clock, counts, release };
}

test('one Ctrl-C that arrives twice, through the terminal and through npm, is one', () => {
  const { source, clock, counts } = listen();
  source.emit('SIGINT');
  clock.nowMs = 40;
  source.emit('SIGINT');
  expect(counts).toEqual([1]);
});

test('the next press is the second', () => {
  const { source, clock, counts } = listen();
  source.emit('SIGINT');
  clock.nowMs = 1_000;
  source.emit('SIGTERM');
  source.emit('SIGTERM');
  expect(counts).toEqual([1, 2]);
});

test('after the release the handlers are gone', () => {
  const { source, release } = listen();
  release();
  expect(source.eventNames()).toEqual([]);
});
