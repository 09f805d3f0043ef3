import http from 'node:http';
import https from 'node:https';
import { FakeClock } from '#libs/testing';
import { Http1Transport } from '../../src/upstream/http1/http1-transport.js';
import { responseFaults } from '../../src/upstream/http1/response-faults.js';
import { bytewise, makeAnswer } from './differential.js';
import { Dice } from './dice.js';
import { RawUpstream } from './raw-upstream.js';
import { RecordingHandler } from './recording-handler.js';
import { selfSigned } from './test-certificate.js';

/** `npm run fuzz:http` has more; so many are sent in every run of the tests, over each kind of socket. */
const answers = Math.ceil(Number(process.env['FUZZ_ANSWERS'] ?? 20_000) / 100);
const seed = Number(process.env['FUZZ_SEED'] ?? 1);

const certificate = selfSigned('localhost');
const strictSays: ReadonlySet<string> = new Set(
  Object.values(responseFaults).flatMap((fault) => ('stricter' in fault ? [`Protocol: ${fault.says}`] : [])),
);

/** What a client of node:http has of the answer; undefined: an error. */
function nodeClient(origin: string, ca: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const { request } = origin.startsWith('https:') ? https : http;
    const call = request(`${origin}/`, { method: 'POST', ca, agent: false, insecureHTTPParser: false }, (response) => {
      let body = '';
      response.setEncoding('latin1');
      response.on('data', (text: string) => {
        body += text;
      });
      response.on('error', () => resolve(undefined));
      // A 101 without the header `upgrade` comes as an answer; what follows it belongs to no protocol that was asked for.
      const isAnswer = response.statusCode !== 101;
      response.on('end', () => resolve(response.complete && isAnswer ? `${response.statusCode} ${body}` : undefined));
    });
    call.on('upgrade', (_response, socket) => {
      socket.destroy();
      resolve(undefined);
    });
    call.on('error', () => resolve(undefined));
    // Whatever else became of it.
    call.on('close', () => resolve(undefined));
    call.end('{}');
  });
}

describe.each(['plain', 'TLS'])('over %s sockets', (kind) => {
  let upstream: RawUpstream;
  let transport: Http1Transport;
  afterEach(async () => {
    await transport.close();
    await upstream.stop();
  });

  it(`${answers} answers from seed ${seed} on come to our clients as to node:http's`, async () => {
    const identity = await certificate;
    upstream = await RawUpstream.start(kind === 'TLS' ? identity : undefined);
    transport = new Http1Transport(new FakeClock(), [identity.cert]);
    const { origin } = upstream;
    const counts = { whole: 0, refused: 0, stricter: 0 };
    for (let index = 0; index < answers; index += 1) {
      const dice = new Dice(seed + index);
      const made = makeAnswer(dice).bytes;
      // Without what comes behind the end: there node:http gives up an answer that stands for us.
      const bytes = made.subarray(0, bytewise(made, false).taken);
      const cut = dice.below(bytes.length + 1);
      upstream.script = {
        request: ({ socket }) => {
          // Two writes, so that there may be two reads; then the end.
          socket.write(bytes.subarray(0, cut), () => setImmediate(() => socket.end(bytes.subarray(cut))));
        },
      };
      const handler = new RecordingHandler();
      const target = { id: `${index}`, origin, allowPrivateNetwork: true, maxConnections: 1 };
      transport.send({ target, path: '/', always: [], headers: [], body: Buffer.from('{}') }, handler);
      const [theirs] = await Promise.all([nodeClient(origin, identity.cert), handler.over]);
      const last = handler.heard.at(-1) ?? '';
      const status = handler.heard.find((said) => said.startsWith('head '))?.slice(5);
      const ours = last === 'end' ? `${status} ${handler.body}` : undefined;
      if (ours === undefined && theirs !== undefined && strictSays.has(last)) {
        counts.stricter += 1;
        continue;
      }
      if (ours !== theirs)
        throw new Error(
          `seed ${seed + index}: ${JSON.stringify({ ours: ours ?? last, theirs, bytes: bytes.toString('latin1') })}`,
        );
      counts[ours === undefined ? 'refused' : 'whole'] += 1;
    }
    expect(counts.whole).toBeGreaterThan(answers / 4);
    expect(counts.refused).toBeGreaterThan(answers / 8);
    expect(upstream.connections).toHaveLength(2 * answers);
  }, 600_000);
});
