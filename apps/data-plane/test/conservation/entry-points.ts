import { profileOf } from '#libs/providers';
import { type Egress, egressOf } from '../../src/egress/egress.js';
import { egresses } from '../../src/egress/registry.js';
import { Exchange } from '../../src/exchange/exchange.js';
import { AttemptLoop } from '../../src/runs/attempt-loop.js';
import { Attempt } from '../../src/runs/attempt.js';
import { PinnedTables } from '../../src/runs/pinned-table.js';
import { Relay } from '../../src/runs/relay.js';
import { Run } from '../../src/runs/run.js';
import { CredentialHealth } from '../../src/state/credential-health.js';
import { Permit } from '../../src/state/permit.js';
import { RoutingState } from '../../src/state/routing-state.js';
import { Upkeep } from '../../src/state/upkeep.js';
import { surfaces } from '../../src/surfaces/registry.js';
import { VirtualCall, VirtualClient, type VirtualGateway } from '../support/virtual-gateway.js';
import { type Injection, throwOnce } from './throw-once.js';

/** Something that a request runs through, and how it is made to throw once, at its `nth` call. */
export interface EntryPoint {
  readonly name: string;
  readonly arm: (gateway: VirtualGateway, nth: number) => Injection;
}

const methodsOf = (name: string, target: object, ...methods: readonly string[]): EntryPoint[] =>
  methods.map((method) => ({ name: `${name}: ${method}`, arm: (_gateway, nth) => throwOnce(target, method, nth) }));

const openAI = egressOf(egresses, 'OpenAI');
const [openAISurface] = surfaces;
if (openAISurface === undefined) throw new Error('no surface is served');

/** Methods of the readers that an egress makes. */
const readerMethod = (method: string): EntryPoint => ({
  name: `reader: ${method}`,
  arm: (_gateway, nth) => {
    const egress = openAI as { reader: (...args: Parameters<Egress['reader']>) => ReturnType<Egress['reader']> };
    const reader = egress.reader.bind(openAI);
    const { reader: original } = egress;
    let calls = 0;
    egress.reader = (...args) => {
      const made = reader(...args);
      if ('kind' in made) return made;
      const own = made as unknown as Record<string, (...args: unknown[]) => unknown>;
      const inner = own[method]!;
      own[method] = (...args) => {
        calls += 1;
        if (calls === nth) throw new Error(`the reader's ${method} was made to throw`);
        return inner.apply(made, args);
      };
      return made;
    };
    return {
      get hasThrown() {
        return calls >= nth;
      },
      undo: () => void (egress.reader = original),
    };
  },
});

/** All ways into the request path from outside, and what is called on them that is somebody else's. */
export const entryPoints: readonly EntryPoint[] = [
  ...methodsOf(
    'callback of the transport',
    Attempt.prototype,
    'onSent',
    'onHead',
    'onData',
    'onRead',
    'onEnd',
    'onFailure',
  ),
  ...methodsOf('timer of an attempt', Attempt.prototype, 'onDeadline'),
  ...methodsOf('timer of a wait, or a wake-up', AttemptLoop.prototype, 'resume'),
  ...methodsOf('timer of an exchange', Exchange.prototype, 'onTimer'),
  ...methodsOf('the client', Exchange.prototype, 'drained', 'flushed', 'abandoned'),
  ...methodsOf('the client, at the run', Run.prototype, 'drained', 'leave'),
  ...methodsOf('swap', PinnedTables.prototype, 'swap'),
  ...methodsOf('swap', Upkeep.prototype, 'swapped'),
  ...methodsOf('admit', RoutingState.prototype, 'admit', 'advance'),
  ...methodsOf('permit', Permit.prototype, 'committed'),
  ...methodsOf('what a permit tells the keys', CredentialHealth.prototype, 'heard'),
  { name: 'decide', arm: ({ runtime }, nth) => throwOnce(runtime, 'decide', nth) },
  { name: 'transport: send', arm: ({ runtime }, nth) => throwOnce(runtime.transport, 'send', nth) },
  { name: 'transport: abort', arm: (_gateway, nth) => throwOnce(VirtualCall.prototype, 'abort', nth, 'After') },
  { name: 'ids: spanId', arm: ({ runtime }, nth) => throwOnce(runtime.ids, 'spanId', nth) },
  { name: 'observer: started', arm: ({ runtime }, nth) => throwOnce(runtime.observer, 'started', nth) },
  { name: 'observer: finished', arm: ({ runtime }, nth) => throwOnce(runtime.observer, 'finished', nth) },
  { name: 'credentials: resolve', arm: ({ credentials }, nth) => throwOnce(credentials, 'resolve', nth) },
  ...methodsOf('classify', profileOf('openai-compatible'), 'classify'),
  ...methodsOf('egress', openAI, 'build', 'reader'),
  ...['push', 'end', 'cut', 'estimate'].map(readerMethod),
  ...methodsOf('relay', Relay.prototype, 'onData', 'onRead', 'onEnd', 'onCut', 'commit', 'finish', 'usage'),
  ...methodsOf('surface', openAISurface, 'read', 'errorBody', 'errorEvent'),
  ...methodsOf("the client's socket", VirtualClient.prototype, 'send', 'start', 'write', 'end'),
];
