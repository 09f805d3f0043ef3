import { printable } from './style.js';
import { renderTable } from './table.js';

interface PassedOver {
  readonly backend: string;
  readonly reason: string;
  readonly until?: string;
}

interface Candidate {
  readonly backend: string;
  /** Of a fallback. */
  readonly after?: readonly string[];
  readonly priority?: number;
  readonly weight?: number;
  readonly verdict: string;
  readonly until?: string;
}

/** One of a kind that a later data plane has is shown by its type alone. */
interface Step {
  readonly type: string;
  readonly atMs: number;
  readonly number?: number;
  readonly backend?: string;
  readonly key?: string;
  readonly step?: string;
  readonly outcome?: { readonly outcome: string; readonly tookMs?: number };
  readonly reason?: string;
  readonly ms?: number;
  readonly for?: string;
  readonly code?: string;
  readonly passedOver?: readonly PassedOver[];
}

/** What a data plane answers to `POST /explain`, as far as people read it. */
export interface Explanation {
  readonly table: { readonly revision: number; readonly version: string };
  readonly seed: number;
  readonly consumer: string;
  readonly model?: string;
  readonly stream?: boolean;
  readonly route?: string;
  readonly rule?: string | null;
  readonly candidates?: readonly Candidate[];
  readonly steps?: readonly Step[];
  readonly end?:
    | { readonly type: 'Answer'; readonly attempt: number }
    | { readonly type: 'Error'; readonly status: number; readonly code: string; readonly message: string };
}

/** For people: the place in the table, each backend with its verdict, then what would happen when. */
export function renderExplanation(explanation: Explanation): string {
  const { table, seed, consumer, model, stream, route, rule, candidates = [], steps = [], end } = explanation;
  const head = [
    ['table', `revision ${table.revision}, version ${table.version.slice(0, 12)}`],
    ['consumer', consumer],
    ['model', model === undefined ? undefined : `${model}${stream ? ', streamed' : ''}`],
    ['route', route],
    ['rule', rule === null ? 'none matches' : rule],
    ['seed', String(seed)],
  ];
  return [
    head
      .flatMap(([name = '', value]) => (value === undefined ? [] : `${name.padEnd(10)}${printable(value)}\n`))
      .join(''),
    candidates.length === 0 ? '' : candidateTable(candidates),
    steps.length === 0 ? '' : stepTable(steps),
    endLine(end),
  ]
    .filter((text) => text !== '')
    .join('\n');
}

function candidateTable(candidates: readonly Candidate[]): string {
  return renderTable(
    ['backend', 'after', 'priority', 'weight', 'verdict', 'until'],
    candidates.map(({ backend, after, priority, weight, verdict, until }) => [
      backend,
      after?.join(','),
      priority,
      weight,
      verdict,
      until,
    ]),
  );
}

function stepTable(steps: readonly Step[]): string {
  const rows = steps.flatMap((step) => [
    ...(step.passedOver ?? []).map(({ backend, reason, until }) => [
      `${step.atMs} ms`,
      'passed over',
      backend,
      until === undefined ? reason : `${reason} until ${until}`,
    ]),
    [`${step.atMs} ms`, ...rowOf(step)],
  ]);
  return renderTable(['at', 'what', 'where', 'why'], rows);
}

function rowOf({
  type,
  number,
  backend,
  key,
  step,
  outcome,
  reason,
  ms,
  for: what,
  code,
}: Step): (string | undefined)[] {
  switch (type) {
    case 'Attempt': {
      const took = outcome?.tookMs ? ` after ${outcome.tookMs} ms` : '';
      return [`attempt ${number}`, `${backend}, key ${key}`, `${step}; say ${outcome?.outcome}${took}`];
    }
    case 'Refused':
      return ['refused', `${backend}, key ${key}`, reason];
    case 'Wait':
      return ['wait', `${ms} ms`, what];
    case 'Answered':
      return ['answered', undefined, `by attempt ${number}`];
    case 'Stop':
      return ['stop', undefined, code];
    default:
      return [type, undefined, undefined];
  }
}

function endLine(end: Explanation['end']): string {
  if (end === undefined) return 'It would wait for what nothing here ends.\n';
  if (end.type === 'Answer') return `The client gets the answer of attempt ${end.attempt}.\n`;
  return printable(`The client gets ${end.status} ${end.code}: ${end.message}`) + '\n';
}
