import net from 'node:net';
import type { Socket } from 'node:net';
import { buildConnector } from 'undici';
import { guardedLookup, refusedLiteral } from '../../src/upstream/guarded-lookup.js';

/**
 * Opens connections for one target. The address is judged where it is known: a literal before connecting (Node doesn't
 * call `lookup` for one), a name in the lookup that the socket then uses, so that a second answer can't differ.
 */
export class GuardedConnector {
  private connecting: Socket | undefined = undefined;
  private readonly open: buildConnector.connector;
  private readonly allowPrivateNetwork: boolean;

  constructor(allowPrivateNetwork: boolean) {
    this.allowPrivateNetwork = allowPrivateNetwork;
    // Our own timers bound the connect phase; undici's default of 10 s would beat a longer one.
    this.open = buildConnector({ timeout: 0, lookup: guardedLookup(allowPrivateNetwork) });
  }

  readonly connect: buildConnector.connector = (options, callback) => {
    const refused = refusedLiteral(options.hostname, this.allowPrivateNetwork);
    if (refused !== undefined) {
      // Asynchronously, as a real connect fails: undici isn't ready for the callback before it returns.
      queueMicrotask(() => callback(refused, null));
      return;
    }
    // The declared type has no result, but undici's connector returns the socket that it opens.
    const socket: unknown = this.open(options, (...result) => {
      this.connecting = undefined;
      callback(...result);
    });
    if (socket instanceof net.Socket) this.connecting = socket;
  };

  /** Ends a connect that is under way; undici itself would let it run to its end. */
  abort(): void {
    this.connecting?.destroy();
    this.connecting = undefined;
  }
}
