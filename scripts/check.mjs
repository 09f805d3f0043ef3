/** `npm run check`: format, lint, boundaries, types, dead code, stale mutants. All run, so one call shows every finding. */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const checks = [
  { name: 'format', bin: 'prettier/bin/prettier.cjs', args: ['--check', '--log-level=warn', '.'] },
  { name: 'lint', bin: 'oxlint/bin/oxlint', args: ['--type-aware', '--deny-warnings', '--format=unix'] },
  {
    name: 'boundaries',
    bin: 'dependency-cruiser/bin/dependency-cruise.mjs',
    args: ['apps', 'libs', 'migrations', 'bench', 'test', '--config', '.dependency-cruiser.cjs'],
  },
  {
    name: 'folders',
    bin: 'dependency-cruiser/bin/dependency-cruise.mjs',
    args: ['apps', 'libs', 'migrations', 'bench', '--config', '.dependency-cruiser.folders.cjs'],
  },
  { name: 'types', bin: '@typescript/native/bin/tsc', args: ['-p', 'tsconfig.json'] },
  { name: 'dead code', bin: 'knip/bin/knip.js', args: ['--no-progress'] },
  { name: 'mutants', script: 'scripts/mutants.mjs', args: ['--check'] },
];

const only = process.argv.slice(2);
const failed = [];
for (const { name, bin, script, args } of checks) {
  if (only.length > 0 && !only.includes(name)) continue;
  const { status } = spawnSync(process.execPath, [join(root, script ?? `node_modules/${bin}`), ...args], {
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
