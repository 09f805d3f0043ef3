import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SIZE = '256k';

/**
 * A directory that can be full and have room again. Where we may mount one it is a disk of its own, whose kernel says
 * ENOSPC; elsewhere a file takes the place of the folder that is written to.
 */
export class SmallDisk {
  private readonly ballast: string;
  private readonly away: string;

  private constructor(
    readonly path: string,
    /** What is written to, below the path. */
    private readonly folder: string,
    private readonly mounted: boolean,
  ) {
    this.ballast = join(path, 'ballast');
    this.away = `${folder}.away`;
  }

  static make(path: string, folder: string): SmallDisk {
    mkdirSync(path, { recursive: true });
    let mounted = true;
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'tmpfs', path], { stdio: 'ignore' });
    } catch {
      mounted = false;
    }
    return new SmallDisk(path, join(path, folder), mounted);
  }

  /** What the kernel says of a write. */
  get refusal(): string {
    return this.mounted ? 'ENOSPC: no space left on device' : 'EEXIST: file already exists';
  }

  fill(): void {
    if (!this.mounted) {
      if (existsSync(this.folder)) renameSync(this.folder, this.away);
      writeFileSync(this.folder, '');
      return;
    }
    try {
      writeFileSync(this.ballast, Buffer.alloc(1024 * 1024));
    } catch {
      // It is full now.
    }
  }

  makeRoom(): void {
    if (this.mounted) return rmSync(this.ballast, { force: true });
    rmSync(this.folder, { force: true });
    if (existsSync(this.away)) renameSync(this.away, this.folder);
  }

  remove(): void {
    if (this.mounted) execFileSync('umount', ['--lazy', this.path]);
    rmSync(this.path, { recursive: true, force: true });
  }
}
