import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { RecordingSink } from '../testing/recording-sink.js';
import { readAnswer } from './answer/read-answer.js';
import { ChatRequest } from './request/chat-request.js';
import { RequestFault } from '../request/request-fault.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What V8 remembers weakly, such as the shape of a parsed object, goes only after several. */
function collectGarbage(): void {
  for (let round = 0; round < 4; round += 1) collect();
}

const LENGTH = 250_000;
const filling = 'x'.repeat(LENGTH);

/** Bytes of the heap that go on living with what `keep` returns, for thirty texts of a quarter of a megabyte each. */
function retained(keep: (index: number) => unknown): number {
  const kept: unknown[] = [keep(-1)];
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < 30; index += 1) kept.push(keep(index));
  collectGarbage();
  const after = process.memoryUsage().heapUsed;
  expect(kept).toHaveLength(31);
  return after - before;
}

function requestOf(members: object): ChatRequest {
  const request = ChatRequest.read(Buffer.from(JSON.stringify(members)), []);
  if (request instanceof RequestFault) throw new Error(request.message);
  return request;
}

function answered(answer: string, stream: boolean): RecordingSink {
  const sink = new RecordingSink();
  const request = requestOf({ model: 'm', messages: [], stream });
  const type = stream ? 'text/event-stream' : 'application/json';
  const head = { status: 200, headers: ['content-type', type] };
  const reader = readAnswer(request, head, sink, { maxAnswerBytes: 4 * LENGTH, maxEventBytes: 4 * LENGTH });
  if ('kind' in reader) throw new Error(reader.kind);
  reader.push(Buffer.from(answer));
  reader.end();
  return sink;
}

describe('what is kept of a request or an answer keeps none of its bytes', () => {
  it("the model's name", () => {
    const messages = [{ role: 'user', content: filling }];
    const kept = retained((index) => requestOf({ model: `a-rather-long-model-name-${index}`, messages }).model);
    expect(kept).toBeLessThan(5 * LENGTH);
  });

  it('the parameter and the words of a fault', () => {
    const kept = retained((index) => {
      const long = `a-rather-long-parameter-${index}`;
      const body = `{"model":"m","messages":[],"x":"${filling}","${long}":1,"${long}":2}`;
      return ChatRequest.read(Buffer.from(body), []);
    });
    expect(kept).toBeLessThan(5 * LENGTH);
  });

  it('the names of what a translation leaves out', () => {
    const kept = retained((index) => {
      const neutral = requestOf({ model: 'm', messages: [], [`${index}${filling}`]: 1 }).neutral();
      return neutral instanceof RequestFault ? undefined : neutral.dropped;
    });
    expect(kept).toBeLessThan(5 * LENGTH);
  });

  it('the finish reason and the usage of a plain answer', () => {
    const kept = retained((index) => {
      const choices = [
        {
          message: { content: filling },
          finish_reason: `a_rather_long_finish_reason_${'z'.repeat(index + 1)}`.slice(0, 40),
        },
      ];
      const { finished, lastUsage } = answered(JSON.stringify({ choices, usage: { prompt_tokens: index } }), false);
      expect(finished).toContain('a_rather_long');
      return { finished, lastUsage };
    });
    expect(kept).toBeLessThan(5 * LENGTH);
  });

  it('the finish reason and the error of a stream', () => {
    const kept = retained((index) => {
      const text = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: filling }, finish_reason: 'a_rather_long_finish_reason' }] })}\n\n`;
      const error = `data: {"error":{"message":"a rather long message ${index}"}}\n\n`;
      const { finished } = answered(`${text}data: [DONE]\n\n`, true);
      const { failed } = answered(text + error, true);
      expect(failed?.kind).toBe('Error');
      return { finished, failed };
    });
    expect(kept).toBeLessThan(5 * LENGTH);
  });
});
