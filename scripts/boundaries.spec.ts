import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const checkout = dirname(dirname(fileURLToPath(import.meta.url)));
/** Rule, folder of the importing file, and the import that the rule must refuse. */
const refused = [
  ['data-plane-knows-no-resources', 'apps/data-plane/src', `import '#libs/compiler';`],
  ['data-plane-knows-no-resources', 'apps/data-plane/src', `import '#libs/resources';`],
  ['data-plane-knows-no-resources', 'apps/data-plane/src', `import 'pg';`],
  ['data-plane-knows-no-resources', 'apps/data-plane/src', `import 'typeorm';`],
  ['apps-never-import-each-other', 'apps/cli/src', `import '../../control-plane/src/store.js';`],
  ['libs-never-import-apps', 'libs/routing/src', `import '../../../apps/control-plane/src/store.js';`],
  ['innermost-libs-import-nothing-of-ours', 'libs/inference/src', `import '#libs/telemetry';`],
  ['pure-libs-do-no-io', 'libs/routing/src', `import 'node:fs';`],
  ['pure-libs-do-no-io', 'libs/compiler/src', `import 'undici';`],
  ['test-code-stays-in-tests', 'apps/control-plane/src', `import '#libs/testing';`],
  ['no-dev-dependency-in-product-code', 'apps/cli/src', `import 'openai';`],
] as const;

const allowed = { folder: 'apps/data-plane/src', importLine: `import '#libs/routing';` };

let tree: string;
let violations: { from: string; rule: string }[];

/** A small tree with the same folders and the real rules; one run judges a file a case. */
beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), 'signalbox-boundaries-'));
  for (const file of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json']) {
    copyFileSync(join(checkout, file), join(tree, file));
  }
  symlinkSync(join(checkout, 'node_modules'), join(tree, 'node_modules'));
  for (const lib of ['compiler', 'resources', 'routing', 'inference', 'testing', 'telemetry']) {
    write(`libs/${lib}/src/index.ts`, 'export const one = 1;\n');
  }
  write('apps/control-plane/src/store.ts', 'export const one = 1;\n');
  for (const [index, [, folder, importLine]] of refused.entries()) write(fileOf(folder, index), `${importLine}\n`);
  write(`${allowed.folder}/allowed.ts`, `${allowed.importLine}\n`);
  violations = cruise();
});

afterAll(() => rmSync(tree, { recursive: true, force: true }));

function fileOf(folder: string, index: number): string {
  return `${folder}/case-${index}.ts`;
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  writeFileSync(join(tree, path), text);
}

function cruise(): { from: string; rule: string }[] {
  const bin = join(checkout, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const args = [bin, 'apps', 'libs', '--config', '.dependency-cruiser.cjs', '--output-type', 'json'];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: tree, encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  const { summary } = JSON.parse(stdout) as { summary: { violations: { from: string; rule: { name: string } }[] } };
  return summary.violations.map(({ from, rule }) => ({ from, rule: rule.name }));
}

it.each(refused.map((row, index) => [...row, index] as const))(
  '%s refuses, in %s: %s',
  (rule, folder, _line, index) => {
    expect(violations).toContainEqual({ from: fileOf(folder, index), rule });
  },
);

it('lets a library be imported where it may be', () => {
  expect(violations.filter(({ from }) => from.endsWith('allowed.ts'))).toEqual([]);
});
