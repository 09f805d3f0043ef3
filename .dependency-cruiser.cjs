/**
 * The layers, as rules. Imports point one way: apps -> libs; apps never import each other; the data plane sees neither
 * the resource kinds, the compiler nor a database; the innermost libraries import nothing of ours; pure libraries do no I/O.
 */
const pureLibs =
  '^libs/(apimachinery|compiler|routing-table|control-protocol|reconcile|inference|dialects|providers|routing|resources)/';
const innermost = '^libs/(apimachinery|clock|config|inference|routing-table)/';
/** Client and provider dialects, a folder each. */
const dialectRooms = '^apps/data-plane/src/(surfaces|egress)/';
const testCode = '\\.spec\\.ts$|(^|/)test/|/testing/';

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      comment: 'A cycle means that two ideas are one, or that a third is missing. Imports of types count.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'libs-never-import-apps',
      severity: 'error',
      from: { path: '^(libs|migrations)/' },
      to: { path: '^(apps|test)/' },
    },
    {
      name: 'apps-never-import-each-other',
      severity: 'error',
      comment:
        'Processes meet on the wire: libs/control-protocol, HTTP, or a spawned main file. What tests need of two apps is in test/.',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'data-plane-knows-no-resources',
      severity: 'error',
      comment:
        'The data plane serves a compiled table: it must start, serve and restart without kinds, compiler or database.',
      from: { path: '^apps/data-plane/', pathNot: '/test/' },
      to: { path: '^libs/(resources|compiler|apimachinery)/|node_modules/(typeorm|pg)/' },
    },
    {
      name: 'a-dialect-is-known-by-its-registry-alone',
      severity: 'error',
      comment: 'Whatever is not a dialect itself gets one from surfaces/registry.ts or egress/registry.ts.',
      from: { path: '^(apps|test)/', pathNot: `${dialectRooms}([^/]+/|registry\\.ts$)` },
      to: { path: `${dialectRooms}[^/]+/` },
    },
    {
      name: 'a-dialect-is-known-by-its-registry-alone',
      severity: 'error',
      comment: 'Its own surface and its own egress alone use what a dialect shares; the bare proxies of bench/ splice.',
      from: { path: '^(apps|libs|test)/', pathNot: ['^libs/dialects/', `${dialectRooms}[^/]+/`] },
      to: { path: '^libs/dialects/src/', pathNot: '^libs/dialects/src/index\\.ts$' },
    },
    {
      name: 'dialects-never-import-each-other',
      severity: 'error',
      from: { path: `${dialectRooms}([^/]+)/` },
      to: {
        path: `${dialectRooms}[^/]+/|^libs/dialects/src/`,
        pathNot: [`${dialectRooms}$2/`, '^libs/dialects/src/(index\\.ts$|$2/)'],
      },
    },
    {
      name: 'dialects-never-import-each-other',
      severity: 'error',
      comment: 'What several dialects need has a folder that is none.',
      from: { path: '^libs/dialects/src/([^/]+)/' },
      to: {
        path: '^libs/dialects/src/[^/]+/',
        pathNot: ['^libs/dialects/src/(answer|json|request|sse|testing)/', '^libs/dialects/src/$1/'],
      },
    },
    {
      name: 'innermost-libs-import-nothing-of-ours',
      severity: 'error',
      from: { path: innermost, pathNot: testCode },
      to: { path: '^(libs|apps|migrations)/', pathNot: ['^libs/$1/'] },
    },
    {
      name: 'reconcile-knows-only-the-clock',
      severity: 'error',
      from: { path: '^libs/reconcile/', pathNot: testCode },
      to: { path: '^(libs|apps|migrations)/', pathNot: ['^libs/(reconcile|clock)/'] },
    },
    {
      name: 'pure-libs-do-no-io',
      severity: 'error',
      comment: 'compile, decide, codecs and validation run in workers, in replay and in tests of a virtual week.',
      from: { path: pureLibs, pathNot: testCode },
      to: {
        path: '^(node:)?(fs|net|http|https|http2|tls|child_process|worker_threads|dns|os|process)(/|$)|node_modules/(undici|ws|pg|typeorm|pino|fastify|@nestjs)/',
      },
    },
    {
      name: 'test-code-stays-in-tests',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: [testCode, '^libs/testing/'] },
      to: { path: '^(libs/testing|test)/' },
    },
    {
      name: 'no-dev-dependency-in-product-code',
      severity: 'error',
      from: { path: '^(apps|libs|migrations)/', pathNot: [testCode, '^libs/testing/'] },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    { name: 'not-to-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      conditionNames: ['signalbox:source', 'import', 'require', 'node', 'default', 'types'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};
