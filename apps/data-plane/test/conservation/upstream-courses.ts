import { chunk, doneEvent, roleChunk, stopChunk, usageChunk } from '../support/scripted-upstream.js';
import type { VirtualCall } from '../support/virtual-gateway.js';

/** What an upstream does next with a call, and how long after the step before. */
type Step = readonly [afterMs: number, act: (call: VirtualCall) => void];

const json = 'application/json';
const sse = 'text/event-stream';
const answer = '{"choices":[{"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}';

/** A call's whole course: `steps` that each wait for the one before; after the last nothing more comes. */
export type Course = readonly Step[];

/** A course as chance has it: well in most cases, and everything that can go wrong in the others. */
export function courseOf(stream: boolean, random: () => number): Course {
  const upTo = (ms: number): number => random() * ms;
  // Several steps in the same moment come before the first timer, and even before `send` returns.
  const soon = random() < 0.1 ? 0 : upTo(40);
  const sent: Step = [soon, (call) => call.sent()];
  const head = (status: number, type: string): Step => [soon === 0 ? 0 : upTo(300), (call) => call.head(status, type)];
  const data = (text: string, withinMs = 60): Step => [soon === 0 ? 0 : upTo(withinMs), (call) => call.data(text)];
  const end: Step = [soon === 0 ? 0 : upTo(20), (call) => call.end()];
  const fail: Step = [soon === 0 ? 0 : upTo(20), (call) => call.fail()];
  const words = Array.from({ length: Math.floor(upTo(6)) }, () => data(chunk({ content: 'x' })));
  const refused = (status: number): Course => [sent, head(status, json), data('{"error":{"message":"x"}}'), end];
  const streamed = [sent, head(200, sse), data(roleChunk), ...words];
  const whole: Course = stream
    ? [...streamed, data(stopChunk), data(usageChunk), data(doneEvent), end]
    : [sent, head(200, json), data(answer.slice(0, 30)), data(answer.slice(30)), end];

  const courses: readonly (readonly [weight: number, course: Course])[] = [
    [100, whole],
    [3, [fail]],
    [2, [sent, fail]],
    [3, refused(429)],
    [1, refused(401)],
    [3, refused(500)],
    [1, refused(400)],
    [1, [sent, head(503, json)]],
    // Silence at each place: only timers help.
    [1, []],
    [1, [sent]],
    [1, [sent, head(200, stream ? sse : json)]],
    [2, whole.slice(0, Math.floor(upTo(whole.length)))],
    [2, [...whole.slice(0, Math.floor(upTo(whole.length))), fail]],
    [2, [...whole.slice(0, Math.floor(upTo(whole.length))), end]],
    [1, [sent, head(200, stream ? json : sse), data(answer), end]],
    [1, [sent, head(200, 'text/html'), data('<html>'), end]],
    [1, [...streamed, data('data: <html>\n\n'), data(doneEvent), end]],
    [1, [...streamed, data('data: {"error":{"message":"x"}}\n\n'), end]],
    // Slower than the idle limit now and then.
    [2, [...streamed, ...words.map(() => data(chunk({ content: 'y' }), 2_500)), data(stopChunk), data(doneEvent), end]],
    // It has said all, and never ends.
    [1, [...streamed, data(stopChunk), data(doneEvent)]],
  ];
  let at = random() * courses.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, course] of courses) {
    at -= weight;
    if (at < 0) return course;
  }
  return whole;
}
