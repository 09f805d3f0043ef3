import { chunk, doneEvent, stopChunk } from '../../test/support/scripted-upstream.js';
import { nothingHeld, VirtualGateway } from '../../test/support/virtual-gateway.js';
import { GatewayError } from '../errors/error-table.js';
import { routeRequest, identify } from '../pipeline/phases.js';
import { RequestRecord } from '../record/request-record.js';
import { servedAt } from '../surfaces/served-at.js';
import { API_KEY } from '../../test/support/entries.js';
import { Run } from './run.js';
import type { RunSubscriber } from './subscriber.js';

/** Writes down what it hears. */
class Follower implements RunSubscriber {
  readonly heard: string[] = [];
  isSlow = false;

  committed(): void {
    this.heard.push('committed');
  }

  write(text: string): boolean {
    this.heard.push(text);
    return !this.isSlow;
  }

  writeFrames(): boolean {
    this.heard.push('frames');
    return !this.isSlow;
  }

  ended(rest: string): void {
    this.heard.push(`${rest}ended`);
  }

  answered(status: number): void {
    this.heard.push(`answered ${status}`);
  }

  failed(error: GatewayError): void {
    this.heard.push(error.code);
  }

  fault(error: unknown): void {
    this.heard.push(String(error));
  }
}

/** A run without any client: somebody else waits for its answer. */
async function running(): Promise<{ gateway: VirtualGateway; run: Run; record: RequestRecord; first: Follower }> {
  const gateway = new VirtualGateway(1);
  await gateway.serve({ providers: [{ name: 'alpha', baseURL: 'http://alpha.test/v1' }] });
  const { runtime } = gateway;
  const headers = { authorization: `Bearer ${API_KEY}` };
  const { surface, operation } = servedAt(runtime.surfaces, 'POST', '/v1/chat/completions', headers)!;
  const table = runtime.tables.current!;
  const consumer = identify(table, headers);
  const request = surface.read(operation, headers, Buffer.from('{"model":"chat","stream":true,"messages":[]}'));
  if (consumer instanceof GatewayError || request instanceof GatewayError) throw new Error('refused');
  const routed = routeRequest(table, consumer, 'chat', headers, 0);
  if (routed instanceof GatewayError) throw new Error('refused');
  const record = new RequestRecord({
    requestId: '',
    traceId: '',
    spanId: '',
    parentSpanId: '',
    parentSampled: false,
    startedMs: 0,
    epochOffsetMs: 0,
    method: 'POST',
    path: '',
  });
  record.stream = true;
  const first = new Follower();
  const run = new Run(runtime, { table, consumer, surface, request, ...routed, seed: 1 }, record, first);
  run.start();
  gateway.calls[0]!.sent();
  gateway.calls[0]!.head(200, 'text/event-stream');
  return { gateway, run, record, first };
}

describe('a run', () => {
  it('brings its answer to whoever subscribes, and ends once', async () => {
    const { gateway, run, first } = await running();
    gateway.calls[0]!.data(chunk({ content: 'x' }) + stopChunk + doneEvent);
    gateway.calls[0]!.end();
    expect(first.heard).toEqual(['committed', chunk({ content: 'x' }) + stopChunk + doneEvent, 'ended']);
    run.leave(first);
    expect(first.heard).toHaveLength(3);
    expect(gateway.held()).toEqual(nothingHeld);
  });

  it('is aborted with its last subscriber, and not before', async () => {
    const { gateway, run, first } = await running();
    const second = new Follower();
    run.join(second);
    run.leave(first);
    expect(gateway.calls[0]!.isAborted).toBe(false);
    gateway.calls[0]!.data(chunk({ content: 'x' }));
    expect(first.heard).toEqual([]);
    expect(second.heard).toEqual(['committed', chunk({ content: 'x' })]);
    run.leave(second);
    expect(gateway.calls[0]!.isAborted).toBe(true);
    expect(gateway.held()).toEqual(nothingHeld);
  });

  it('waits for the slowest of them', async () => {
    const { gateway, run, first } = await running();
    const second = new Follower();
    run.join(second);
    first.isSlow = true;
    gateway.calls[0]!.data(chunk({ content: 'x' }));
    expect(gateway.calls[0]!.takesMore(chunk({ content: 'y' }))).toBe(false);
  });

  it('holds its table until it has ended, whatever is swapped in', async () => {
    const { gateway, run, first } = await running();
    await gateway.serve({ providers: [{ name: 'beta', baseURL: 'http://beta.test/v1' }] });
    expect(gateway.held()).toMatchObject({ tables: 2 });
    run.leave(first);
    expect(gateway.held()).toEqual(nothingHeld);
  });

  it('whose last subscriber has left does not end again, and lets go of its table once', async () => {
    const { gateway, run, first } = await running();
    gateway.chat(true);
    run.leave(first);
    // As often as the other request holds the table: for its exchange and for its run.
    run.ended('');
    run.ended('');
    expect(first.heard).toEqual([]);
    await gateway.serve({ providers: [{ name: 'beta', baseURL: 'http://beta.test/v1' }] });
    expect(gateway.held()).toMatchObject({ running: 1, tables: 2 });
  });

  it('that runs into a fault of ours gives back what it holds, and says so to each', async () => {
    const { gateway, run, first } = await running();
    const second = new Follower();
    run.join(second);
    run.fault(new Error('a defect'));
    expect([first.heard, second.heard]).toEqual([['Error: a defect'], ['Error: a defect']]);
    expect(gateway.calls[0]!.isAborted).toBe(true);
    expect(gateway.held()).toEqual(nothingHeld);
  });

  it('goes on for the others where one of them throws', async () => {
    const { gateway, run } = await running();
    const second = new Follower();
    const third = new Follower();
    second.write = () => {
      throw new Error('its own affair');
    };
    run.join(second);
    run.join(third);
    gateway.calls[0]!.data(chunk({ content: 'x' }));
    gateway.calls[0]!.data(chunk({ content: 'y' }));
    expect(second.heard).toEqual(['committed', 'Error: its own affair']);
    expect(third.heard).toEqual(['committed', chunk({ content: 'x' }), chunk({ content: 'y' })]);
  });
});
