import { Readable } from 'node:stream';
import { ApiError, badRequest, internal } from '#libs/apimachinery';
import type { AuditRow } from '../audit/audit.entity.js';
import type { AuditService } from '../audit/audit.service.js';
import type { ChainLink } from '../audit/chain-link.js';
import type { Verification, VerificationProgress } from '../audit/verify-chain.js';
import { orUnavailable } from '../database/unavailable.js';
import { answer } from './request/call.js';
import { checkParameters, integerOf } from './request/query.js';
import type { PathRoute } from './server/api-server.js';

const MAX_LIMIT = 1_000;

/** Who changed what when. Admins, editors and viewers may read it: it holds fingerprints of secrets, never values. */
export function auditRoutes(audit: AuditService): PathRoute[] {
  return [
    {
      method: 'GET',
      pattern: '/audit',
      verb: 'get',
      handle: async ({ query }) => {
        const limit = integerOf(query, 'limit');
        if (limit !== undefined && (limit < 1 || limit > MAX_LIMIT)) {
          throw badRequest(`limit: must be from 1 to ${MAX_LIMIT}`);
        }
        const rows = await audit.list({
          group: query.get('group') ?? undefined,
          kind: query.get('kind') || undefined,
          namespace: query.get('namespace') ?? undefined,
          name: query.get('name') || undefined,
          actor: query.get('actor') || undefined,
          fromMs: timeOf(query, 'since'),
          toMs: timeOf(query, 'until'),
          beforeId: integerOf(query, 'before'),
          limit,
        });
        return answer(200, { apiVersion: 'signalbox.dev/v1', kind: 'AuditList', items: rows.map(entryOf) });
      },
    },
    { method: 'GET', pattern: '/audit/head', verb: 'get', handle: async () => answer(200, await audit.head()) },
    {
      // For admins: it reads every row.
      method: 'GET',
      pattern: '/audit/verify',
      verb: 'get',
      handle: ({ query }) => {
        const from = exportedHead(query, audit);
        return (reply) => {
          const lines = Readable.from(verificationLines(audit.verify(from)));
          void reply.code(200).header('content-type', 'application/x-ndjson').send(lines);
        };
      },
    },
  ];
}

/** JSON lines: progress after each page, and at the end the outcome, or why there is none. */
async function* verificationLines(
  verification: AsyncGenerator<VerificationProgress, Verification>,
): AsyncGenerator<string> {
  try {
    for (;;) {
      const { done, value } = await verification.next();
      yield `${JSON.stringify(done ? value : { progress: value })}\n`;
      if (done) return;
    }
  } catch (error) {
    const known = orUnavailable(error);
    const { message } = known instanceof ApiError ? known : internal();
    yield `${JSON.stringify({ error: message })}\n`;
  } finally {
    await verification.return(undefined as never);
  }
}

/** What `GET /audit/head` answered once, as three parameters. Throws a 400 for one that isn't of this installation. */
function exportedHead(query: URLSearchParams, audit: AuditService): ChainLink | undefined {
  checkParameters(query, ['headId', 'headHash', 'headMac'], '/audit/verify');
  const id = integerOf(query, 'headId');
  const [hash, mac] = [query.get('headHash') ?? '', query.get('headMac') ?? ''];
  if (id === undefined && hash === '' && mac === '') return undefined;
  const link = id === undefined ? undefined : audit.linkOf({ id, hash, mac });
  if (link) return link;
  throw badRequest(
    'headId, headHash, headMac: not a head that this installation exported: it was changed, comes from another one, or the audit key has been replaced since',
  );
}

function entryOf(row: AuditRow) {
  const { previousHash, hash, at, apiGroup, actorGroups, ...entry } = row;
  return {
    ...entry,
    group: apiGroup,
    groups: actorGroups,
    at: at.toISOString(),
    previousHash: previousHash.toString('hex'),
    hash: hash.toString('hex'),
  };
}

/** RFC 3339 to epoch milliseconds. */
function timeOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const at = Date.parse(text);
  if (!/^\d{4}-\d{2}-\d{2}T/.test(text) || Number.isNaN(at)) {
    throw badRequest(`${name}: must be an RFC 3339 time such as 2026-01-31T12:00:00Z`);
  }
  return at;
}
