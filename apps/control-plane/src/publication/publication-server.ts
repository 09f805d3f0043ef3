import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Tracer } from '@opentelemetry/api';
import { type WebSocket, WebSocketServer } from 'ws';
import { forbidden } from '#libs/apimachinery';
import { decodeFromDataPlane, MAX_FRAME_FROM_DATA_PLANE_BYTES, type Hello } from '#libs/control-protocol';
import type { Clock } from '#libs/clock';
import { SCHEMA_VERSION } from '#libs/routing-table';
import { LimitedLog, type Logger } from '#libs/telemetry';
import { groups, type Identity } from '../auth/identity.js';
import type { DataPlaneOutcome, FleetCommand } from '../commands/command-outcome.js';
import type { Compiled } from '../compile/compile-controller.js';
import type { SecretValue } from '../cache/secret-values.js';
import type { ConnectionListener, Position, SessionListener } from '../fleet/connection-listener.js';
import { DataPlaneSession, type SessionOptions } from './data-plane-session.js';
import { keepAlive } from './keep-alive.js';
import { PublishedTables } from './published-tables.js';

export interface PublicationServerOptions {
  readonly secretValue: (id: string) => SecretValue | undefined;
  readonly connections: ConnectionListener;
  readonly tracer: Tracer;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly countPublication: SessionOptions['count'];
  readonly pingEveryMs?: number;
  readonly helloWithinMs?: number;
  readonly answerWithinMs?: number;
}

/** Normal closure, protocol error, policy violation (RFC 6455, 7.4.1). */
const close = { goingAway: 1001, protocolError: 1002, policy: 1008 } as const;

/** The stream endpoint: one WebSocket a data plane. */
export class PublicationServer {
  private readonly tables: PublishedTables;
  private readonly lines: LimitedLog;
  /** One a second for each data plane. */
  private readonly swaps: LimitedLog;
  private readonly sessions = new Map<string, { readonly session: DataPlaneSession; readonly socket: WebSocket }>();
  /** What each connected data plane serves. */
  private readonly versions = new Map<string, string>();
  private readonly webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_FROM_DATA_PLANE_BYTES,
    perMessageDeflate: false,
    clientTracking: true,
  });

  constructor(private readonly options: PublicationServerOptions) {
    this.tables = new PublishedTables(options.secretValue);
    this.lines = new LimitedLog({ logger: options.logger, nowMs: () => options.clock.nowMs() });
    this.swaps = new LimitedLog({ logger: options.logger, nowMs: () => options.clock.nowMs(), everyMs: 1_000 });
  }

  /** Takes over a connection of `STREAM_PATH`. Throws a 403 unless a data plane asks: values of Secrets go down here. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, identity: Identity): void {
    if (!identity.groups.includes(groups.dataPlanes)) {
      throw forbidden(`the stream is for data planes: a token of the group ${groups.dataPlanes} is needed`);
    }
    this.webSockets.handleUpgrade(request, socket, head, (webSocket) =>
      this.accept(webSocket, request.socket.remoteAddress ?? ''),
    );
  }

  /** After every compile, also when it changed nothing: data planes then move their revision forward. */
  publish({ revision, result, traceParents }: Compiled): void {
    this.tables.advance(revision, result);
    for (const { session } of this.sessions.values()) session.advance(traceParents);
  }

  /** To the data planes that are connected now. */
  command(command: FleetCommand, answered: (outcome: DataPlaneOutcome) => void): void {
    for (const { session } of this.sessions.values()) {
      if (command.dataPlane === undefined || command.dataPlane === session.name)
        session.commands.send(command, answered);
    }
  }

  /** Data planes come back to another replica, or to this one's successor. */
  stop(): void {
    for (const socket of this.webSockets.clients) socket.close(close.goingAway, 'the control plane is stopping');
    this.webSockets.close();
  }

  private accept(socket: WebSocket, sourceAddress: string): void {
    const { clock, logger, helloWithinMs = 10_000, pingEveryMs = 5_000 } = this.options;
    const cancelHello = clock.after(helloWithinMs, () => socket.close(close.policy, 'no hello'));
    keepAlive(socket, clock, pingEveryMs);
    let session: DataPlaneSession | undefined;
    let turnedAway = false;
    socket.on('error', (error) => logger.info({ err: error }, 'a data plane stream failed'));
    socket.on('close', cancelHello);
    socket.on('message', (data: Buffer) => {
      // What it had sent before it could know: the reason has been said once.
      if (turnedAway) return;
      try {
        const message = decodeFromDataPlane(data);
        if (message.type === 'hello') {
          if (session) throw new Error('a second hello');
          cancelHello();
          session = this.greet(message, socket, sourceAddress);
          turnedAway = session === undefined;
        } else if (session) session.receive(message);
        else throw new Error('the first message must be a hello');
      } catch (error) {
        logger.warn({ err: error, dataPlane: session?.name }, 'a data plane sent what cannot be read');
        socket.close(close.protocolError, 'unreadable message');
      }
    });
  }

  /** undefined: the data plane was turned away. */
  private greet(hello: Hello, socket: WebSocket, sourceAddress: string): DataPlaneSession | undefined {
    const { connections, logger, tracer, clock, countPublication, answerWithinMs = 60_000 } = this.options;
    const other = this.sessions.get(hello.name);
    const taken = other && other.session.uid !== hello.uid;
    const refusal = !hello.schemaVersions.includes(SCHEMA_VERSION)
      ? `this control plane publishes schema version ${SCHEMA_VERSION}`
      : taken
        ? `another data plane is connected as ${hello.name}: give each its own SIGNALBOX_DATA_PLANE_NAME`
        : undefined;
    if (refusal !== undefined) {
      this.lines.warn(
        `turned away ${hello.name} ${sourceAddress}`,
        { dataPlane: hello.name, uid: hello.uid, sourceAddress, reason: refusal },
        'a data plane was turned away',
      );
      socket.close(close.policy, refusal);
      return undefined;
    }
    const connection = connections.connected(hello);
    const session = new DataPlaneSession({
      hello,
      tables: this.tables,
      send: (frame) => socket.send(frame),
      terminate: (reason) => {
        logger.warn({ dataPlane: hello.name, reason }, 'a data plane was disconnected');
        socket.terminate();
      },
      listener: { ...connection, served: (position) => this.served(connection, hello.name, position) },
      tracer,
      clock,
      count: countPublication,
      answerWithinMs,
    });
    // The same data plane again, before its old connection was seen to end: the new one counts.
    other?.socket.terminate();
    this.sessions.set(hello.name, { session, socket });
    this.versions.set(hello.name, hello.version ?? '');
    socket.on('close', () => {
      session.close();
      if (this.sessions.get(hello.name)?.session !== session) return;
      this.sessions.delete(hello.name);
      this.versions.delete(hello.name);
      connection.disconnected();
      logger.info({ dataPlane: hello.name }, 'data plane disconnected');
    });
    logger.info(
      { dataPlane: hello.name, sourceAddress, version: hello.version, software: hello.software },
      'data plane connected',
    );
    session.advance([]);
    return session;
  }

  /** A bookmark moves the revision of a table that is served already: no news for people. */
  private served(connection: SessionListener, dataPlane: string, position: Position): void {
    connection.served(position);
    const { version, revision } = position;
    if (this.versions.get(dataPlane) === version) return;
    this.versions.set(dataPlane, version);
    this.swaps.info(dataPlane, { dataPlane, revision, version }, 'data plane serves a new table');
  }
}
