import { readFileSync } from 'node:fs';

const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')) as {
  packages: Readonly<Record<string, unknown>>;
};

/**
 * sdk-node pins its siblings to one release, and a sibling of another release brings its whole family along: ten copies,
 * 160 MB, a third of the first start's time. So what package.json names of them is pinned to sdk-node's release, too.
 */
test('there is one copy of each OpenTelemetry package', () => {
  const paths = Object.keys(lock.packages).filter((path) => /\/@opentelemetry\/[^/]+$/.test(path));
  expect(paths).not.toEqual([]);
  expect(paths.filter((path) => path.lastIndexOf('node_modules/') > 0)).toEqual([]);
});
