/** OpenAPI schema of metadata, with what `kubectl explain` tells about it. */
const strings = { type: 'object', additionalProperties: { type: 'string' } };

export const objectMeta: Readonly<Record<string, unknown>> = {
  type: 'object',
  description: 'What every object has.',
  properties: {
    name: { type: 'string', description: 'Unique among the objects of a kind in a namespace; a lower-case DNS name.' },
    generateName: { type: 'string', description: 'Start of a name that the server completes.' },
    namespace: { type: 'string', description: 'The tenant it belongs to.' },
    labels: { ...strings, description: 'What selectors look at.' },
    annotations: { ...strings, description: 'Notes of people and tools.' },
    finalizers: {
      type: 'array',
      items: { type: 'string' },
      description: 'Hold a deletion back until removed.',
      'x-kubernetes-list-type': 'set',
    },
    ownerReferences: {
      type: 'array',
      items: {
        type: 'object',
        required: ['apiVersion', 'kind', 'name', 'uid'],
        properties: {
          apiVersion: { type: 'string', description: 'Version of the owner.' },
          kind: { type: 'string', description: 'Kind of the owner.' },
          name: { type: 'string', description: 'Name of the owner.' },
          uid: { type: 'string', description: 'UID of the owner.' },
          controller: { type: 'boolean', description: 'Whether the owner manages this object; one can.' },
          blockOwnerDeletion: { type: 'boolean', description: 'Kept, and without effect.' },
        },
        'x-kubernetes-map-type': 'atomic',
      },
      description: 'What it belongs to; kept for clients, nothing is deleted along with its owner.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['uid'],
    },
    uid: { type: 'string', description: 'Set by the server; never used twice.' },
    resourceVersion: { type: 'string', description: 'Set by the server; changes with every write.' },
    generation: {
      type: 'integer',
      format: 'int64',
      description: 'Set by the server; counts changes of what is wanted.',
    },
    creationTimestamp: { type: 'string', format: 'date-time', description: 'Set by the server.' },
    deletionTimestamp: {
      type: 'string',
      format: 'date-time',
      description: 'Set by the server once it is being deleted.',
    },
  },
};
