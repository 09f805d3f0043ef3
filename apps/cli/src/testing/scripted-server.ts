import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { PemConverter, SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface ScriptedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object | string;
}

/** An HTTPS server that gives the answers it was told to, by `METHOD /path`, and remembers what it was asked. */
export class ScriptedServer {
  readonly requests: SeenRequest[] = [];
  private readonly answers = new Map<string, ScriptedAnswer[]>();

  private constructor(
    private readonly server: Server,
    /** PEM of the self-signed certificate: its own authority. */
    readonly certificate: string,
  ) {
    server.on('request', (request: IncomingMessage, response) => {
      void text(request).then((body) => {
        const { status = 200, headers, body: answer } = this.answer(request, body);
        response.writeHead(status, { 'content-type': 'application/json', ...headers });
        response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
      });
    });
  }

  /** `certified`: from when to when its certificate is valid, epoch milliseconds. */
  static async start(
    certified = { fromMs: Date.now() - 60_000, toMs: Date.now() + 3_600_000 },
  ): Promise<ScriptedServer> {
    const { key, certificate } = await selfSigned(certified);
    const server = createServer({ key, cert: certificate }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ScriptedServer(server, certificate);
  }

  get origin(): string {
    return `https://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Several answers are given in turn, the last one from then on. */
  on(request: string, ...answers: ScriptedAnswer[]): void {
    this.answers.set(request, answers);
  }

  /** Resolves once so many requests have come. */
  async asked(count: number): Promise<void> {
    while (this.requests.length < count) await once(this.server, 'request');
  }

  reset(): void {
    this.answers.clear();
    this.requests.length = 0;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  private answer(request: IncomingMessage, body: string): ScriptedAnswer {
    const { method = '', headers } = request;
    const { pathname: path, searchParams } = new URL(request.url ?? '', this.origin);
    this.requests.push({ method, path, query: Object.fromEntries(searchParams), headers, body });
    const [first = notFound(path), ...others] = this.answers.get(`${method} ${path}`) ?? [];
    if (others.length > 0) this.answers.set(`${method} ${path}`, others);
    return first;
  }
}

function notFound(path: string): ScriptedAnswer {
  const status = { kind: 'Status', status: 'Failure', reason: 'NotFound', code: 404, message: `${path} not found` };
  return { status: 404, body: status };
}

async function selfSigned({
  fromMs,
  toMs,
}: {
  fromMs: number;
  toMs: number;
}): Promise<{ key: string; certificate: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      name: 'CN=scripted',
      notBefore: new Date(fromMs),
      notAfter: new Date(toMs),
      signingAlgorithm: algorithm,
      keys,
      extensions: [new SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])],
    },
    webcrypto as webcrypto.Crypto,
  );
  const key = PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { key, certificate: certificate.toString('pem') };
}
