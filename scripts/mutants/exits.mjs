/** Ways out of a request that others pay for: a probe, a connection, a turn on a socket, the end of the process. */
const exchange = 'apps/data-plane/src/exchange/exchange.ts';
const exchanges = 'apps/data-plane/src/exchange';
const http = 'apps/data-plane/src/http';
const drain = 'apps/data-plane/test/drain';
export default [
  {
    name: 'a probe that has committed is not given back a second time',
    file: 'apps/data-plane/src/state/permit.ts',
    find: 'if (result === undefined) return;',
    replace: "result ??= 'Nothing';",
    suite: 'apps/data-plane/src/runs/commit-point',
  },
  {
    name: 'a key is looked up before what others may take meanwhile is looked at',
    file: 'apps/data-plane/src/state/routing-state.ts',
    find: "    const credential = this.credentials.resolve(key);\n    if (!breakerAdmits(breaker.state, entry.breaker, nowMs)) {\n      return breaker.state.phase === 'Open' ? 'BreakerOpen' : 'ProbesTaken';\n    }\n    if (connections.inUse >= entry.connections.max) return 'ConnectionLimit';\n",
    replace:
      "    if (connections.inUse >= entry.connections.max) return 'ConnectionLimit';\n    const credential = this.credentials.resolve(key);\n",
    suite: 'apps/data-plane/src/state/admit',
  },
  {
    name: 'an answer whose turn has not come is not timed',
    file: exchange,
    find: 'if (this.downstream.isBehindAnother) this.services.wheel.disarm(this.timer);\n    else this.watchTaking();',
    replace: 'this.watchTaking();',
    suite: exchanges,
  },
  {
    name: 'the comments of a held stream end with it, though its turn has not come',
    file: exchange,
    find: 'if (this.downstream.isBehindAnother) this.services.wheel.disarm(this.timer);',
    replace: 'if (this.downstream.isBehindAnother) return;',
    suite: exchanges,
  },
  {
    name: 'an answer is timed from its turn on',
    file: exchange,
    find: "  turnCame(): void {\n    if (this.phase === 'Flushing') this.watchTaking();",
    replace: '  turnCame(): void {',
    suite: exchanges,
  },
  {
    name: 'an answer hears of its turn',
    file: `${http}/client-connection.ts`,
    find: 'open[0]?.turnCame();',
    replace: '',
    suite: 'apps/data-plane/test/node-downstream',
  },
  {
    name: 'a stream has begun when its head is out, not when it was to be',
    file: exchange,
    find: '    this.downstream.start(200, headers);\n    this.isStreaming = true;',
    replace: '    this.isStreaming = true;\n    this.downstream.start(200, headers);',
    suite: exchanges,
  },
  {
    name: 'a plain answer is no stream',
    file: exchange,
    find: '    this.record.headMs = this.services.clock.nowMs();',
    replace: '    this.record.headMs = this.services.clock.nowMs();\n    this.isStreaming = true;',
    suite: exchanges,
  },
  {
    name: 'what ending one request at the deadline runs into is kept from the others',
    file: `${http}/data-server.ts`,
    find: 'exchange.fault(fault);',
    replace: 'throw fault;',
    suite: drain,
  },
  {
    name: 'a drain waits for no connection on which nothing was ever sent',
    file: `${http}/emptying.ts`,
    find: '      socket.destroy();\n    }',
    replace: '    }',
    suite: drain,
  },
  {
    name: 'HTTP/1.0 hears no 100 Continue',
    file: `${http}/body-reader.ts`,
    find: " && request.httpVersion !== '1.0'",
    replace: '',
    suite: 'apps/data-plane/test/connections',
  },
  {
    name: 'a run whose last subscriber was lost does not end again',
    file: 'apps/data-plane/src/runs/run.ts',
    find: '    if (this.isOver) return;\n    const { subscribers } = this;',
    replace: '    const { subscribers } = this;',
    suite: 'apps/data-plane/src/runs/run.spec',
  },
  {
    name: 'an attempt that has ended waits for nothing',
    file: 'apps/data-plane/src/runs/attempt.ts',
    find: '    if (this.ended) return;\n    const { record, owner, deadline } = this;',
    replace: '    const { record, owner, deadline } = this;',
    suite: exchanges,
  },
  {
    name: 'connections of a backend that no table uses are forgotten',
    file: 'apps/data-plane/src/state/backend-state.ts',
    find: 'this.state.connections.release(state.connections);',
    replace: '',
    suite: 'apps/data-plane/src/state/admit',
  },
];
