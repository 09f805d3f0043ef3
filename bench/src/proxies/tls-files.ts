import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority, issueServerCertificate } from '../../../apps/control-plane/src/tls/certificates.js';

/** A folder with a certificate for loopback, its key, and the authority that proxies are given to trust. */
export interface TlsFiles {
  readonly directory: string;
  readonly ca: string;
  remove(): void;
}

export async function makeTlsFiles(): Promise<TlsFiles> {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-bench-tls-'));
  const authority = await createAuthority(Date.now());
  const { certificate, privateKey } = await issueServerCertificate(authority, ['127.0.0.1'], Date.now());
  const ca = join(directory, 'ca.crt');
  writeFileSync(ca, authority.certificate);
  writeFileSync(join(directory, 'server.crt'), certificate);
  writeFileSync(join(directory, 'server.key'), privateKey, { mode: 0o600 });
  return { directory, ca, remove: () => rmSync(directory, { recursive: true, force: true }) };
}
