import net, { type Socket } from 'node:net';
import tls from 'node:tls';
import { guardedLookup, refusedLiteral } from '../guarded-lookup.js';
import type { UpstreamTarget } from '../transport.js';
import type { TlsSessions } from './tls-sessions.js';

const PROBE_AFTER_MS = 60_000;

/**
 * What all plain sockets read into: what is read is taken in before the next read begins, so one buffer does for all.
 */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);

export interface SocketListener {
  onReady(): void;
  /** The bytes are good until this returns. */
  onBytes(bytes: Buffer): void;
  /** The other side sends no more. */
  onHalfClose(): void;
  /** Once, last. `error`: undefined where it closed in order. */
  onClose(error: Error | undefined): void;
}

/** What connections over TLS share. */
export interface TlsSettings {
  readonly sessions: TlsSessions;
  /** PEM certificates that are trusted instead of Node's own. */
  readonly authorities: readonly string[] | undefined;
}

/** Begins to connect; everything else is said to the listener, never before this has returned. */
export function openSocket(target: UpstreamTarget, settings: TlsSettings, listener: SocketListener): Socket {
  const { protocol, hostname, port } = new URL(target.origin);
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  const isTls = protocol === 'https:';
  const options = {
    host,
    port: port === '' ? (isTls ? 443 : 80) : Number(port),
    lookup: guardedLookup(target.allowPrivateNetwork),
  };
  const refused = refusedLiteral(host, target.allowPrivateNetwork);
  const socket =
    refused !== undefined
      ? new net.Socket()
      : isTls
        ? openTls(options, target.id, settings, listener)
        : openPlain(options, listener);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, PROBE_AFTER_MS);
  listen(socket, listener);
  if (refused !== undefined) socket.destroy(refused);
  return socket;
}

function openPlain(options: net.TcpNetConnectOpts, listener: SocketListener): Socket {
  const socket = net.connect({
    ...options,
    onread: {
      buffer: readBuffer,
      callback: (length) => {
        listener.onBytes(readBuffer.subarray(0, length));
        return true;
      },
    },
  });
  socket.on('connect', () => listener.onReady());
  return socket;
}

/** TLS sockets know no `onread`: each read is a buffer of its own. */
function openTls(
  options: net.TcpNetConnectOpts,
  targetId: string,
  { sessions, authorities }: TlsSettings,
  listener: SocketListener,
): Socket {
  const socket = tls.connect({
    ...options,
    // RFC 6066, 3: no literals.
    servername: net.isIP(options.host ?? '') === 0 ? options.host : undefined,
    ALPNProtocols: ['http/1.1'],
    session: sessions.of(targetId),
    ...(authorities !== undefined && { ca: [...authorities] }),
  });
  socket.on('session', (session) => sessions.keep(targetId, session));
  socket.on('secureConnect', () => listener.onReady());
  socket.on('data', (bytes: Buffer) => listener.onBytes(bytes));
  return socket;
}

function listen(socket: Socket, listener: SocketListener): void {
  let failure: Error | undefined;
  socket.on('error', (error) => {
    failure = error;
  });
  socket.on('end', () => listener.onHalfClose());
  socket.on('close', () => listener.onClose(failure));
}
