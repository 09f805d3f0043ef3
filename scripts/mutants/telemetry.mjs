/** Protections of tracing, metrics and request logs. */
const otlp = 'libs/telemetry/src/otlp';
const queue = `${otlp}/span-queue.ts`;
const queueSpec = `${otlp}/span-queue.spec`;

export default [
  {
    name: 'spans are written in the turn of the request that ends',
    file: queue,
    find: 'if (this.items.push(item) === 1) this.later(this.encode);',
    replace: 'if (this.items.push(item) === 1) this.encode();',
    suite: queueSpec,
  },
  {
    name: 'finished requests that wait for their turn are without bound',
    file: queue,
    find: 'this.items.length >= MAX_ITEMS || ',
    replace: '',
    suite: queueSpec,
  },
  {
    name: 'spans for a backend that is away are without bound',
    file: queue,
    find: ' || this.waitingBytes + this.writer.length >= MAX_BYTES',
    replace: '',
    suite: queueSpec,
  },
  {
    name: 'bytes of an export that is over go on counting',
    file: queue,
    find: 'this.waitingBytes -= request.length;',
    replace: '',
    suite: queueSpec,
  },
  {
    name: 'a request that cannot be written leaves half a span',
    file: queue,
    find: 'writer.truncate(start);',
    replace: '',
    suite: queueSpec,
  },
  {
    name: 'exports of a slow backend pile up',
    file: queue,
    find: 'if (!this.sending) this.sendNext();',
    replace: 'this.sendNext();',
    suite: queueSpec,
  },
  {
    name: 'what the process leaves unsent is counted twice',
    file: queue,
    find: 'if (this.abandoned) return;',
    replace: '',
    suite: queueSpec,
  },
  {
    name: 'a queue that overflows is a line for each export',
    file: `${otlp}/export-tally.ts`,
    find: ' || this.nowMs() < this.overflowLineDueMs',
    replace: '',
    suite: queueSpec,
  },
  {
    name: 'spans that a backend refused count as exported',
    file: `${otlp}/otlp-sender.ts`,
    find: 'rejected = response.partialSuccess?.rejectedSpans ?? 0;',
    replace: '',
    suite: 'libs/telemetry/src/tracing/telemetry.spec',
  },
  {
    name: 'the refusal of one batch is counted against the next',
    file: `${otlp}/otlp-sender.ts`,
    find: '        rejected = 0;\n',
    replace: '',
    suite: 'libs/telemetry/src/tracing/telemetry.spec',
  },
  {
    name: 'a shutdown forgets the spans of finished requests',
    file: 'libs/telemetry/src/tracing/otlp-tracing.ts',
    find: ', ...queues.map((queue) => queue.flush())',
    replace: '',
    suite: 'libs/telemetry/src/tracing/telemetry.spec',
  },
  {
    name: 'a text of any length goes into a span',
    file: `${otlp}/attribute-writer.ts`,
    find: 'text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) : text',
    replace: 'text',
    suite: 'data-plane/src/reporting/request-spans.spec',
  },
  {
    name: 'a message that grows the buffer loses its start',
    file: `${otlp}/protobuf-writer.ts`,
    find: '    this.reserve(MAX_VARINT);\n    const at',
    replace: '    const at',
    suite: `${otlp}/protobuf-writer.spec`,
  },
  {
    name: 'callers select as many spans as they like',
    file: 'apps/data-plane/src/reporting/span-selection.ts',
    find: 'isMarked(record) && this.marked.admits(record.endedMs)',
    replace: 'isMarked(record)',
    suite: 'data-plane/src/reporting/span-selection.spec',
  },
  {
    name: 'whoever has no key uses up what callers may select',
    file: 'apps/data-plane/src/reporting/span-selection.ts',
    find: "parentSampled && consumer !== ''",
    replace: 'parentSampled',
    suite: 'data-plane/src/reporting/span-selection.spec',
  },
];
