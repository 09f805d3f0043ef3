import type { TransportFailure } from '#libs/inference';

const byCode: Readonly<Record<string, TransportFailure>> = {
  ECONNREFUSED: 'ConnectionRefused',
  EHOSTUNREACH: 'ConnectionRefused',
  ENETUNREACH: 'ConnectionRefused',
  EADDRNOTAVAIL: 'ConnectionRefused',
  EMFILE: 'ConnectionRefused',
  ECONNRESET: 'ConnectionReset',
  ECONNABORTED: 'ConnectionReset',
  EPIPE: 'ConnectionReset',
  UND_ERR_SOCKET: 'ConnectionReset',
  UND_ERR_DESTROYED: 'ConnectionReset',
  UND_ERR_CLOSED: 'ConnectionReset',
  ETIMEDOUT: 'ConnectTimeout',
  ENOTFOUND: 'NameNotFound',
  EAI_AGAIN: 'NameNotFound',
  ENODATA: 'NameNotFound',
  ERR_ADDRESS_REFUSED: 'AddressRefused',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'IncompleteBody',
  UND_ERR_HEADERS_OVERFLOW: 'Protocol',
  UND_ERR_ABORTED: 'Aborted',
};

/** OpenSSL's verification results, as Node names them. */
const tlsCode = /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|EPROTO$)/;

/** What an error of the socket, the resolver, TLS or undici means to an attempt. */
export function transportFailure(error: unknown): TransportFailure {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const known = byCode[code];
  if (known !== undefined) return known;
  if (tlsCode.test(code)) return 'TlsError';
  // The parser's own codes begin with HPE_; whatever else is unknown broke the protocol too.
  return 'Protocol';
}

/** One bounded line for people. A header or a body never gets into these errors' messages: we validate before sending. */
export function failureDetail(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown failure';
  const message = error.message === '' ? error.name : error.message;
  return message.replaceAll(/\s+/g, ' ').slice(0, 200);
}
