/** `npm run dev`: compiles on every change and restarts the embedded mode when a compile succeeded. */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tsc = join(root, 'node_modules/@typescript/native/bin/tsc');
const compiler = spawn(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--watch', '--preserveWatchOutput'], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'inherit'],
});
let up;
let stopping = false;

compiler.stdout.setEncoding('utf8').on('data', (text) => {
  process.stdout.write(text);
  if (text.includes('Found 0 errors')) void restart();
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void stop());

async function restart() {
  await end(up);
  if (stopping) return;
  up = spawn(process.execPath, [join(root, 'dist/apps/cli/src/main.js'), 'up'], { cwd: root, stdio: 'inherit' });
}

async function stop() {
  stopping = true;
  compiler.kill();
  await end(up);
  process.exit(0);
}

function end(child) {
  if (!child || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', resolve);
    child.kill('SIGTERM');
  });
}
