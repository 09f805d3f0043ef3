import { Agent, request } from 'undici';
import type { Dispatcher } from 'undici';
import { CliError, exitCodes } from '../cli-error.js';
import type { Connection } from '../state-directory.js';
import { certificateError } from './certificate-error.js';
import { serverError } from './server-error.js';

export interface AdminRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
  readonly contentType?: string;
  readonly accept?: string;
  readonly signal?: AbortSignal;
  /** The answer's body says the same as its `Warning` headers, and more: those are left alone. */
  readonly warningsInBody?: boolean;
}

/** Long enough for an apply of many documents; a watch has none. */
const answerTimeoutMs = 60_000;

/** The control plane's HTTP API with a bearer token over TLS. Refusals become ServerErrors, failures to connect CliErrors. */
export class AdminClient {
  private readonly agent: Agent;

  constructor(
    private readonly connection: Connection,
    /** Gets the text of each `Warning: 299` header. */
    private readonly onWarning: (text: string) => void = () => undefined,
    /** Ends whatever request is under way. */
    private readonly interrupted?: AbortSignal,
  ) {
    this.agent = new Agent({
      connect: { ca: connection.certificateAuthority, timeout: 10_000 },
      bodyTimeout: 0,
      connections: 8,
      headersTimeout: answerTimeoutMs,
    });
  }

  async json<Answer>(options: AdminRequest): Promise<Answer> {
    return JSON.parse(await this.text(options)) as Answer;
  }

  async text(options: AdminRequest): Promise<string> {
    return (await this.send(options)).body.text();
  }

  /** The body as it arrives, for watches. */
  async lines(options: AdminRequest): Promise<AsyncIterable<string>> {
    const { body } = await this.send(options);
    return linesOf(body.setEncoding('utf8') as AsyncIterable<string>);
  }

  close(): Promise<void> {
    return this.agent.destroy();
  }

  private async send(options: AdminRequest): Promise<Dispatcher.ResponseData> {
    const url = new URL(options.path, this.connection.controlPlaneUrl);
    for (const [name, value] of Object.entries(options.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    let response: Dispatcher.ResponseData;
    try {
      response = await request(url, {
        dispatcher: this.agent,
        method: options.method ?? 'GET',
        body: options.body,
        signal: options.signal ?? this.interrupted,
        headers: {
          authorization: `Bearer ${this.connection.token}`,
          accept: options.accept ?? 'application/json',
          'user-agent': 'signalbox-cli',
          ...(options.body !== undefined && { 'content-type': options.contentType ?? 'application/json' }),
        },
      });
    } catch (error) {
      if (this.interrupted?.aborted && (options.method ?? 'GET') !== 'GET') throw interruptedWrite(error);
      const { controlPlaneUrl } = this.connection;
      throw (
        (await certificateError(error, controlPlaneUrl)) ??
        connectionError(error, controlPlaneUrl, 'SIGNALBOX_CONTROL_PLANE_URL')
      );
    }
    if (!options.warningsInBody || response.statusCode >= 400) {
      for (const text of warningsOf(response.headers['warning'])) this.onWarning(text);
    }
    if (response.statusCode >= 400) throw serverError(response.statusCode, await response.body.text());
    return response;
  }
}

function interruptedWrite(cause: unknown): CliError {
  return new CliError('Interrupted before the server answered; what was asked for may have been done.', {
    cause,
    exitCode: exitCodes.interrupted,
    hints: ['`signalbox get` shows what is there.'],
  });
}

/** The quoted text of `299 - "text"`, several in one header separated by commas (RFC 7234, section 5.5). */
export function warningsOf(header: string | readonly string[] | undefined): string[] {
  return [header ?? []]
    .flat()
    .flatMap((line) =>
      [...line.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map((match) => (match[1] ?? '').replace(/\\(.)/g, '$1')),
    );
}

async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line !== '');
  }
  if (rest.trim() !== '') yield rest;
}

/** OpenSSL's of an answer in plain HTTP, such as a data plane's. */
const notTls = /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/;

/** `variable` names the server in the environment. */
export function connectionError(cause: unknown, url: string, variable: string): Error {
  const error = cause as NodeJS.ErrnoException;
  if (error.name === 'AbortError') return error;
  const problem = error.message || error.code || 'no reason given';
  if (notTls.test(error.code ?? '')) {
    return new CliError(`Can't talk to ${url}: what answers there speaks no TLS, so it is no control plane`, {
      cause: error,
      hints: [`${variable} is https://HOST:PORT of the control plane, whose port is 7071 unless another was set.`],
    });
  }
  return new CliError(`Can't reach ${url}: ${problem}`, {
    cause: error,
    hints: [`Is it running (\`signalbox up\`)? ${variable} names another one.`],
  });
}
