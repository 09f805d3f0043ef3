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
