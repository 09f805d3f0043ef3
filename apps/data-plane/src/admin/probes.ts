/** One condition of a probe. Informational ones are shown and decide nothing. */
interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail?: string;
  readonly informational?: boolean;
}

export interface ProbeAnswer {
  readonly status: 200 | 503;
  /** text/plain. */
  readonly body: string;
}

export interface ProbeSources {
  hasTable(): boolean;
  controlPlaneConnected(): boolean;
  /** Why the last good snapshot can't be written; undefined: it can. */
  snapshotFailure(): string | undefined;
}

export const PROBE_PATHS = ['/livez', '/readyz', '/startupz'] as const;

/**
 * The three probes as Kubernetes asks them. Ready means: has a routing table and is not shutting down. The control plane
 * is no condition: its absence must not take data planes out of service that can still serve from their last table.
 */
export class Probes {
  private started = false;
  private stopping = false;

  constructor(private readonly sources: ProbeSources) {}

  /** Everything is wired and the listeners are open. */
  markStarted(): void {
    this.started = true;
  }

  /** From now on unready, so that load balancers send no new requests. */
  markStopping(): void {
    this.stopping = true;
  }

  /** `target`: path with its query. undefined: not a probe's. */
  answer(target: string): ProbeAnswer | undefined {
    const [path = '', query = ''] = target.split('?', 2);
    const probe = PROBE_PATHS.find((known) => known === path);
    if (probe === undefined) return undefined;
    const checks = this.checks(probe);
    const passed = checks.every((check) => check.ok || check.informational === true);
    const verbose = new URLSearchParams(query).has('verbose');
    return {
      status: passed ? 200 : 503,
      body: passed && !verbose ? 'ok' : render(probe, checks, passed),
    };
  }

  /** No condition either: what is served is in memory. */
  private snapshot(): Check {
    const failure = this.sources.snapshotFailure();
    const detail = `${failure}; a restart would serve an older table`;
    return { name: 'snapshot', ok: failure === undefined, detail, informational: true };
  }

  private checks(probe: (typeof PROBE_PATHS)[number]): Check[] {
    const started: Check = { name: 'started', ok: this.started };
    switch (probe) {
      case '/livez':
        return [{ name: 'ping', ok: true }];
      case '/startupz':
        return [started];
      case '/readyz':
        return [
          started,
          {
            name: 'routing-table',
            ok: this.sources.hasTable(),
            detail: 'none yet, from the disk or the control plane',
          },
          { name: 'not-stopping', ok: !this.stopping, detail: 'draining' },
          {
            name: 'control-plane',
            ok: this.sources.controlPlaneConnected(),
            detail: 'disconnected; the last table serves on',
            informational: true,
          },
          this.snapshot(),
        ];
    }
  }
}

/** The API server's own layout, which people and tools know: `[+]name ok`, `[-]name failed: why`. */
function render(probe: string, checks: readonly Check[], passed: boolean): string {
  const lines = checks.map(({ name, ok, detail, informational }) => {
    if (ok) return `[+]${name} ok`;
    return `[${informational ? 'i' : '-'}]${name} ${informational ? 'info' : 'failed'}${detail ? `: ${detail}` : ''}`;
  });
  return `${[...lines, `${probe.slice(1)} check ${passed ? 'passed' : 'failed'}`].join('\n')}\n`;
}
