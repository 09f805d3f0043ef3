export { type Steepness, steepGrowth } from './cpu-growth.js';
export { eventually, eventuallyPasses, type EventuallyOptions } from './eventually.js';
export { FakeClock } from './fake-clock.js';
export { expectGolden } from './golden-file.js';
export { hostileShapes } from './hostile-texts.js';
export { seededRandom } from './seeded-random.js';
export { decodeTraces, type ReceivedAttributes, type ReceivedSpan } from './otlp/decode-traces.js';
export { OtlpReceiver } from './otlp/otlp-receiver.js';
export * from './stack/index.js';
