import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { SystemSecrets } from '../secrets/system-secrets.js';
import { type CertificatePair, createAuthority, issueServerCertificate } from './certificates.js';
import { kubeconfig } from './kubeconfig.js';

const AUTHORITY_SECRET = 'signalbox-ca';
/** Reachable under these names whatever the configuration says. */
const localNames = ['localhost', '127.0.0.1', '::1'];

/** What the server shows to clients: a certificate made at this boot, signed by the authority that all replicas share. */
export class ServerIdentity {
  private constructor(
    readonly caCertificate: string,
    readonly server: CertificatePair,
  ) {}

  /** The authority is made once for the installation and kept as a Secret; its key never leaves the database unencrypted. */
  static async create(
    secrets: Pick<SystemSecrets, 'getOrCreate'>,
    names: readonly string[],
    nowMs: number,
  ): Promise<ServerIdentity> {
    const data = await secrets.getOrCreate(AUTHORITY_SECRET, async () => {
      const made = await createAuthority(nowMs);
      return { 'tls.crt': made.certificate, 'tls.key': made.privateKey };
    });
    const authority = { certificate: text(data['tls.crt']), privateKey: text(data['tls.key']) };
    const server = await issueServerCertificate(authority, [...localNames, ...names], nowMs);
    return new ServerIdentity(authority.certificate, server);
  }

  /** Writes `ca.crt` and `kubeconfig`, whole or not at all. The kubeconfig holds and names `admin.token` where that file exists. */
  writeClientFiles(directory: string, server: string): void {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    // Absolute: kubectl takes a relative one from the folder of the kubeconfig, not from ours.
    const tokenFile = resolve(directory, 'admin.token');
    const config = kubeconfig({
      server,
      caCertificate: this.caCertificate,
      ...(existsSync(tokenFile) && { admin: { token: tokenIn(tokenFile), tokenFile } }),
    });
    writeWhole(join(directory, 'ca.crt'), this.caCertificate, 0o644);
    writeWhole(join(directory, 'kubeconfig'), config, 0o600);
  }
}

/** The first line, as every reader of the file takes it. */
const tokenIn = (file: string): string => readFileSync(file, 'utf8').split('\n', 1)[0]!.trim();

function writeWhole(file: string, content: string, mode: number): void {
  const half = `${file}.${process.pid}`;
  writeFileSync(half, content, { mode });
  renameSync(half, file);
}

function text(value: Buffer | undefined): string {
  if (!value) throw new Error(`the Secret signalbox-system/${AUTHORITY_SECRET} lacks tls.crt or tls.key`);
  return value.toString();
}
