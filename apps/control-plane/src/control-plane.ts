import { once } from 'node:events';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { answerClientError } from './api/server/client-error.js';
import { Readiness } from './api/server/readiness.js';
import { ErrorReplies } from './api/server/reply.js';
import { Watcher } from './api/watch/watcher.js';
import { AppModule } from './app.module.js';
import type { ProcessEnvironment } from './config/config.module.js';
import { ensureBuiltInNamespaces } from './namespaces/built-in-namespaces.js';
import { PublicationServer } from './publication/publication-server.js';
import { controlPlaneOrigin } from './store/control-plane-origin.js';
import type { ObjectStore } from './store/object-store.js';
import { OBJECT_STORE } from './store/tokens.js';
import { writeClientFiles } from './tls/client-files.js';
import { ServerIdentity } from './tls/server-identity.js';

/** Longest request line and headers together. */
const MAX_HEADER_BYTES = 32 * 1024;
/** A connection on which nothing moves for so long is ended, watches and data planes' streams excepted. */
const CONNECTION_TIMEOUT_MS = 60_000;
/** TCP finds out by itself that the client of a silent watch has vanished. */
const KEEP_ALIVE_AFTER_MS = 30_000;
/** A name in a path has at most 253 characters. */
const MAX_PARAMETER_LENGTH = 256;

/** A running control plane. */
export class ControlPlane {
  private constructor(
    private readonly app: NestFastifyApplication,
    /** `https://127.0.0.1:7071` */
    readonly url: string,
    readonly caCertificate: string,
  ) {}

  /** Migrates the database, makes what every installation has, and listens. Rejects if any of it fails. */
  static async start(environment: ProcessEnvironment): Promise<ControlPlane> {
    const { config, logger } = environment;
    const errors = new ErrorReplies(logger);
    const adapter = new FastifyAdapter({
      // The certificate is made from a Secret of the store; it is set before the server listens.
      https: { maxHeaderSize: MAX_HEADER_BYTES, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS },
      routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      forceCloseConnections: true,
      clientErrorHandler: answerClientError,
      // What Fastify refuses before any route is reached, such as a malformed URL.
      frameworkErrors: (error: FastifyError, _request: FastifyRequest, reply: FastifyReply) =>
        errors.send(reply, error),
    });
    const app = await NestFactory.create<NestFastifyApplication>(AppModule.with(environment), adapter, {
      bodyParser: false,
      logger: false,
      abortOnError: false,
    });
    try {
      await app.init();
      const store = app.get<ObjectStore>(OBJECT_STORE);
      await ensureBuiltInNamespaces(store, controlPlaneOrigin);

      const identity = app.get(ServerIdentity);
      const server = app.getHttpServer() as unknown as Server;
      const present = (): void =>
        server.setSecureContext({
          cert: identity.server.certificate,
          key: identity.server.privateKey,
          minVersion: 'TLSv1.2',
        });
      present();
      await app.listen(config.port, config.host);
      const { port } = server.address() as AddressInfo;
      const url = `https://${urlHost(config.host)}:${port}`;
      const { stateDirectory: directory } = config;
      const writeFiles = (): void => {
        if (directory === undefined) return;
        writeClientFiles({ directory, server: url, caCertificate: identity.caCertificate });
      };
      writeFiles();
      // Connections that are open go on; new ones get the new certificate.
      identity.start(() => {
        present();
        writeFiles();
      });
      app.get(Readiness).markStarted();
      logger.info({ url }, 'control plane is ready');
      return new ControlPlane(app, url, identity.caCertificate);
    } catch (error) {
      await app.close();
      throw error;
    }
  }

  /**
   * Unready first, so that nobody new comes; then watches and data planes' streams end, whose clients go elsewhere; then what runs is waited
   * for, up to the deadline.
   */
  async stop(deadlineMs: number): Promise<void> {
    this.app.get(Readiness).markStopping();
    this.app.get(Watcher).endAll();
    this.app.get(PublicationServer).stop();
    const server = this.app.getHttpServer() as unknown as Server;
    const closed = once(server, 'close');
    server.close();
    server.closeIdleConnections();
    const timer = setTimeout(() => server.closeAllConnections(), deadlineMs);
    await closed;
    clearTimeout(timer);
    await this.app.close();
  }
}

/** An address to listen on as clients on this host reach it. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
