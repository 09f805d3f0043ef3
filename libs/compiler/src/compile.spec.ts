import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dump, load, loadAll } from 'js-yaml';
import type { ApiObject } from '#libs/apimachinery';
import { expectGolden } from '#libs/testing';
import { compile, type CredentialFact } from './index.js';

/**
 * A case is a pair of files. `<case>.in.yaml`: the documents of a manifest, and before them one with `credentialVersions`
 * or `credentialProblems` where the case needs some. `<case>.out.yaml`: the table and what every object is told.
 */
const folder = fileURLToPath(new URL('../testdata/', import.meta.url));
const cases = readdirSync(folder)
  .filter((name) => name.endsWith('.in.yaml'))
  .map((name) => name.slice(0, -'.in.yaml'.length));

describe('compile', () => {
  it('has an input for every output', () => {
    const outputs = readdirSync(folder).filter((name) => name.endsWith('.out.yaml'));
    expect(outputs).toEqual(cases.map((name) => `${name}.out.yaml`));
  });

  it.each(cases)('%s', (name) => {
    const { entries, conditions } = compile(readCase(name));
    const actual = dump(
      {
        entries: entries.map(({ kind, key, bytes }) => ({ kind, key, value: load(Buffer.from(bytes).toString()) })),
        conditions: Object.fromEntries(conditions),
      },
      { lineWidth: 140, noRefs: true },
    );
    expectGolden(join(folder, `${name}.out.yaml`), actual);
  });
});

interface CaseHead {
  readonly credentialVersions?: Record<string, string>;
  readonly credentialProblems?: Record<string, string>;
}

function readCase(name: string): Parameters<typeof compile>[0] {
  const documents = loadAll(readFileSync(join(folder, `${name}.in.yaml`), 'utf8')) as (ApiObject | CaseHead)[];
  const head = documents.find((document) => !('kind' in document)) as CaseHead | undefined;
  return {
    objects: documents.filter((document): document is ApiObject => 'kind' in document),
    credentials: new Map<string, CredentialFact>([
      ...Object.entries(head?.credentialVersions ?? {}).map(([id, version]) => [id, { version }] as const),
      ...Object.entries(head?.credentialProblems ?? {}).map(([id, problem]) => [id, { problem }] as const),
    ]),
  };
}
