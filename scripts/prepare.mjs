/**
 * Makes the checkout runnable: installs when the lockfile changed, builds when a source is newer than the last build.
 * Needs nothing but Node, so it imports only what Node ships. Quiet when there is nothing to do (about 30 ms).
 */
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const installStamp = join(root, 'node_modules', '.signalbox-lock-sha256');
const buildStamp = join(root, 'dist', '.built');
const sourceFolders = ['apps', 'libs', 'migrations', 'bench'];
const buildInputs = ['tsconfig.json', 'tsconfig.build.json', 'package.json', 'package-lock.json'];

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  fail(`Signalbox needs Node >= 20.19; this is ${process.versions.node}.`);
}

installIfChanged();
buildIfChanged();

function installIfChanged() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(installStamp) && readFileSync(installStamp, 'utf8') === lock) return;
  say('Installing dependencies (npm ci) ...');
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
  mkdirSync(dirname(installStamp), { recursive: true });
  writeFileSync(installStamp, lock);
}

function buildIfChanged() {
  const built = existsSync(buildStamp) ? statSync(buildStamp).mtimeMs : 0;
  const newest = Math.max(
    ...buildInputs.map((file) => statSync(join(root, file)).mtimeMs),
    ...sourceFolders.map((folder) => newestSource(join(root, folder))),
  );
  if (newest <= built) return;
  say('Building (tsc) ...');
  run(process.execPath, [join(root, 'node_modules/@typescript/native/bin/tsc'), '-p', 'tsconfig.build.json']);
  // The stamp carries the newest input's time, so that an edit made while tsc ran is built the next time.
  writeFileSync(buildStamp, '');
  utimesSync(buildStamp, new Date(), new Date(Math.ceil(newest)));
}

/** The latest change below a folder, folders included: deleting a file touches its folder. */
function newestSource(folder) {
  if (!existsSync(folder)) return 0;
  let newest = statSync(folder).mtimeMs;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) newest = Math.max(newest, newestSource(path));
    else if (entry.name.endsWith('.ts')) newest = Math.max(newest, statSync(path).mtimeMs);
  }
  return newest;
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (error) fail(`${command}: ${error.message}`);
  if (status !== 0) fail(`${command} ${args.join(' ')} failed with exit code ${status}.`);
}

function say(line) {
  process.stderr.write(`${line}\n`);
}

function fail(line) {
  say(line);
  process.exit(1);
}
