import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Ports } from './config/config.js';
import { CliError } from './cli-error.js';
import { newEncryptionKey, newToken, sha256Hex } from './secret-text.js';
import { writePrivateFile } from './private-file.js';

/** What a request to the control plane needs. */
export interface Connection {
  readonly controlPlaneUrl: string;
  readonly token: string;
  /** PEM; undefined: the system's certificate authorities. */
  readonly certificateAuthority: string | undefined;
}

/** Where the commands find what `signalbox up` started. Holds no secret. */
export interface Endpoints {
  readonly controlPlane: string;
  readonly dataPlane: string;
  readonly dataPlaneAdmin: string;
  readonly simulator: string;
}

export function endpointsOf(ports: Ports): Endpoints {
  return {
    controlPlane: `https://127.0.0.1:${ports.control}`,
    dataPlane: `http://127.0.0.1:${ports.data}`,
    dataPlaneAdmin: `http://127.0.0.1:${ports.dataAdmin}`,
    simulator: `http://127.0.0.1:${ports.simulator}`,
  };
}

/** The files of the embedded mode's state directory; `ca.crt` and `kubeconfig` are written by the control plane. */
export class StateDirectory {
  constructor(readonly path: string) {}

  readonly adminToken = this.file('admin.token');
  readonly dataPlaneToken = this.file('data-plane.token');
  readonly tokens = this.file('tokens.yaml');
  readonly consumerKey = this.file('consumer.key');
  readonly masterKey = this.file('master.key');
  readonly stateKey = this.file('state.key');
  readonly certificateAuthority = this.file('ca.crt');
  readonly kubeconfig = this.file('kubeconfig');
  readonly endpoints = this.file('endpoints.json');
  readonly postgres = this.file('postgres');

  private file(name: string): string {
    return join(this.path, name);
  }

  /**
   * Makes the directory (0700) and the secrets in it that don't exist yet (0600). Throws a CliError where it can't, and
   * where the master key of a database that is there is gone, unless another file is named for it.
   */
  prepare(masterKeyFile?: string): void {
    makePrivateDirectory(this.path);
    // Nothing in here belongs into version control, wherever the working directory is.
    if (!existsSync(this.file('.gitignore'))) writeFileSync(this.file('.gitignore'), '*\n');
    if (masterKeyFile === undefined) this.requireMasterKey();
    ensure(this.masterKey, () => `${newEncryptionKey()}\n`);
    ensure(this.stateKey, () => `${newEncryptionKey()}\n`);
    this.prepareTokens();
  }

  writeEndpoints(endpoints: Endpoints): void {
    writePrivateFile(this.endpoints, `${JSON.stringify(endpoints, null, 2)}\n`);
  }

  /** Undefined if `signalbox up` never ran here, or the file isn't what it wrote: the next start writes it anew. */
  readEndpoints(): Endpoints | undefined {
    try {
      return JSON.parse(readFileSync(this.endpoints, 'utf8')) as Endpoints;
    } catch {
      return undefined;
    }
  }

  /** To the control plane that runs here, as its administrator. */
  connection(endpoints: Endpoints): Connection {
    return {
      controlPlaneUrl: endpoints.controlPlane,
      token: readSecret(this.adminToken),
      certificateAuthority: readFileSync(this.certificateAuthority, 'utf8'),
    };
  }

  /** A new key in its place would be of no use, and would look as if it were the right one. */
  private requireMasterKey(): void {
    if (existsSync(this.masterKey) || !existsSync(join(this.postgres, 'data'))) return;
    throw new CliError(`${this.masterKey} is missing; the secrets in the database can't be read without it.`, {
      hints: [`Put it back, or remove ${this.path} (and what its postgres links to) to begin anew.`],
    });
  }

  private prepareTokens(): void {
    if (!existsSync(this.tokens)) {
      ensure(this.adminToken, newToken);
      ensure(this.dataPlaneToken, newToken);
      const entries = [
        tokenEntry('admin', ['signalbox:admins'], readSecret(this.adminToken)),
        tokenEntry('data-plane', ['signalbox:data-planes'], readSecret(this.dataPlaneToken)),
      ];
      writePrivateFile(this.tokens, `tokens:\n${entries.join('')}`);
      return;
    }
    const known = readFileSync(this.tokens, 'utf8');
    for (const file of [this.adminToken, this.dataPlaneToken]) {
      if (existsSync(file) && known.includes(sha256Hex(readSecret(file)))) continue;
      throw new CliError(`${file} does not hold a token that ${this.tokens} knows.`, {
        hints: [`Remove ${this.tokens} to have both made anew; tokens that were added to it must be added again.`],
      });
    }
  }
}

/** An entry of a tokens file (SIGNALBOX_TOKENS_FILE): the digest stands for the token. */
export function tokenEntry(user: string, groups: readonly string[], token: string): string {
  // As JSON, which is YAML: no name can add a field, and a digest of nothing but digits stays text.
  const [name, digest] = [user, sha256Hex(token)].map((text) => JSON.stringify(text));
  return `  - {name: ${name}, user: ${name}, groups: ${JSON.stringify(groups)}, sha256: ${digest}}\n`;
}

/** The first line of a file with one secret. */
export function readSecret(path: string): string {
  return readFileSync(path, 'utf8').split('\n', 1)[0]?.trim() ?? '';
}

function ensure(path: string, make: () => string): void {
  if (!existsSync(path)) writePrivateFile(path, make());
}

function makePrivateDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o700);
    // Root may enter anyone's directory, but would leave files there that their owner can't read.
    const { uid } = statSync(path);
    if (uid !== process.getuid?.()) throw new Error(`it belongs to the account ${uid}`);
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new CliError(`The state directory ${path} can't be used: ${(cause as Error).message}.`, {
      cause,
      hints: ['Run as the account that owns it, or set SIGNALBOX_STATE_DIR to a directory of your own.'],
    });
  }
}
