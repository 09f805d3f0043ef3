import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { kubeconfig } from './kubeconfig.js';

export interface ClientFiles {
  readonly directory: string;
  /** `https://host:port` */
  readonly server: string;
  readonly caCertificate: string;
}

/** Writes `ca.crt` and `kubeconfig`, whole or not at all. The kubeconfig holds and names `admin.token` where that file exists. */
export function writeClientFiles({ directory, server, caCertificate }: ClientFiles): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  // Absolute: kubectl takes a relative one from the folder of the kubeconfig, not from ours.
  const tokenFile = resolve(directory, 'admin.token');
  const config = kubeconfig({
    server,
    caCertificate,
    ...(existsSync(tokenFile) && { admin: { token: tokenIn(tokenFile), tokenFile } }),
  });
  writeWhole(join(directory, 'ca.crt'), caCertificate, 0o644);
  writeWhole(join(directory, 'kubeconfig'), config, 0o600);
}

/** The first line, as every reader of the file takes it. */
const tokenIn = (file: string): string => readFileSync(file, 'utf8').split('\n', 1)[0]!.trim();

function writeWhole(file: string, content: string, mode: number): void {
  const half = `${file}.${process.pid}`;
  writeFileSync(half, content, { mode });
  renameSync(half, file);
}
