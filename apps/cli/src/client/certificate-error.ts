import { get } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { CliError } from '../cli-error.js';

/** What the server shows to somebody who doesn't check it. */
interface Seen {
  readonly validFrom: Date;
  readonly validTo: Date;
  /** Its `Date` header; undefined: it sent none. */
  readonly clock: Date | undefined;
}

const untrusted = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
]);
const LOOK_TIMEOUT_MS = 5_000;
/** Clocks closer than this are taken for equal. */
const APART_MS = 60_000;

/** A refused certificate in plain words, with both clocks where time is the matter; undefined: it is about something else. */
export async function certificateError(cause: unknown, url: string): Promise<CliError | undefined> {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  if (untrusted.has(code)) {
    return new CliError(`The certificate of ${url} is signed by an authority that isn't trusted here (${code}).`, {
      cause,
      hints: ['Set SIGNALBOX_CA_FILE to the ca.crt of this control plane.'],
    });
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return new CliError(`The certificate of ${url} is for other names: ${message}`, {
      cause,
      hints: ['Add the name by which you reach it to SIGNALBOX_TLS_SANS of the control plane and restart it.'],
    });
  }
  if (code !== 'CERT_NOT_YET_VALID' && code !== 'CERT_HAS_EXPIRED') return undefined;
  const seen = await look(url).catch(() => undefined);
  return outOfTime(url, code === 'CERT_NOT_YET_VALID' ? 'is not valid yet' : 'has expired', seen, new Date(), cause);
}

function outOfTime(url: string, what: string, seen: Seen | undefined, here: Date, cause: unknown): CliError {
  const clocks = [`the clock here says ${shown(here)}`, ...(seen?.clock ? [`the server's ${shown(seen.clock)}`] : [])];
  const own = seen !== undefined && (here < seen.validFrom || here > seen.validTo);
  const subject = seen === undefined || own ? `The certificate of ${url}` : `The certificate authority of ${url}`;
  const validity = own ? `it is valid from ${shown(seen.validFrom)} to ${shown(seen.validTo)}; ` : '';
  const apartMs = seen?.clock ? Math.abs(here.getTime() - seen.clock.getTime()) : 0;
  const hints =
    apartMs > APART_MS
      ? [
          `The two clocks are ${duration(apartMs)} apart: set the one that is wrong. If it was the server's, restart the control plane for a new certificate.`,
        ]
      : own || seen === undefined
        ? [
            'Restart the control plane: it makes a new certificate at each start. If that does not help, look at the clocks.',
          ]
        : ['Replace the authority and give the new ca.crt to every client: docs/production.md says how.'];
  return new CliError(`${subject} ${what}: ${validity}${clocks.join(', ')}.`, { cause, hints });
}

/** Without a token, as whoever answers isn't known. */
function look(url: string): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const request = get(
      new URL('/livez', url),
      { rejectUnauthorized: false, agent: false, timeout: LOOK_TIMEOUT_MS },
      (response) => {
        const { valid_from, valid_to } = (response.socket as TLSSocket).getPeerCertificate();
        const clock = new Date(response.headers.date ?? '');
        response.destroy();
        resolve({
          validFrom: new Date(valid_from),
          validTo: new Date(valid_to),
          clock: Number.isNaN(clock.getTime()) ? undefined : clock,
        });
      },
    );
    request.on('timeout', () => request.destroy(new Error('timed out')));
    request.on('error', reject);
  });
}

const shown = (time: Date): string => `${time.toISOString().slice(0, 19)}Z`;

function duration(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}
