import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { consumerManifest, documents, providerManifest, routeManifest } from '#libs/testing';
import { startEnvironment } from '../environment.js';
import { chatTarget } from '../load/payloads.js';
import { residentBytes } from '../processor-time.js';
import type { Section } from '../report.js';

const batches = [500, 1_000, 2_000];

/** What a stream that waits for its next token keeps resident in the data plane: both sockets included. */
export const heldStreams: Section = {
  name: 'memory',
  async run(progress) {
    const environment = await startEnvironment();
    const sockets: Socket[] = [];
    try {
      const { stack, dataPlane } = environment;
      const { revision } = await stack.admin.apply(
        documents(
          consumerManifest(stack.consumerKey),
          providerManifest('alpha', stack.simulatorOrigin, ['sim-a'], '  connections: {max: 10000}\n'),
          routeManifest({ alpha: 1 }),
        ),
      );
      await stack.untilServed(revision);
      await stack.simulate('alpha', { faults: [{ type: 'StallMidStream', afterTokens: 3 }] });
      const { request } = chatTarget(dataPlane.port, stack.consumerKey, 'chat', true);

      const settle = async () => {
        await sleep(2_000);
        return residentBytes(dataPlane.process.pid);
      };
      const idle = await settle();
      const rows: (string | number)[][] = [];
      for (const target of batches) {
        progress(`${target} held streams`);
        while (sockets.length < target) sockets.push(await openStream(dataPlane.port, request));
        const resident = await settle();
        rows.push([target, idle / 2 ** 20, resident / 2 ** 20, (resident - idle) / target / 1_024]);
      }
      return {
        title: 'Memory of a held stream',
        method:
          'Streams that have had their first tokens and wait for more; resident set of the data plane, 2 s after the last was opened.',
        columns: ['streams', 'idle MiB', 'resident MiB', 'KiB a stream'],
        rows,
        figures: { rows },
      };
    } finally {
      for (const socket of sockets) socket.destroy();
      await environment.stop();
    }
  },
};

/** Resolves once the first content has come: the stream is committed and held. */
async function openStream(port: number, request: Buffer): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (text.includes('"content":"') && text.startsWith('HTTP/1.1 200')) resolve();
      else if (!text.startsWith('HTTP/1.1 200')) reject(new Error(text.slice(0, 300)));
    });
    socket.write(request);
  });
  return socket;
}
