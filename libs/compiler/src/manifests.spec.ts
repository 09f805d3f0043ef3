import type { ApiObject } from '#libs/apimachinery';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadAll } from 'js-yaml';
import { checkObject, kindOf } from '#libs/resources';
import { compile, type CredentialFact, secretCredentialId } from './index.js';

const root = fileURLToPath(new URL('../../../manifests/', import.meta.url));

/** What is applied together: a folder's files in their order, or one example. */
const sets: [string, string[]][] = [
  ['quickstart', filesOf('quickstart')],
  ...filesOf('examples').map((file): [string, string[]] => [file, [file]]),
];

function filesOf(folder: string): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => join(folder, name));
}

function read(files: readonly string[]): ApiObject[] {
  return files.flatMap((file) => loadAll(readFileSync(join(root, file), 'utf8')) as ApiObject[]);
}

describe.each(sets)('manifests: %s', (_name, files) => {
  const objects = read(files);

  it('are valid, and nothing in them does nothing', () => {
    for (const object of objects) {
      const kind = kindOf(object.apiVersion, object.kind);
      if (kind === undefined) throw new Error(`no such kind: ${object.apiVersion} ${object.kind}`);
      const { effective, errors } = checkObject(kind, kind.prepare?.(object) ?? object);
      expect(errors).toEqual([]);
      expect(kind.warnings?.(effective!) ?? []).toEqual([]);
      if (kind.namespaced) expect(object.metadata.namespace).toBe('default');
    }
  });

  it('compile to a table that serves every policy, with every condition True', () => {
    const credentials = new Map(
      objects
        .filter(({ kind }) => kind === 'Secret')
        .flatMap(({ metadata, stringData }) =>
          Object.keys(stringData as object).map((key): [string, CredentialFact] => [
            secretCredentialId(metadata.namespace!, metadata.name, key),
            { version: 'v1' },
          ]),
        ),
    );
    const { entries, conditions } = compile({ objects, credentials });
    for (const [object, verdicts] of conditions) {
      for (const verdict of verdicts) expect({ object, ...verdict }).toMatchObject({ object, status: 'True' });
    }
    const policies = objects.filter(({ kind }) => kind === 'RoutePolicy');
    expect(entries.filter(({ kind }) => kind === 'Route')).toHaveLength(policies.length);
    expect(policies.length).toBeGreaterThan(0);
  });
});
