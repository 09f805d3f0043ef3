import { readdirSync, readFileSync } from 'node:fs';

/** A registration in source text: no test starts all of the control plane's modules at once. */
const registration = /\.(?:counter|gauge|histogram|counterFrom|gaugeFrom)\(\s*'(\w+)'/g;
const folders = ['../../apps/control-plane/src/', '../../libs/telemetry/src/metrics/'];

const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');

test('docs/metrics.md lists the control plane’s metrics, each and no other', () => {
  const registered = folders.flatMap((folder) => {
    const sources = readdirSync(new URL(folder, import.meta.url), { recursive: true, encoding: 'utf8' });
    return sources
      .filter((path) => path.endsWith('.ts') && !path.endsWith('.spec.ts'))
      .map((path) => readFileSync(new URL(folder + path, import.meta.url), 'utf8'))
      .flatMap((text) => [...text.matchAll(registration)].map(([, name]) => name));
  });
  const section = page.split(/^## /m).find((text) => text.startsWith('Control plane')) ?? '';
  const listed = [...section.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
  expect(new Set(listed)).toEqual(new Set(registered));
});
