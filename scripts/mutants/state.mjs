/** State beside the requests: what is swept, looked at in slices, and who waits. */
const state = 'apps/data-plane/src/state';

export default [
  {
    name: 'a table swapped in during a sweep keeps its state',
    file: `${state}/upkeep.ts`,
    find: 'this.uncollected.push(current);',
    replace: 'void current;',
    suite: `${state}/sweeps`,
  },
  {
    name: 'names that come while state is looked at are collected before the next look',
    file: `${state}/upkeep.ts`,
    find: '        yield look;\n        yield* this.collect(named);\n',
    replace: '        yield look;\n',
    suite: `${state}/sweeps`,
  },
  {
    name: 'a sweep follows while something is unnamed',
    file: `${state}/upkeep.ts`,
    find: 'if (this.maps.some((map) => map.hasUnnamed)) this.sweepDue = true;',
    replace: '',
    suite: `${state}/(sweeps|upkeep)`,
  },
  {
    name: 'a sweep takes slices',
    file: `${state}/sliced-work.ts`,
    find: 'const SLICE = 500;',
    replace: 'const SLICE = 50_000;',
    suite: `${state}/sweeps`,
  },
  {
    name: 'what was named again begins its time anew',
    file: `${state}/identity-map.ts`,
    find: '      kept.unnamedSinceMs = undefined;\n',
    replace: '',
    suite: `${state}/sweeps`,
  },
  {
    name: 'a key that is forgotten is not looked for any more',
    file: `${state}/credential-health.ts`,
    find: '    state.clear();\n    this.paused.delete(state);\n  }\n\n  private turnTo',
    replace: '    state.clear();\n  }\n\n  private turnTo',
    suite: `${state}/credential-health`,
  },
  {
    name: 'nothing is said of a forgotten key when its time is over',
    file: `${state}/credential-health.ts`,
    find: '    state.clear();\n    this.paused.delete(state);\n  }\n\n  private turnTo',
    replace: '    this.paused.delete(state);\n  }\n\n  private turnTo',
    suite: `${state}/credential-health`,
  },
  {
    name: 'a look over the whole table keeps nothing parsed',
    file: 'apps/data-plane/src/table/table.ts',
    find: 'yield (stored.glance as BackendEntry)',
    replace: 'yield (stored.value as BackendEntry)',
    suite: 'apps/data-plane/src/table/table.spec',
  },
  {
    name: 'who takes what came back ends the waking',
    file: `${state}/waiting-lines.ts`,
    find: 'if (isFree()) next = waiter;',
    replace: 'if (isFree() || waiter.arrival > 0) next = waiter;',
    suite: `${state}/waiting-lines`,
  },
  {
    name: 'who comes while others are woken is not woken with them',
    file: `${state}/waiting-lines.ts`,
    find: ' && next.arrival <= last',
    replace: ' && last >= 0',
    suite: `${state}/waiting-lines`,
  },
  {
    name: 'who leaves keeps the place',
    file: `${state}/waiting-line.ts`,
    find: '    this.front = Math.min(this.front, at);\n',
    replace: '',
    suite: `${state}/waiting-line.spec`,
  },
  {
    name: 'a line closes up',
    file: `${state}/waiting-line.ts`,
    find: 'if (this.waiters.length > 2 * this.size + SPARE_PLACES) this.closeUp();',
    replace: '',
    suite: `${state}/waiting-line.spec`,
  },
];
