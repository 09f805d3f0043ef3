/**
 * `npm run test:nodes`: the suite on every Node line that is supported, each fetched from npm on demand.
 *
 *     npm run test:nodes                                every line, one after another
 *     npm run test:nodes -- --only 24 libs/reconcile    one line; the rest goes to jest
 *     npm run test:nodes -- --times 2                   everything twice, to find what fails now and then
 */
import { spawnSync } from 'node:child_process';
import { delimiter, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchNode, supportedLines } from './nodes/fetch-node.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { lines, times, jestArgs } = read(process.argv.slice(2));
const runs = [];

for (let time = 1; time <= times; time += 1) {
  for (const line of lines) {
    const node = fetchNode(line);
    process.stdout.write(`\nNode ${node.version}, run ${time} of ${times}\n`);
    const startedMs = performance.now();
    const { status } = spawnSync(
      node.path,
      ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning', 'node_modules/jest/bin/jest.js', ...jestArgs],
      // A process that a test starts by name must be of this version, too.
      { cwd: root, stdio: 'inherit', env: { ...process.env, PATH: node.folder + delimiter + process.env.PATH } },
    );
    runs.push({ node, green: status === 0, seconds: (performance.now() - startedMs) / 1000 });
  }
}
process.stdout.write('\n');
for (const { node, green, seconds } of runs) {
  process.stdout.write(
    `${green ? 'ok  ' : 'FAIL'} Node ${node.version.padEnd(9)} ${seconds.toFixed(0).padStart(4)} s\n`,
  );
}
process.exit(runs.every(({ green }) => green) ? 0 : 1);

/** Takes its own options out; whatever else is there is jest's. */
function read(args) {
  const lines = [];
  const jestArgs = [];
  let times = 1;
  for (let index = 0; index < args.length; index += 1) {
    if (args[index] === '--only') lines.push(...(args[++index] ?? '').split(','));
    else if (args[index] === '--times') times = Number(args[++index]);
    else jestArgs.push(args[index]);
  }
  if (!Number.isInteger(times) || times < 1) fail('--times takes a whole number from 1 on.');
  for (const line of lines) {
    if (!supportedLines.includes(line)) fail(`--only takes ${supportedLines.join(', ')}, not "${line}".`);
  }
  return { lines: lines.length > 0 ? lines : supportedLines, times, jestArgs };
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
