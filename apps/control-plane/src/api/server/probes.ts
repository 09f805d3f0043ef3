import type { FastifyInstance, FastifyReply } from 'fastify';
import type { CheckResult, Readiness } from './readiness.js';

/**
 * Probes in the form of Kubernetes' own: plain text, `?verbose` lists the checks. They need no token and show names only.
 * `/livez` says that the event loop turns, and nothing else: a restart doesn't bring a database back.
 */
export function registerProbes(instance: FastifyInstance, readiness: Readiness): void {
  const probe = (path: string, run: () => CheckResult[] | Promise<CheckResult[]>): void => {
    instance.get<{ Querystring: Record<string, string> }>(path, async (request, reply) => {
      const results = await run();
      return sendProbe(reply, path, results, 'verbose' in request.query);
    });
  };
  probe('/livez', () => [{ name: 'ping', ok: true }]);
  probe('/readyz', () => readiness.run());
  // The name that it had before the others; clients and load balancers still ask for it.
  probe('/healthz', () => readiness.run());
  probe('/startupz', () => [{ name: 'started', ok: readiness.isStarted }]);
}

function sendProbe(reply: FastifyReply, path: string, results: CheckResult[], verbose: boolean): FastifyReply {
  const ok = results.every((result) => result.ok);
  const lines = results.map(({ name, ok: passed }) => (passed ? `[+]${name} ok` : `[-]${name} failed`));
  const verdict = `${path.slice(1)} check ${ok ? 'passed' : 'failed'}`;
  return reply
    .code(ok ? 200 : 503)
    .header('content-type', 'text/plain; charset=utf-8')
    .header('cache-control', 'no-store')
    .send(ok && !verbose ? 'ok' : `${lines.join('\n')}\n${verdict}\n`);
}
