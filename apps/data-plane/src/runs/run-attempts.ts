import { decide, type Wait } from '#libs/routing';
import { Waiter } from '../state/waiting-lines.js';
import { Attempt } from './attempt.js';
import { GatewayError } from '../errors/error-table.js';
import type { Exchange } from '../exchange/exchange.js';
import { stopError } from '../errors/stop-error.js';

/**
 * The one loop of streams and plain answers alike: decide, take the key's permit, send, classify, record, and decide
 * again. It returns where it has to wait, for an upstream or for time, and is entered again by what ends the wait.
 */
export function runAttempts(exchange: Exchange): void {
  const { runtime, record, table, route, facts } = exchange;
  if (table === undefined || route === undefined || facts === undefined) throw new Error('attempts before routing');
  for (;;) {
    if (record.attempts.length > 0 && isRevoked(exchange)) {
      exchange.fail(new GatewayError('invalid_api_key', 'The API key was revoked while the request was running.'));
      return;
    }
    const nowMs = runtime.clock.nowMs();
    table.advance(nowMs);
    const decision = decide(route, facts, record.attempts, table, nowMs, exchange.seed);
    if (decision.stop !== undefined) {
      exchange.fail(stopError(decision.stop, record));
      return;
    }
    if (decision.wait !== undefined) {
      waitFor(exchange, decision.wait);
      return;
    }
    const plan = decision.attempts[0];
    if (plan === undefined) throw new Error('a decision without an attempt');
    const permit = table.admit(plan, nowMs);
    // State has just changed so that the next decision is another one: a key without a value has left the index.
    if (typeof permit === 'string') continue;
    exchange.attempt = new Attempt(exchange, plan, table.backend(plan.candidate), permit);
    exchange.attempt.start();
    return;
  }
}

/** Time has passed, or what was waited for may be free. */
export function resumeAttempts(exchange: Exchange): void {
  if (exchange.isFinished) return;
  const { runtime, waiter } = exchange;
  runtime.wheel.disarm(exchange.pause);
  if (waiter !== undefined) runtime.routing.lines.leave(waiter);
  runAttempts(exchange);
}

function waitFor(exchange: Exchange, wait: Wait): void {
  const { runtime } = exchange;
  runtime.wheel.arm(exchange.pause, runtime.clock.nowMs() + wait.ms);
  if (wait.pools.length === 0 && wait.connections.length === 0) return;
  exchange.waiter ??= new Waiter(() => resumeAttempts(exchange));
  runtime.routing.lines.wait(wait, exchange.waiter);
}

/** A newer table may have lost the API key: then nothing further is started with it. */
function isRevoked({ runtime, table, owner }: Exchange): boolean {
  const { current } = runtime.tables;
  if (current === undefined || current === table || owner === undefined) return false;
  return current.view.ownerOf(owner.sha256) === undefined;
}
