import { ApiError } from '#libs/apimachinery';
import type { KeyOverview, KeyStatus } from '../key-rotation/key-status.js';
import { reencryptionRequest } from '../key-rotation/reencryption-request.js';
import type { ObjectWriter } from './write/object-writer.js';
import { answer } from './request/call.js';
import { checkParameters, dryRunOf } from './request/query.js';
import type { PathRoute } from './server/api-server.js';

/** Master keys, for admins: which are in use and where, and the request to encrypt everything under the first one. */
export function keyRoutes(overview: KeyOverview, objects: ObjectWriter): PathRoute[] {
  const shown = (status: KeyStatus) => ({ apiVersion: 'signalbox.dev/v1', kind: 'KeyStatus', ...status });
  return [
    { method: 'GET', pattern: '/keys', verb: 'get', handle: async () => answer(200, shown(await overview.status())) },
    {
      method: 'POST',
      pattern: '/keys/reencrypt',
      verb: 'create',
      handle: async (call) => {
        checkParameters(call.query, ['dryRun'], '/keys/reencrypt');
        checkAgreement(await overview.status(), overview.firstId);
        const dryRun = dryRunOf(call.query);
        await objects.commit(call, [reencryptionRequest(overview.firstId)], { needs: ['update'], dryRun });
        return answer(202, shown(await overview.status()));
      },
    },
  ];
}

/** Throws a 409 that names the replicas which would take another key first. */
function checkAgreement({ replicas }: KeyStatus, firstId: string): void {
  const others = replicas.filter(({ masterKeys }) => masterKeys[0] !== firstId);
  if (others.length === 0) return;
  const named = others.map(({ host, replica, masterKeys }) => `${host} (${replica}): ${masterKeys[0] ?? 'none'}`);
  throw new ApiError(
    409,
    'Conflict',
    `the master key files of the replicas begin with different keys: ${firstId} here, ${named.join(', ')}; put the same new line first in every one`,
  );
}
