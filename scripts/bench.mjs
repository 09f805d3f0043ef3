/**
 * `npm run bench`: on the Node that runs it, or `-- --node 24` on another line, fetched from npm on demand. The processes
 * that are measured run on the same one. The rest goes to the benchmarks.
 */
import { spawn } from 'node:child_process';
import { delimiter } from 'node:path';
import { fetchNode, supportedLines } from './nodes/fetch-node.mjs';

const args = process.argv.slice(2);
const at = args.indexOf('--node');
const [, line] = at < 0 ? [] : args.splice(at, 2);
if (at >= 0 && !supportedLines.includes(line)) {
  process.stderr.write(`--node takes ${supportedLines.join(', ')}, not "${line ?? ''}".\n`);
  process.exit(2);
}
const node = line ? fetchNode(line) : undefined;
const child = spawn(node?.path ?? process.execPath, ['dist/bench/src/main.js', ...args], {
  stdio: 'inherit',
  env: { ...process.env, ...(node && { PATH: node.folder + delimiter + process.env.PATH }) },
});
// It ends what it started by itself.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.once('exit', (code) => process.exit(code ?? 1));
