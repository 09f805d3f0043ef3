import type { Stop } from '#libs/routing';
import type { GatewayError } from '../errors/error-table.js';
import type { FaultOwner } from '../errors/fault-owner.js';
import type { RequestRecord } from '../record/request-record.js';
import { AttemptLoop, type LoopOwner } from './attempt-loop.js';
import type { RunServices } from './run-services.js';
import { noteTotalUsage } from './note-usage.js';
import { stopError } from './stop-error.js';
import type { RunSubject } from './subject.js';
import type { RunSubscriber } from './subscriber.js';

/**
 * The work for one request, apart from who waits for it: its pinned table, its attempts and what they bring. It goes on
 * while somebody subscribes, is aborted with the last one, and ends once.
 */
export class Run implements LoopOwner, FaultOwner {
  readonly subject: RunSubject;
  readonly record: RequestRecord;
  readonly services: RunServices;
  private readonly loop: AttemptLoop;
  /** Nearly always one. */
  private subscribers: readonly RunSubscriber[];
  private isOver = false;

  constructor(services: RunServices, subject: RunSubject, record: RequestRecord, first: RunSubscriber) {
    this.services = services;
    this.subject = subject;
    this.record = record;
    this.subscribers = [first];
    subject.table.pin();
    this.loop = new AttemptLoop(this);
  }

  start(): void {
    this.loop.proceed();
  }

  /** Hears what comes from now on: to be called before anything has come. */
  join(subscriber: RunSubscriber): void {
    this.subscribers = [...this.subscribers, subscriber];
  }

  /** The last one to leave aborts what is under way. Leaving twice, or after the end, does nothing. */
  leave(subscriber: RunSubscriber): void {
    if (this.isOver || !this.subscribers.includes(subscriber)) return;
    this.subscribers = this.subscribers.filter((one) => one !== subscriber);
    if (this.subscribers.length === 0) this.end();
  }

  drained(): void {
    this.loop.drained();
  }

  committed(nowMs: number): void {
    for (const subscriber of this.subscribers) {
      try {
        subscriber.committed(nowMs);
      } catch (error) {
        this.lose(subscriber, error);
      }
    }
  }

  /** False: some subscriber takes no more at the moment; `drained` follows. */
  write(text: string): boolean {
    let isTaken = true;
    for (const subscriber of this.subscribers) {
      try {
        isTaken = subscriber.write(text) && isTaken;
      } catch (error) {
        this.lose(subscriber, error);
      }
    }
    return isTaken;
  }

  writeFrames(frames: Buffer): boolean {
    let isTaken = true;
    for (const subscriber of this.subscribers) {
      try {
        isTaken = subscriber.writeFrames(frames) && isTaken;
      } catch (error) {
        this.lose(subscriber, error);
      }
    }
    return isTaken;
  }

  ended(rest: string): void {
    this.endWith((subscriber) => subscriber.ended(rest));
  }

  answered(status: number, contentType: string, body: string): void {
    this.endWith((subscriber) => subscriber.answered(status, contentType, body));
  }

  stopped(stop: Stop): void {
    const { record } = this;
    const last = record.attempts.find((attempt) => attempt === stop.last);
    if (last !== undefined && last.outcome !== 'Pending' && last.outcome !== 'Success')
      record.errorClass = last.outcome;
    record.passedOver = stop.passedOver;
    this.fail(stopError(stop, last, record.model));
  }

  /** Ends in an error of ours. */
  fail(error: GatewayError): void {
    this.endWith((subscriber) => subscriber.failed(error));
  }

  /** The cause is logged by the subscriber whose request it was, so that nothing is logged twice. */
  fault(error: unknown): void {
    if (this.isOver) this.logFault(error);
    else this.endWith((subscriber) => subscriber.fault(error));
  }

  /** What one subscriber runs into is that one's fault: the run goes on for the others. */
  private lose(subscriber: RunSubscriber, error: unknown): void {
    this.leave(subscriber);
    subscriber.fault(error);
  }

  /** The last word to each subscriber. What one runs into is that one's fault: it ends, and the others hear theirs. */
  private endWith(say: (subscriber: RunSubscriber) => void): void {
    // It may have ended with the last subscriber, who was lost while an answer was being written.
    if (this.isOver) return;
    const { subscribers } = this;
    this.end();
    for (const subscriber of subscribers) {
      try {
        say(subscriber);
      } catch (error) {
        subscriber.fault(error);
      }
    }
  }

  /** Gives back all that is held. Whatever comes later finds it over, so that nothing thrown here may keep it from anyone. */
  private end(): void {
    this.isOver = true;
    this.subscribers = nobody;
    try {
      this.loop.end();
      noteTotalUsage(this.record);
    } catch (error) {
      this.logFault(error);
    } finally {
      this.subject.table.release();
    }
  }

  private logFault(err: unknown): void {
    this.services.logger.error({ err, request_id: this.record.requestId }, 'a fault of ours at the end of a run');
  }
}

const nobody: readonly RunSubscriber[] = [];
