/** A copy of the working tree, uncommitted and new files included, that a mutant may be written into. */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mutate } from './entries.mjs';

export class WorkingCopy {
  #distIsMutated = false;

  constructor(root) {
    this.directory = mkdtempSync(join(tmpdir(), 'signalbox-mutants-'));
    // As root, Postgres runs under another account, which reads its binaries through here.
    chmodSync(this.directory, 0o755);
    for (const file of filesOf(root)) cpSync(join(root, file), join(this.directory, file));
    symlinkSync(join(root, 'node_modules'), join(this.directory, 'node_modules'));
    // Copied, not linked: tsc writes into the files that are there.
    if (existsSync(join(root, 'dist'))) {
      cpSync(join(root, 'dist'), join(this.directory, 'dist'), { recursive: true, preserveTimestamps: true });
    }
  }

  /** Runs `work` with the mutant in place, in dist as well if the entry asks for that. */
  async with(entry, work) {
    const path = join(this.directory, entry.file);
    const original = readFileSync(path, 'utf8');
    writeFileSync(path, mutate(original, entry));
    try {
      if (entry.build || this.#distIsMutated) this.#build();
      this.#distIsMutated = entry.build === true;
      return await work();
    } finally {
      writeFileSync(path, original);
    }
  }

  /** Runs `work` on the tree as it is. */
  async untouched(work) {
    if (this.#distIsMutated) this.#build();
    this.#distIsMutated = false;
    return await work();
  }

  remove() {
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Types don't matter, only what comes out: a mutant may leave a variable unused. */
  #build() {
    const tsc = join(this.directory, 'node_modules/@typescript/native/bin/tsc');
    try {
      execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: this.directory, stdio: 'ignore' });
    } catch (error) {
      if (typeof error.status !== 'number') throw error;
    }
  }
}

/** Tracked files and new ones that nothing ignores. */
function filesOf(root) {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return [...new Set(listed.split('\0'))].filter((file) => file !== '' && existsSync(join(root, file)));
}
