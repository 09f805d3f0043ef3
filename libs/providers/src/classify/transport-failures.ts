import type { ErrorClass, TransportFailure } from '#libs/inference';

/** A failed transport by class. The message says what happened in our words: a transport's own text may quote a header. */
export const transportFailures: Readonly<Record<TransportFailure, readonly [ErrorClass, string]>> = {
  ConnectTimeout: ['Timeout', 'The connection to the upstream was not made in time.'],
  FirstByteTimeout: ['Timeout', 'The upstream did not begin to answer in time.'],
  FirstTokenTimeout: ['Timeout', 'The upstream sent no token in time.'],
  StreamIdleTimeout: ['Timeout', 'The upstream stopped sending in the middle of its answer.'],
  AttemptTimeout: ['Timeout', 'The attempt took longer than it may.'],
  RequestTimeout: ['Timeout', 'The request took longer than it may.'],
  ConnectionRefused: ['Network', 'The upstream refused the connection.'],
  OutOfSockets: ['Overloaded', 'This process has no socket or port left to connect with.'],
  ConnectionReset: ['Network', 'The upstream closed the connection before its answer was whole.'],
  NameNotFound: ['Network', "The upstream's name could not be resolved."],
  TlsError: ['Network', 'The TLS connection to the upstream failed.'],
  AddressRefused: ['Network', "The upstream's address is not one that this backend may connect to."],
  IncompleteBody: ['ServerError', "The upstream's answer ended before it was whole."],
  BodyTooLarge: ['ServerError', "The upstream's answer is larger than allowed."],
  Protocol: ['ServerError', "The upstream's answer breaks the protocol."],
  Aborted: ['Cancelled', 'The request was cancelled.'],
};
