import type { Hello } from '#libs/control-protocol';

/** Of a data plane that serves nothing yet, unless said otherwise. */
export function helloOf(fields: Partial<Hello> = {}): Hello {
  return {
    type: 'hello',
    name: 'plane',
    uid: 'uid',
    instance: 'i',
    schemaVersions: [1],
    software: '1',
    ...fields,
  };
}
