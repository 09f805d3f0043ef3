import { ApiError, type ApiObject, namespaceScope, notFound } from '#libs/apimachinery';
import { kindOf } from '#libs/resources';
import type { ObjectStore, ObjectWrite } from '../../store/object-store.js';
import type { Reader } from '../objects/read.js';
import type { Call } from '../request/call.js';
import type { ClientWrite, ObjectWriter } from './object-writer.js';
import { Remover } from './remove.js';

const kind = kindOf('signalbox.dev/v1', 'Provider')!;
const target = { kind, scope: namespaceScope('default') };
const call = { query: new URLSearchParams(), headers: {}, body: Buffer.alloc(0) } as unknown as Call;

/** Over a collection of one object, which is gone whenever it is to be deleted `gone` times. */
function removerOver(gone: number) {
  const commits: ClientWrite[] = [];
  const written: ObjectWrite[] = [];
  const objects = {
    commit: (_call: Call, writes: readonly ObjectWrite[], options: ClientWrite) => {
      commits.push(options);
      written.push(...writes);
      if (commits.length <= gone) throw notFound(kind, 'a');
      return Promise.resolve({ results: [], revision: 7, warnings: [] });
    },
  } as unknown as ObjectWriter;
  const reader = {
    page: () => Promise.resolve({ items: [{ metadata: { name: 'a', namespace: 'default', uid: 'u' } }], revision: 6 }),
  } as unknown as Reader;
  const remover = new Remover({ objects, store: {} as ObjectStore, reader, kinds: [kind], nowMs: () => 0 });
  return { remover, commits, written };
}

test('of a collection each object is asked for, not the collection alone', async () => {
  const { remover, commits } = removerOver(0);
  await remover.deleteCollection(call, target);
  expect(commits).toEqual([{ needs: ['deletecollection'], dryRun: false }]);
});

test('a collection whose objects go meanwhile is listed again, five times at most', async () => {
  const patient = removerOver(4);
  expect((await patient.remover.deleteCollection(call, target)).code).toBe(200);
  const hopeless = removerOver(100);
  await expect(hopeless.remover.deleteCollection(call, target)).rejects.toThrow(ApiError);
  expect(hopeless.commits).toHaveLength(5);
});

test('of a collection what was listed is deleted, and not what has its name since', async () => {
  const { remover, written } = removerOver(0);
  await remover.deleteCollection(call, target);
  const [deletion] = written;
  const stored = (uid: string): ApiObject => ({
    apiVersion: 'signalbox.dev/v1',
    kind: 'Provider',
    metadata: { name: 'a', namespace: 'default', uid },
  });
  expect(deletion!.mutate(stored('u'))).toBeUndefined();
  expect(() => deletion!.mutate(stored('anew'))).toThrow(expect.objectContaining({ code: 404 }));
});
