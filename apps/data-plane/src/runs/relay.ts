import type { AnswerError, AnswerHead, AnswerReader, AnswerSink, AnswerWriter } from '#libs/dialects';
import type { StreamPart, TransportFailure, UpstreamResult, Usage } from '#libs/inference';
import type { Egress } from '../egress/egress.js';
import type { AttemptRecord, RequestRecord } from '../record/request-record.js';
import type { RunServices } from './run-services.js';
import type { RunSubject } from './subject.js';

/** After its last content an upstream has this long to end its answer; the client has all of it already. */
const CLOSING_MS = 1_000;

const nothing = Buffer.alloc(0);

/** The attempt whose answer is relayed. */
export interface RelayOwner {
  readonly record: AttemptRecord;
  commit(): boolean;
  expectEnd(withinMs: number): void;
  succeed(): void;
  fail(failure: TransportFailure, detail: string): void;
  reject(result: UpstreamResult): void;
}

/** Where the answer goes. */
export interface RunOutput {
  readonly subject: RunSubject;
  readonly record: RequestRecord;
  readonly services: RunServices;
  /** A stream's first content is there. */
  committed(nowMs: number): void;
  /** False: pause until `RelayOwner` is told that the client takes more. */
  write(text: string): boolean;
  writeFrames(frames: Buffer): boolean;
  /** The stream's clean end, with the last of its text. */
  ended(rest: string): void;
  answered(status: number, contentType: string, body: string): void;
}

/**
 * An answer on its way to the client, in whatever dialects the two sides speak. Where it is the same, the reader watches
 * and bytes pass as they are; else it takes the answer apart and the client's writer puts it together again. Until the
 * commit point everything is held back, so that another attempt can take its place unseen. However it ends, the client is
 * told the truth: a clean end only where the reader has seen one, an error otherwise.
 *
 * What one read of the socket brings is one write: a write for each event would cost half as much again. Where all of it
 * passes unchanged, the upstream's own chunk frames are that write.
 */
export class Relay implements AnswerSink {
  /** The client takes no more at the moment. */
  isBlocked = false;
  private readonly attempt: RelayOwner;
  private readonly run: RunOutput;
  private readonly isStream: boolean;
  /** Absent: the head already rules the answer out. */
  private readonly reader: AnswerReader | undefined;
  /** Made at the first part: the client speaks another dialect, or gets another form than the answer has. */
  private writer: AnswerWriter | undefined = undefined;
  /** Ready to be written: bytes seen as Latin-1. */
  private ready = '';
  /** Chunks of this read that pass as they came: views that last as long as the read. */
  private readonly passing: Buffer[] = [];
  private passingCount = 0;
  /** All that this read brought so far passes as it came, and nothing was ready before it. */
  private isUntouched = true;
  private hasPassed = false;
  private isCommitted = false;
  private isFinished = false;
  private isOver = false;

  constructor(attempt: RelayOwner, run: RunOutput, egress: Egress, head: AnswerHead) {
    this.attempt = attempt;
    this.run = run;
    this.isStream = run.record.stream;
    const reader = egress.reader(run.subject.request, head, this, run.services.limits);
    if (!('kind' in reader)) this.reader = reader;
    else {
      this.reader = undefined;
      this.error(reader);
    }
  }

  /** A view that is valid during the call. False: pause. */
  onData(chunk: Buffer): boolean {
    const { reader } = this;
    if (this.isOver || reader === undefined) return true;
    this.hasPassed = false;
    reader.push(chunk);
    if (this.isOver) this.forget();
    if (!this.hasPassed) this.isUntouched = false;
    return !this.isBlocked;
  }

  /** The end of what one read of the socket has brought. `frames`: all of it, where it is whole chunk frames. */
  onRead(frames: Buffer | undefined): void {
    if (!this.isOver) this.flush(this.isUntouched ? frames : undefined);
    this.forget();
    this.isUntouched = this.ready === '';
  }

  onEnd(): void {
    if (this.isOver) return;
    this.reader?.end();
    this.close('the stream ended without its end marker');
  }

  /** Nothing more comes, and not by the upstream's will: an answer that had said that it was done is whole all the same. */
  onCut(): void {
    if (this.isOver) return;
    this.reader?.cut();
    if (!this.isOver && this.isFinished) this.complete();
  }

  /** What an answer without counts of its own has cost; undefined: nothing of it came. */
  estimate(): Usage | undefined {
    return this.reader?.estimate();
  }

  pass(text: string): void {
    this.gather();
    this.ready += text;
  }

  passAll(chunk: Buffer): void {
    this.hasPassed = true;
    this.passing[this.passingCount] = chunk;
    this.passingCount += 1;
  }

  part(part: StreamPart): void {
    this.gather();
    const { surface, request } = this.run.subject;
    this.writer ??= surface.writer(request);
    this.ready += this.writer.part(part);
  }

  commit(): void {
    if (this.isOver || this.isCommitted) return;
    this.isCommitted = true;
    // Another attempt's answer has begun, or nobody is left: this one has been cancelled, and nobody hears it.
    if (!this.attempt.commit()) this.isOver = true;
  }

  usage(usage: Usage): void {
    this.attempt.record.usage = usage;
  }

  finish(reason: string): void {
    this.isFinished = true;
    this.run.record.finishReason = reason;
  }

  error(error: AnswerError): void {
    if (this.isOver) return;
    // What came before it in the same read is the client's.
    this.writeReady(undefined);
    this.isOver = true;
    const { attempt } = this;
    if (error.kind === 'Failure') attempt.fail(error.failure, error.detail);
    else attempt.reject({ status: attempt.record.status, headers: error.headers, body: error.body });
  }

  private flush(frames: Buffer | undefined): void {
    this.writeReady(frames);
    const { run, attempt } = this;
    if (this.isStream && this.ready.length > run.services.limits.maxEventBytes) {
      this.isOver = true;
      attempt.fail('BodyTooLarge', 'the stream is long, but has no content');
      return;
    }
    if (this.isFinished) attempt.expectEnd(CLOSING_MS);
  }

  /** Nothing before the commit point, and a plain answer only once it is whole. */
  private writeReady(frames: Buffer | undefined): void {
    const isHeldBack = !this.isStream || !this.isCommitted;
    if (!isHeldBack && frames !== undefined && this.passingCount > 0) {
      if (!this.run.writeFrames(frames)) this.isBlocked = true;
      return;
    }
    this.gather();
    const { ready } = this;
    if (isHeldBack || ready === '') return;
    this.ready = '';
    if (!this.run.write(ready)) this.isBlocked = true;
  }

  /** What passes as it came as text: what it came in doesn't pass with it, or not alone. */
  private gather(): void {
    for (let index = 0; index < this.passingCount; index += 1) this.ready += this.passing[index]!.toString('latin1');
    this.forget();
  }

  /** Over TLS each read is a buffer of its own, and one forgotten view would keep all of it for as long as the answer. */
  private forget(): void {
    for (let index = 0; index < this.passingCount; index += 1) this.passing[index] = nothing;
    this.passingCount = 0;
  }

  private close(detail: string): void {
    if (this.isOver) return;
    if (this.isFinished) this.complete();
    else {
      this.flush(undefined);
      this.isOver = true;
      this.attempt.fail('IncompleteBody', detail);
    }
  }

  private complete(): void {
    // An answer without any content is an answer, too.
    this.commit();
    if (this.isOver) return;
    this.isOver = true;
    this.gather();
    const { run, attempt } = this;
    const rest = this.ready + (this.writer?.end() ?? '');
    this.ready = '';
    if (this.isStream) {
      attempt.succeed();
      run.ended(rest);
    } else {
      attempt.succeed();
      run.answered(attempt.record.status, this.writer?.contentType ?? this.reader?.contentType ?? '', rest);
    }
  }
}
