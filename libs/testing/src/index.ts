export { eventually, eventuallyPasses, type EventuallyOptions } from './eventually.js';
export { FakeClock } from './fake-clock.js';
export { timersOf } from './fake-timers.js';
export { expectGolden } from './golden-file.js';
export { seededRandom } from './seeded-random.js';
export type { ReceivedAttributes, ReceivedSpan } from './otlp/decode-traces.js';
export { OtlpReceiver } from './otlp/otlp-receiver.js';
export * from './stack/index.js';
