import type { Tracer } from '@opentelemetry/api';
import { MAX_TRACE_PARENTS } from '#libs/control-protocol';
import type { Clock } from '#libs/clock';
import { Controller, ReconcileError, type ControllerOptions } from '#libs/reconcile';
import type { ApiObject } from '#libs/apimachinery';
import { attributeNames, spanNames, withSpanInEach, type Logger } from '#libs/telemetry';
import type { CompileChanges, CredentialFact } from '#libs/compiler';
import type { CompileRequest, CompileResult, Preview, PreviewRequest } from './compile-messages.js';
import { changed, idle, ran, type DebounceLimits } from './debounce.js';
import type { ObjectCache } from '../cache/object-cache.js';
import type { CacheChange, CacheUpdate } from '../cache/cache-update.js';
import type { SecretValues } from '../cache/secret-values.js';

export interface Compiled {
  /** The log position that the compile read. */
  readonly revision: number;
  readonly result: CompileResult;
  /** Objects whose generation this compile read first, as it read them. */
  readonly generations: readonly ApiObject[];
  /** Of the compile's spans, one in each trace that it belongs to. */
  readonly traceParents: readonly string[];
}

export interface CompileControllerOptions {
  readonly cache: ObjectCache;
  readonly secrets: SecretValues;
  readonly thread: {
    readonly primed: boolean;
    compile(request: CompileRequest): Promise<CompileResult>;
    preview(request: PreviewRequest): Promise<Preview>;
  };
  readonly clock: Clock;
  readonly random: () => number;
  readonly tracer: Tracer;
  readonly logger: Logger;
  readonly count: ControllerOptions<unknown>['count'];
  readonly debounce?: DebounceLimits;
}

const defaultDebounce: DebounceLimits = { quietMs: 10, longestWaitMs: 50 };
/** How soon data planes learn of log positions that changed nothing but status. */
const BOOKMARK_AFTER_MS = 1_000;

/** A preview goes ahead of what waits to be compiled, and has to work it out as well: about a tenth of a millisecond each. */
const MOST_WAITING_FOR_PREVIEW = 1_000;
/** Longer than a first compile takes, on a machine that has much else to do as well, and shorter than clients wait for an answer. */
const PREVIEW_WAITS_MS = 20_000;

/**
 * Compiles what the cache holds, whenever that changed in more than status. Level-based: a run takes all that is
 * pending; a failed one leaves it pending and is repeated with back-off, over everything there is. So a table is
 * complete or not made.
 */
export class CompileController {
  private readonly controller: Controller<'table'>;
  private readonly objects = new Map<string, ApiObject | undefined>();
  private readonly credentials = new Map<string, CredentialFact | undefined>();
  private readonly generations = new Map<string, ApiObject>();
  private traceParents: string[] = [];
  /** Previews that wait for a compile to be through. */
  private readonly awaiting = new Set<() => void>();
  private stopped = false;
  private debounce = idle;
  private cancelDue = () => {};
  /** Whether everything that the thread ever answered was taken in: only then may it answer by changes. */
  private inStep = false;
  private table: Pick<CompileResult, 'version' | 'bucketDigests'> = { version: '', bucketDigests: new Uint8Array() };
  private listener: (compiled: Compiled) => void = () => {};

  constructor(private readonly options: CompileControllerOptions) {
    const { cache, clock, random, logger, count } = options;
    this.controller = new Controller({
      reconcile: () => this.compile(),
      concurrency: 1,
      clock,
      delays: { baseMs: 50, maxMs: 10_000, random },
      count,
      onError: (_, error, __, failures) => logger.error({ err: error, failures }, 'compile failed; trying again'),
    });
    cache.onUpdate((update) => this.take(update));
  }

  /** Called after every compile, and after status alone has moved the log on. A throw counts as a failed compile. */
  onCompiled(listener: (compiled: Compiled) => void): void {
    this.listener = listener;
  }

  start(): void {
    this.controller.start();
  }

  /**
   * What compile would say of these objects (see `objectId`) if the changes were made on top of all that the cache holds.
   * Doesn't wait for the compile that is under way. Only where nothing has been compiled yet, or so much waits that going
   * ahead of it were no less work, it does, for so long, and rejects then. Rejects, too, if the thread dies, and at the end.
   */
  async preview(changes: CompileChanges, ids: readonly string[]): Promise<Preview> {
    if (!(await this.isReadyForPreview())) {
      throw new Error(`${this.waitingChanges} changes are being compiled, and nothing can be foretold meanwhile`);
    }
    return this.options.thread.preview({
      // What waits to be compiled, too: the thread doesn't know of it yet, or takes it in a moment before.
      objects: new Map([...this.objects, ...changes.objects]),
      credentials: new Map([...this.credentials, ...changes.credentials]),
      preview: ids,
    });
  }

  private get waitingChanges(): number {
    return this.objects.size + this.credentials.size;
  }

  /** Whether there is a table: from then on changes are compiled one by one, and previews answered at once. */
  get hasCompiled(): boolean {
    return this.table.version !== '';
  }

  private isReadyForPreview(): Promise<boolean> {
    const isReady = (): boolean => this.hasCompiled && this.waitingChanges <= MOST_WAITING_FOR_PREVIEW;
    if (isReady()) return Promise.resolve(true);
    if (this.stopped) return Promise.resolve(false);
    return new Promise((resolve) => {
      const look = (): void => {
        if (!isReady() && !this.stopped) return;
        cancel();
        this.awaiting.delete(look);
        resolve(!this.stopped);
      };
      const cancel = this.options.clock.after(PREVIEW_WAITS_MS, () => {
        this.awaiting.delete(look);
        resolve(false);
      });
      this.awaiting.add(look);
    });
  }

  stop(): Promise<void> {
    this.cancelDue();
    this.stopped = true;
    for (const look of this.awaiting) look();
    return this.controller.stop();
  }

  private take({ changes, traceParents }: CacheUpdate): void {
    const relevant = changes.filter(isCompiled);
    // The first snapshot of an empty store is a table, too: data planes wait for it.
    if (relevant.length === 0 && this.options.thread.primed) {
      // DataPlanes left out: their status follows from bookmarks, and one would bring forth the other for ever.
      if (changes.some(({ kind }) => !kind.readOnly)) this.controller.addAfter('table', BOOKMARK_AFTER_MS);
      return;
    }
    for (const change of relevant) this.note(change);
    this.traceParents = [...new Set([...this.traceParents, ...traceParents])].slice(0, MAX_TRACE_PARENTS);
    const { clock, debounce = defaultDebounce } = this.options;
    const nowMs = clock.nowMs();
    const [state, dueMs] = changed(this.debounce, nowMs, debounce);
    this.debounce = state;
    this.cancelDue();
    if (dueMs <= nowMs) this.controller.add('table');
    else this.cancelDue = clock.after(dueMs - nowMs, () => this.controller.add('table'));
  }

  private note({ key, kind, object, previous }: CacheChange): void {
    if (kind.sensitive) {
      for (const [id, fact] of this.options.secrets.update(key, object)) this.credentials.set(id, fact);
      return;
    }
    this.objects.set(key, object);
    if (!object) this.generations.delete(key);
    else if (!sameGeneration(object, previous)) this.generations.set(key, object);
  }

  private async compile(): Promise<undefined> {
    const { cache, thread, clock, tracer } = this.options;
    this.cancelDue();
    this.debounce = ran(clock.nowMs());
    const { revision } = cache;
    if (revision === undefined) throw new ReconcileError('the objects have not been listed yet');
    const inStep = thread.primed && this.inStep;
    if (inStep && this.objects.size + this.credentials.size === 0) {
      // Replicas compile at different positions, and the leader compares them with resource versions, which status moves.
      this.listener({ revision, result: unchanged(this.table), generations: [], traceParents: [] });
      return;
    }
    const request = inStep ? this.pending() : this.everything();
    this.inStep = false;
    const generations = new Map(this.generations);
    const parents = this.traceParents;
    const attributes = { [attributeNames.revision]: revision };
    await withSpanInEach(tracer, spanNames.compile, parents, { attributes }, async (spans) => {
      const result = await thread.compile(request);
      this.table = { version: result.version, bucketDigests: result.bucketDigests };
      for (const span of spans) span.setAttributes({ [attributeNames.tableVersion]: result.version });
      const traceParents = spans.map(({ traceParent }) => traceParent);
      this.listener({ revision, result, generations: [...generations.values()], traceParents });
    });
    this.inStep = true;
    forget(this.objects, request.objects);
    forget(this.credentials, request.credentials);
    forget(this.generations, generations);
    this.traceParents = this.traceParents.filter((parent) => !parents.includes(parent));
    for (const look of this.awaiting) look();
  }

  private pending(): CompileRequest {
    return { reset: false, objects: new Map(this.objects), credentials: new Map(this.credentials) };
  }

  private everything(): CompileRequest {
    const { cache, secrets } = this.options;
    const objects = new Map([...cache.entries()].filter(([, object]) => !outside.has(object.kind)));
    return { reset: true, objects, credentials: new Map(secrets.facts()) };
  }
}

/** Kinds that no compile reads as objects: of Secrets it gets versions, and DataPlane says what came of a compile. */
const outside: ReadonlySet<string> = new Set(['Secret', 'DataPlane']);

function isCompiled({ kind, statusOnly }: CacheChange): boolean {
  return !statusOnly && !kind.readOnly;
}

function sameGeneration(object: ApiObject, previous: ApiObject | undefined): boolean {
  return previous?.metadata.uid === object.metadata.uid && previous?.metadata.generation === object.metadata.generation;
}

function unchanged(table: Pick<CompileResult, 'version' | 'bucketDigests'>): CompileResult {
  return { ...table, reset: false, upserts: [], removals: [], conditions: new Map() };
}

/** What came in anew while the compile ran stays pending. */
function forget<Value>(pending: Map<string, Value>, taken: ReadonlyMap<string, Value>): void {
  for (const [key, value] of taken) if (pending.get(key) === value) pending.delete(key);
}
