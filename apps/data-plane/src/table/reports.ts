import { MAX_LINE_LENGTH, MAX_UNRESOLVED, type Report } from '#libs/control-protocol';
import type { Credentials } from '../credentials/credentials.js';
import type { SnapshotHealth } from './snapshot-health.js';

export interface ReportSources {
  readonly credentials: Credentials;
  /** Absent: nothing is kept on disk. */
  readonly snapshotHealth?: Pick<SnapshotHealth, 'failure' | 'onChange'>;
}

/** What the control plane should know of this data plane besides its answers: said once, and again when it is another. */
export class Reports {
  private sent = 0;
  private last = '';

  constructor(private readonly sources: ReportSources) {}

  /** Called when there may be something new to say. */
  onChange(listener: () => void): void {
    this.sources.credentials.onChange(listener);
    this.sources.snapshotHealth?.onChange(listener);
  }

  /** A control plane that has heard nothing yet. */
  startAnew(): void {
    this.last = '';
  }

  /** undefined: all of it was said. */
  next(): Report | undefined {
    const facts = this.facts();
    const content = JSON.stringify(facts);
    if (content === this.last) return undefined;
    this.last = content;
    return { type: 'report', sequence: this.sent++, ...facts };
  }

  private facts(): Omit<Report, 'type' | 'sequence'> {
    const { credentials, snapshotHealth } = this.sources;
    // More than the protocol carries would be refused, and the stream with it.
    const unresolvedCredentials = credentials
      .unresolved()
      .filter(({ id, reason }) => id.length <= MAX_LINE_LENGTH && reason.length <= MAX_LINE_LENGTH)
      .slice(0, MAX_UNRESOLVED);
    const reason = snapshotHealth?.failure?.reason.slice(0, MAX_LINE_LENGTH);
    return { unresolvedCredentials, ...(reason !== undefined && { snapshotFailure: { reason } }) };
  }
}
