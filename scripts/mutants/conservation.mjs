/** That whatever is taken is given back, and each request ends once, whatever throws. */
const injected = 'data-plane/test/conservation/injected-faults';
const conserved = 'data-plane/test/conservation/conservation.spec';
export default [
  {
    name: 'a subscriber that throws at the last word ends all the same',
    file: 'apps/data-plane/src/runs/run.ts',
    find: 'subscriber.fault(error);\n      }',
    replace: 'this.logFault(error);\n      }',
    suite: injected,
  },
  {
    name: 'what the end of a loop runs into does not keep the end from its subscribers',
    file: 'apps/data-plane/src/runs/run.ts',
    find: '    } catch (error) {\n      this.logFault(error);\n    } finally {\n      this.subject.table.release();',
    replace: '    } finally {\n      this.subject.table.release();',
    suite: injected,
  },
  {
    name: 'a run lets go of its table',
    file: 'apps/data-plane/src/runs/run.ts',
    find: 'this.subject.table.release();',
    replace: '',
    suite: conserved,
  },
  {
    name: 'a permit is given back whatever learning from its outcome runs into',
    file: 'apps/data-plane/src/state/permit.ts',
    find: '      this.learn(outcome, nowMs);\n    } finally {',
    replace: '      this.learn(outcome, nowMs);\n    } catch (error) {\n      throw error;\n    }\n    {',
    suite: injected,
  },
  {
    name: 'a permit whose attempt cannot be made is given back',
    file: 'apps/data-plane/src/runs/attempt-loop.ts',
    find: "permit.settle({ ok: false, class: 'Cancelled' }, this.run.services.clock.nowMs());",
    replace: '',
    suite: injected,
  },
  {
    name: 'what the observer runs into at the start is not the request’s',
    file: 'apps/data-plane/src/exchange/exchange.ts',
    find: "services.logger.error({ err: error }, 'counting a request failed');",
    replace: 'throw error;',
    suite: injected,
  },
  {
    name: 'what the transport calls never throws into it',
    file: 'apps/data-plane/src/runs/guarded-handler.ts',
    find: 'return this.inner.onData(chunk);\n    } catch (error) {\n      this.owner.fault(error);',
    replace: 'return this.inner.onData(chunk);\n    } catch (error) {\n      throw error;',
    suite: injected,
  },
  {
    name: 'a timer that throws ends its own request',
    file: 'apps/data-plane/src/time/timer-wheel.ts',
    find: 'timer.owner.fault(error);',
    replace: 'throw error;',
    suite: injected,
  },
  {
    name: 'a call that nobody wants is aborted whatever settling runs into',
    file: 'apps/data-plane/src/runs/attempt.ts',
    find: 'this.settle(outcome);\n    } finally {\n      this.call?.abort();\n    }',
    replace: 'this.settle(outcome);\n      this.call?.abort();\n    } finally {\n    }',
    suite: injected,
  },
  {
    name: 'a losing attempt is cancelled',
    file: 'apps/data-plane/src/runs/attempt-loop.ts',
    find: '      this.winner = attempt;\n      this.cancelOthers(attempt);',
    replace: '      this.winner = attempt;',
    suite: 'data-plane/src/runs/several-attempts',
  },
  {
    name: 'a run that is over leaves every line',
    file: 'apps/data-plane/src/runs/attempt-loop.ts',
    find: '    this.isOver = true;\n    this.stopWaiting();',
    replace: '    this.isOver = true;',
    suite: 'data-plane/src/pipeline/races',
  },
];
