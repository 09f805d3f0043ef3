/** `npm run check`: format, lint, boundaries, types, dead code. All run, so one call shows every finding. */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const checks = [
  ['format', 'prettier/bin/prettier.cjs', ['--check', '--log-level=warn', '.']],
  ['lint', 'oxlint/bin/oxlint', ['--type-aware', '--deny-warnings', '--format=unix']],
  [
    'boundaries',
    'dependency-cruiser/bin/dependency-cruise.mjs',
    ['apps', 'libs', 'migrations', 'bench', '--config', '.dependency-cruiser.cjs'],
  ],
  ['types', '@typescript/native/bin/tsc', ['-p', 'tsconfig.json']],
  ['dead code', 'knip/bin/knip.js', ['--no-progress']],
];

const only = process.argv.slice(2);
const failed = [];
for (const [name, bin, args] of checks) {
  if (only.length > 0 && !only.includes(name)) continue;
  const { status } = spawnSync(process.execPath, [join(root, 'node_modules', bin), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  process.stdout.write(`${status === 0 ? 'ok  ' : 'FAIL'} ${name}\n`);
  if (status !== 0) failed.push(name);
}
if (failed.length > 0) {
  process.stdout.write(`check failed: ${failed.join(', ')}\n`);
  process.exit(1);
}
