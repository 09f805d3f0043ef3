import type { TransportFailure } from '#libs/inference';
import { AddressRefusedError } from './address-guard.js';

const byCode: Readonly<Record<string, TransportFailure>> = {
  ECONNREFUSED: 'ConnectionRefused',
  EHOSTDOWN: 'ConnectionRefused',
  EHOSTUNREACH: 'ConnectionRefused',
  ENETDOWN: 'ConnectionRefused',
  ENETUNREACH: 'ConnectionRefused',
  EADDRNOTAVAIL: 'OutOfSockets',
  EMFILE: 'OutOfSockets',
  ENFILE: 'OutOfSockets',
  ENOBUFS: 'OutOfSockets',
  ECONNRESET: 'ConnectionReset',
  ECONNABORTED: 'ConnectionReset',
  EPIPE: 'ConnectionReset',
  ETIMEDOUT: 'ConnectTimeout',
  ENOTFOUND: 'NameNotFound',
  EAI_AGAIN: 'NameNotFound',
  ENODATA: 'NameNotFound',
  ERR_ADDRESS_REFUSED: 'AddressRefused',
};

/**
 * What the same codes mean once the connection is open: nobody acknowledges what is sent, or the way to the server is
 * gone. Nobody refused to be connected to then, nor took too long to.
 */
const byCodeOnceOpen: Readonly<Record<string, TransportFailure>> = {
  ECONNREFUSED: 'ConnectionReset',
  EHOSTDOWN: 'ConnectionReset',
  EHOSTUNREACH: 'ConnectionReset',
  ENETDOWN: 'ConnectionReset',
  ENETUNREACH: 'ConnectionReset',
  ETIMEDOUT: 'ConnectionReset',
};

/** OpenSSL's verification results, as Node names them. */
const tlsCode = /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|EPROTO$)/;

/** What an error of the socket, the resolver or TLS means to an attempt. `wasOpen`: a request could be written already. */
export function transportFailure(error: unknown, wasOpen: boolean): TransportFailure {
  const code = codeOf(error);
  const known = (wasOpen ? byCodeOnceOpen[code] : undefined) ?? byCode[code];
  if (known !== undefined) return known;
  if (tlsCode.test(code)) return 'TlsError';
  // Whatever else it may be: the answer can't be relied on.
  return 'Protocol';
}

/** A few words for people: our own message, or else the code alone, since a library's text may quote what was sent. */
export function failureDetail(error: unknown): string {
  if (error instanceof AddressRefusedError) return error.message;
  return codeOf(error);
}

function codeOf(error: unknown): string {
  const hasCode = typeof error === 'object' && error !== null && 'code' in error;
  return hasCode && typeof error.code === 'string' ? error.code : '';
}
