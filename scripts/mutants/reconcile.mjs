/** What the controllers of both planes lean on: the queue's order, the back-off, the merge of conditions. */
const suite = 'libs/reconcile';

export default [
  {
    name: 'a key that is worked on is not handed to a second worker',
    file: 'libs/reconcile/src/work-queue.ts',
    find: 'if (!this.processing.has(key)) this.offer(key);',
    replace: 'this.offer(key);',
    suite,
  },
  {
    name: 'a change during a run asks for another run',
    file: 'libs/reconcile/src/work-queue.ts',
    find: 'if (!this.closed && this.dirty.has(key)) this.offer(key);',
    replace: '',
    suite,
  },
  {
    name: 'a closed queue gives its takers up',
    file: 'libs/reconcile/src/work-queue.ts',
    find: 'for (const taker of this.takers.splice(0)) taker(undefined);',
    replace: '',
    suite,
  },
  {
    name: 'of two pending additions the earlier stays',
    file: 'libs/reconcile/src/delayed-additions.ts',
    find: 'if (earlier && earlier.dueMs <= dueMs) return;',
    replace: '',
    suite,
  },
  {
    name: 'the back-off is capped',
    file: 'libs/reconcile/src/retry-additions.ts',
    find: 'Math.min(maxMs, baseMs * 2 ** Math.min(failures, 30))',
    replace: 'baseMs * 2 ** Math.min(failures, 30)',
    suite,
  },
  {
    name: 'a success ends the back-off',
    file: 'libs/reconcile/src/controller.ts',
    find: 'this.retries.succeeded(key);',
    replace: '',
    suite,
  },
  {
    name: 'a run that fails while the controller stops leaves no timer',
    file: 'libs/reconcile/src/controller.ts',
    find: '// A run that failed meanwhile has asked for another one.\n    this.delayed.cancelAll();',
    replace: '',
    suite,
  },
  {
    name: 'a verdict about an older generation is refused',
    file: 'libs/reconcile/src/conditions.ts',
    find: "if (typeof about === 'number' && about <= generation && verdict.observedGeneration < about) return false;",
    replace: '',
    suite,
  },
  {
    name: 'the transition time moves only with the status',
    file: 'libs/reconcile/src/conditions.ts',
    find: 'previous?.status === verdict.status && isTime(previous.lastTransitionTime) ? previous.lastTransitionTime : now',
    replace: 'now',
    suite,
  },
];
