/**
 * How long a connection to Postgres may keep anyone waiting. A request waits for a slot of the pool and then for an
 * answer: both together stay under ten seconds, whatever the network does.
 */
export const sessionLimits = {
  /** Until a connection stands, or until the pool has a free one. */
  connectMs: 4_000,
  /** Without a byte while an answer is due: the connection is given up. */
  silenceMs: 5_000,
  /** For a lock, by the server: less than the silence after which we would be gone. */
  lockMs: 4_000,
  /** A replica that freezes inside a transaction would hold the revision counter: the server ends it. */
  idleInTransactionMs: 10_000,
  /** A session from which the server has heard nothing. Ours ask every few seconds, and idle ones of the pool are closed. */
  idleSessionMs: 60_000,
  /** What the server sends and nobody acknowledges: its end of a connection whose other end is gone. */
  tcpUserTimeoutMs: 10_000,
  keepAliveAfterMs: 10_000,
} as const;
