import { decide, type Wait } from '#libs/routing';
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
    const decision = decide(route, facts, record.attempts, table, runtime.clock.nowMs(), exchange.seed);
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
    const credential = runtime.credentials.resolve(plan.key);
    // A key without a value has just left the index: the next decision can't choose it.
    if (credential === undefined) continue;
    if (plan.drawsOnRetryBudget) runtime.retryBudgets.of(route.entry).retry(runtime.clock.nowMs());
    exchange.attempt = new Attempt(exchange, plan, table.backend(plan.candidate), credential);
    exchange.attempt.start();
    return;
  }
}

/** Time has passed, or a key may be free. True: an attempt is under way. */
export function resumeAttempts(exchange: Exchange): boolean {
  if (exchange.isFinished) return false;
  const { runtime, waitingFor } = exchange;
  runtime.wheel.disarm(exchange.pause);
  if (waitingFor !== undefined) {
    runtime.queue.leave(waitingFor, exchange.wake);
    exchange.waitingFor = undefined;
  }
  runAttempts(exchange);
  return exchange.attempt !== undefined;
}

function waitFor(exchange: Exchange, wait: Wait): void {
  const { runtime } = exchange;
  runtime.wheel.arm(exchange.pause, runtime.clock.nowMs() + wait.ms);
  if (wait.pool === undefined) return;
  exchange.waitingFor = wait.pool;
  runtime.queue.wait(wait.pool, exchange.wake);
}

/** A newer table may have lost the API key: then nothing further is started with it. */
function isRevoked({ runtime, table, owner }: Exchange): boolean {
  const { current } = runtime.tables;
  if (current === undefined || current === table || owner === undefined) return false;
  return current.view.ownerOf(owner.sha256) === undefined;
}
