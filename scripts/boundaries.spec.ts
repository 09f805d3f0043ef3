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
  ['apps-never-import-each-other', 'apps/cli/test', `import '../../control-plane/src/store.js';`],
  ['a-dialect-is-known-by-its-registry-alone', 'apps/data-plane/src/http', `import '../surfaces/openai/a.js';`],
  ['a-dialect-is-known-by-its-registry-alone', 'apps/data-plane/src/surfaces', `import './openai/a.js';`],
  ['a-dialect-is-known-by-its-registry-alone', 'apps/data-plane/src/runs', `import '../egress/openai/a.js';`],
  ['a-dialect-is-known-by-its-registry-alone', 'apps/data-plane/test', `import '#libs/dialects/openai';`],
  ['a-dialect-is-known-by-its-registry-alone', 'libs/routing/src', `import type { one } from '#libs/dialects/openai';`],
  ['dialects-never-import-each-other', 'apps/data-plane/src/surfaces/other', `import '#libs/dialects/openai';`],
  ['dialects-never-import-each-other', 'apps/data-plane/src/egress/other', `import '../../surfaces/openai/a.js';`],
  ['dialects-never-import-each-other', 'libs/dialects/src/other', `import '../openai/index.js';`],
  ['dialects-never-import-each-other', 'libs/dialects/src/answer', `import '../openai/index.js';`],
  ['test-code-stays-in-tests', 'apps/cli/src', `import '../../../test/two-apps.js';`],
  ['libs-never-import-apps', 'libs/routing/src', `import '../../../apps/control-plane/src/store.js';`],
  ['innermost-libs-import-nothing-of-ours', 'libs/inference/src', `import '#libs/telemetry';`],
  ['innermost-libs-import-nothing-of-ours', 'libs/apimachinery/src', `import '#libs/resources';`],
  ['innermost-libs-import-nothing-of-ours', 'libs/apimachinery/src', `import type { one } from '#libs/clock';`],
  ['reconcile-knows-only-the-clock', 'libs/reconcile/src', `import '#libs/routing';`],
  ['pure-libs-do-no-io', 'libs/routing/src', `import 'node:fs';`],
  ['pure-libs-do-no-io', 'libs/compiler/src', `import 'undici';`],
  ['test-code-stays-in-tests', 'apps/control-plane/src', `import '#libs/testing';`],
  ['no-dev-dependency-in-product-code', 'apps/cli/src', `import 'openai';`],
] as const;

const allowed = [
  ['apps/data-plane/src/allowed.ts', `import '#libs/routing';`],
  ['apps/data-plane/src/surfaces/registry.ts', `import './openai/a.js';`],
  ['apps/data-plane/src/egress/openai/allowed.ts', `import '#libs/dialects/openai';`],
  ['libs/dialects/src/openai/allowed.ts', `import '../json/a.js';`],
] as const;

/** Two files that import each other's types, and two folders of which no file takes part in a circle. */
const circles = [
  [
    'libs/compiler/src/circle-left.ts',
    `import type { Right } from './circle-right.js';\nexport type Left = Right[];\n`,
  ],
  [
    'libs/compiler/src/circle-right.ts',
    `import type { Left } from './circle-left.js';\nexport type Right = { left: Left };\n`,
  ],
  [
    'apps/control-plane/src/east/upper.ts',
    `import type { one } from '../west/upper.js';\nexport type Upper = typeof one;\n`,
  ],
  ['apps/control-plane/src/west/upper.ts', 'export const one = 1;\n'],
  [
    'apps/control-plane/src/west/lower.ts',
    `import type { two } from '../east/lower.js';\nexport type Lower = typeof two;\n`,
  ],
  ['apps/control-plane/src/east/lower.ts', 'export const two = 2;\n'],
] as const;

let tree: string;
let violations: { from: string; rule: string }[];
let folderViolations: { from: string; rule: string }[];

/** A small tree with the same folders and the real rules; one run judges a file a case. */
beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), 'signalbox-boundaries-'));
  for (const file of ['.dependency-cruiser.cjs', '.dependency-cruiser.folders.cjs', 'tsconfig.json', 'package.json']) {
    copyFileSync(join(checkout, file), join(tree, file));
  }
  symlinkSync(join(checkout, 'node_modules'), join(tree, 'node_modules'));
  for (const lib of ['compiler', 'resources', 'routing', 'inference', 'testing', 'telemetry', 'clock']) {
    write(`libs/${lib}/src/index.ts`, 'export const one = 1;\n');
  }
  write('apps/control-plane/src/store.ts', 'export const one = 1;\n');
  write('test/two-apps.ts', `import '../apps/control-plane/src/store.js';\n`);
  for (const [index, [, folder, importLine]] of refused.entries()) write(fileOf(folder, index), `${importLine}\n`);
  for (const path of ['openai/index', 'json/a']) write(`libs/dialects/src/${path}.ts`, 'export const one = 1;\n');
  for (const room of ['surfaces', 'egress']) {
    write(`apps/data-plane/src/${room}/openai/a.ts`, 'export const one = 1;\n');
  }
  for (const [path, importLine] of allowed) write(path, `${importLine}\n`);
  for (const [path, text] of circles) write(path, text);
  violations = cruise('.dependency-cruiser.cjs');
  folderViolations = cruise('.dependency-cruiser.folders.cjs');
});

afterAll(() => rmSync(tree, { recursive: true, force: true }));

function fileOf(folder: string, index: number): string {
  return `${folder}/case-${index}.ts`;
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  writeFileSync(join(tree, path), text);
}

function cruise(config: string): { from: string; rule: string }[] {
  const bin = join(checkout, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const args = [bin, 'apps', 'libs', 'test', '--config', config, '--output-type', 'json'];
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

it('refuses files that import each other, if only their types', () => {
  expect(violations).toContainEqual({ from: 'libs/compiler/src/circle-left.ts', rule: 'no-circular' });
});

it('refuses folders that import each other, though no file does', () => {
  const folders = folderViolations.filter(({ rule }) => rule === 'no-circular-folders').map(({ from }) => from);
  expect(folders.sort()).toEqual(['apps/control-plane/src/east', 'apps/control-plane/src/west']);
});

it('lets a library be imported where it may be', () => {
  const paths: ReadonlySet<string> = new Set(allowed.map(([path]) => path));
  expect(violations.filter(({ from }) => paths.has(from))).toEqual([]);
});
