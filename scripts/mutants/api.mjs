/** Protections of the admin API. */
export default [
  {
    name: 'an empty path segment is not refused',
    file: 'apps/control-plane/src/api/server/request-path.ts',
    find: "if (segment === '') return 'an empty segment';",
    replace: '',
    suite: 'control-plane/test/permissions',
  },
  {
    name: 'an escaped path segment is not refused',
    file: 'apps/control-plane/src/api/server/request-path.ts',
    find: "segment.includes('%')",
    replace: 'false',
    suite: 'control-plane/test/permissions',
  },
  {
    name: 'a namespace of another case is not refused',
    file: 'apps/control-plane/src/api/server/request-path.ts',
    find: '!isDNSLabel(namespace)',
    replace: 'false',
    suite: 'control-plane/test/permissions',
  },
  {
    name: 'the authorizer is not given the name of the object',
    file: 'apps/control-plane/src/api/objects/permission.ts',
    find: '...(name !== undefined && { name }),',
    replace: '',
    suite: 'control-plane/src/api/objects/object-writer',
  },
  {
    name: 'what is written is not authorised, only what was asked for',
    file: 'apps/control-plane/src/api/objects/object-writer.ts',
    find: 'for (const verb of needs) checkAllowed(this.#authorizer, call, verb, touched);',
    replace: '',
    suite: 'control-plane/src/api/objects/object-writer',
  },
  {
    name: 'the store lets anybody write into signalbox-system',
    file: 'apps/control-plane/src/store/system-objects.ts',
    find: 'if (isInSystem(write.key) && !isAdmin) return refused(write);',
    replace: '',
    suite: 'control-plane/src/store/system-objects',
  },
  {
    name: 'the store is not asked to protect system objects',
    file: 'apps/control-plane/src/store/postgres-object-store.ts',
    find: 'protectSystemObjects(requested, origin)',
    replace: 'requested',
    suite: 'control-plane/src/store/system-objects',
  },
];
