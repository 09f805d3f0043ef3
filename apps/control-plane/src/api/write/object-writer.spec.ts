import { trace } from '@opentelemetry/api';
import { kindOf } from '#libs/resources';
import type { Attributes, Authorizer } from '../../auth/authorizer.js';
import type { ObjectStore, ObjectWrite } from '../../store/object-store.js';
import type { Call } from '../request/call.js';
import { ObjectWriter } from './object-writer.js';

const secrets = kindOf('v1', 'Secret')!;
const namespaces = kindOf('v1', 'Namespace')!;
const call = { identity: { user: 'ada', groups: [] }, traceParent: '' } as unknown as Call;
const write = (kind: typeof secrets, namespace: string, name: string): ObjectWrite => ({
  key: { kind, namespace, name },
  verb: 'delete',
  mutate: () => undefined,
});

function writerThat(allows: (attributes: Attributes & { type: 'resource' }) => boolean) {
  const asked: Attributes[] = [];
  const committed: (readonly ObjectWrite[])[] = [];
  const authorizer: Authorizer = {
    authorize: (_identity, attributes) => {
      asked.push(attributes);
      return { allowed: attributes.type === 'resource' && allows(attributes), reason: 'no' };
    },
  };
  const commit = async (writes: readonly ObjectWrite[]) => {
    committed.push(writes);
    return { revision: 1, results: [] };
  };
  const writer = new ObjectWriter({
    store: { commit } as unknown as ObjectStore,
    authorizer,
    references: { warningsOf: async () => [] },
    tracer: trace.getTracer('test'),
  });
  return { writer, asked, committed };
}

test('every object that is written is asked about, each verb of the commit, with its scope and name', async () => {
  const { writer, asked } = writerThat(() => true);
  const writes = [write(secrets, 'shop', 'a'), write(namespaces, '', 'shop')];
  await writer.commit(call, writes, { needs: ['create', 'patch'], dryRun: false });
  const about = (verb: string) => [
    {
      type: 'resource',
      verb,
      group: '',
      resource: 'secrets',
      scope: { type: 'Namespace', namespace: 'shop' },
      name: 'a',
    },
    { type: 'resource', verb, group: '', resource: 'namespaces', scope: { type: 'Cluster' }, name: 'shop' },
  ];
  expect(asked).toHaveLength(4);
  expect(asked).toEqual(expect.arrayContaining([...about('create'), ...about('patch')]));
});

test('one object that may not be touched keeps all from being written', async () => {
  const { writer, committed } = writerThat(({ name }) => name !== 'b');
  const writes = [write(secrets, 'shop', 'a'), write(secrets, 'shop', 'b')];
  await expect(writer.commit(call, writes, { needs: ['deletecollection'], dryRun: false })).rejects.toThrow(
    'secrets "b" is forbidden: User "ada" cannot deletecollection resource "secrets" in API group "" in the namespace "shop"',
  );
  expect(committed).toEqual([]);
});

test('guards need no right and are committed with the rest', async () => {
  const { writer, committed } = writerThat(({ resource }) => resource === 'secrets');
  const [secret, guard] = [write(secrets, 'shop', 'a'), write(namespaces, '', 'shop')];
  await writer.commit(call, [secret], { needs: ['create'], guards: [guard], dryRun: false });
  expect(committed).toEqual([[secret, guard]]);
});
