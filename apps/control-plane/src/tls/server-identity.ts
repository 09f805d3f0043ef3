import type { Clock } from '#libs/clock';
import type { Logger } from '#libs/telemetry';
import type { SystemSecrets } from '../secrets/system-secrets.js';
import {
  type CertificatePair,
  createAuthority,
  expiryOf,
  issueServerCertificate,
  SERVER_LIFE_MS,
} from './certificates.js';

const AUTHORITY_SECRET = 'signalbox-ca';
/** Reachable under these names whatever the configuration says. */
const localNames = ['localhost', '127.0.0.1', '::1'];
/** A third of its life is left for renewals that fail. */
const RENEW_AFTER_MS = (SERVER_LIFE_MS * 2) / 3;
const LOOK_EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Replacing the authority takes a visit to every client. */
const WARN_BEFORE_MS = 180 * DAY_MS;

export interface ServerIdentityOptions {
  readonly secrets: Pick<SystemSecrets, 'getOrCreate'>;
  /** By which clients reach this replica, besides the local ones; asked again at each look. */
  readonly names: () => readonly string[];
  /** Epoch milliseconds. */
  readonly nowMs: () => number;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

interface Issued {
  readonly authority: CertificatePair;
  readonly server: CertificatePair;
  readonly names: string;
  readonly atMs: number;
}

/**
 * What the server shows to clients: a certificate of its own, signed by the authority that all replicas share. It is
 * renewed while the server runs: after two thirds of its life, and when the names, the authority or the clock change.
 */
export class ServerIdentity {
  readonly #options: ServerIdentityOptions;
  #issued: Issued;
  #onRenewed: () => void = () => {};
  #cancelLook: () => void = () => {};
  #stopped = false;
  #warnedAtMs = -Infinity;

  private constructor(options: ServerIdentityOptions, issued: Issued) {
    this.#options = options;
    this.#issued = issued;
    this.#warnOfExpiry();
  }

  /** The authority is made once for the installation and kept as a Secret; its key never leaves the database unencrypted. */
  static async create(options: ServerIdentityOptions): Promise<ServerIdentity> {
    const authority = await readAuthority(options);
    return new ServerIdentity(options, await issue(options, authority));
  }

  get caCertificate(): string {
    return this.#issued.authority.certificate;
  }

  get server(): CertificatePair {
    return this.#issued.server;
  }

  /** Seconds left of each certificate. */
  get secondsLeft(): { readonly authority: number; readonly server: number } {
    const left = (pair: CertificatePair): number => (expiryOf(pair) - this.#options.nowMs()) / 1_000;
    return { authority: left(this.#issued.authority), server: left(this.#issued.server) };
  }

  /** From now on looks every hour; `onRenewed` is called after each renewal. */
  start(onRenewed: () => void): void {
    this.#onRenewed = onRenewed;
    this.#lookLater();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelLook();
  }

  /** The next look is planned once this one has ended: no two renewals overlap. */
  #lookLater(): void {
    if (this.#stopped) return;
    this.#cancelLook = this.#options.clock.after(LOOK_EVERY_MS, () => {
      void this.#renewIfDue().then(() => this.#lookLater());
    });
  }

  async #renewIfDue(): Promise<void> {
    const { logger } = this.#options;
    try {
      this.#warnOfExpiry();
      const authority = await readAuthority(this.#options);
      if (!this.#isDue(authority)) return;
      this.#issued = await issue(this.#options, authority);
      logger.info({ expires: new Date(expiryOf(this.server)).toISOString() }, 'the server certificate was renewed');
      this.#onRenewed();
    } catch (error) {
      logger.warn({ err: error }, 'the server certificate was not renewed; trying again in an hour');
    }
  }

  #isDue(authority: CertificatePair): boolean {
    const { atMs, names, authority: signedBy } = this.#issued;
    const ageMs = this.#options.nowMs() - atMs;
    // A negative age: it was made by a clock that was ahead and has been put right.
    return (
      ageMs >= RENEW_AFTER_MS ||
      ageMs < 0 ||
      names !== namesOf(this.#options).join() ||
      signedBy.certificate !== authority.certificate
    );
  }

  /** Once a day. */
  #warnOfExpiry(): void {
    const { nowMs, logger } = this.#options;
    const leftMs = expiryOf(this.#issued.authority) - nowMs();
    if (leftMs > WARN_BEFORE_MS || nowMs() - this.#warnedAtMs < DAY_MS) return;
    this.#warnedAtMs = nowMs();
    logger.warn(
      { days: Math.floor(leftMs / DAY_MS) },
      'the certificate authority expires soon, and with it every connection; docs/production.md says how it is replaced',
    );
  }
}

async function readAuthority({ secrets, nowMs }: ServerIdentityOptions): Promise<CertificatePair> {
  const data = await secrets.getOrCreate(AUTHORITY_SECRET, async () => {
    const made = await createAuthority(nowMs());
    return { 'tls.crt': made.certificate, 'tls.key': made.privateKey };
  });
  return { certificate: text(data['tls.crt']), privateKey: text(data['tls.key']) };
}

async function issue(options: ServerIdentityOptions, authority: CertificatePair): Promise<Issued> {
  const [names, atMs] = [namesOf(options), options.nowMs()];
  return { authority, names: names.join(), atMs, server: await issueServerCertificate(authority, names, atMs) };
}

const namesOf = ({ names }: ServerIdentityOptions): string[] => [...localNames, ...names()];

function text(value: Buffer | undefined): string {
  if (!value) throw new Error(`the Secret signalbox-system/${AUTHORITY_SECRET} lacks tls.crt or tls.key`);
  return value.toString();
}
