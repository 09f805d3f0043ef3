import { consumerManifest, documents, providerManifest, routeManifest } from '#libs/testing';
import { type Environment, startEnvironment } from '../environment.js';
import type { Section, SectionReport } from '../report.js';
import { percentile } from '../statistics.js';

const sizes = [10, 10_000];
const changes = 200;
const perApply = 500;

/** Whether a change reaches traffic as soon among many policies as among few: two stacks side by side, change by change in turn. */
export const servedBySize: Section = {
  name: 'served',
  async run(progress) {
    const stacks: { size: number; environment: Environment; samples: number[] }[] = [];
    try {
      for (const size of sizes) {
        progress(`a stack with ${size} policies`);
        stacks.push({ size, environment: await filled(size), samples: [] });
      }
      progress(`${changes} changes in each`);
      for (let index = 0; index < changes; index++) {
        for (const { size, environment, samples } of stacks) samples.push(await change(environment, index, size));
      }
    } finally {
      for (const { environment } of stacks) await environment.stop();
    }
    return report(stacks);
  },
};

async function filled(size: number): Promise<Environment> {
  const environment = await startEnvironment();
  const { stack } = environment;
  let { revision } = await stack.admin.apply(
    documents(consumerManifest(stack.consumerKey), providerManifest('alpha', stack.simulatorOrigin, ['sim-a'])),
  );
  for (let from = 0; from < size; from += perApply) {
    const policies = Array.from({ length: Math.min(perApply, size - from) }, (_, index) => policy(from + index, 1));
    ({ revision } = await stack.admin.apply(documents(...policies)));
  }
  await stack.untilServed(revision);
  return environment;
}

const policy = (index: number, weight: number): string => routeManifest({ alpha: weight }, '', `policy-${index}`);

/** From the apply's answer to the first response at its revision: a model that isn't there, asked for without pause. */
async function change({ stack }: Environment, index: number, size: number): Promise<number> {
  const { revision } = await stack.admin.apply(policy((index * 7) % size, index + 2));
  const answeredMs = performance.now();
  for (;;) {
    // The list of models would be as long as the configuration.
    const response = await fetch(`${stack.dataOrigin}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stack.consumerKey}`, 'content-type': 'application/json' },
      body: '{"model": "no-such-model", "messages": []}',
    });
    await response.arrayBuffer();
    if (Number(response.headers.get('x-signalbox-revision')) >= revision) return performance.now() - answeredMs;
  }
}

function report(stacks: readonly { readonly size: number; readonly samples: readonly number[] }[]): SectionReport {
  const rows = stacks.map(({ size, samples }) => [size, percentile(samples, 0.5), percentile(samples, 0.99)] as const);
  const [few, many] = rows;
  const ratios = { p50: many![1] / few![1], p99: many![2] / few![2] };
  return {
    title: 'From apply to served, by size',
    method: `${changes} edits of one policy in each of two stacks, in turn; from the apply's answer to the first response at its revision.`,
    columns: ['policies', 'p50 ms', 'p99 ms'],
    rows: [...rows, ['ratio', ratios.p50, ratios.p99]],
    figures: { rows, ratios },
  };
}
