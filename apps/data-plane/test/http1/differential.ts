import { type ResponseFault, responseFaults } from '../../src/upstream/http1/response-faults.js';
import { validAnswer } from './answer-grammar.js';
import { hostileAnswer, mutated } from './answer-mutations.js';
import { Dice } from './dice.js';
import { nodeReading } from './node-reading.js';
import type { ObservedAnswer } from './observed-answer.js';
import { type OwnReading, ownReading } from './own-reading.js';

/** Ours drops a connection that Node would keep. */
const CLOSES = 'closes after HTTP/1.0 in chunks or with both options';

/** An answer that is longer is split byte by byte only around its end. */
const LONG = 2_000;

export interface Tally {
  answers: number;
  /** By how they were made, and by what became of them. */
  kinds: Record<string, number>;
  pieces: number;
  /** Answers that ours alone refuses, by the fault that `response-faults.ts` gives a reason for. */
  stricter: Record<string, number>;
  /** What no table explains. */
  differences: string[];
}

/** One made-up answer: its bytes, and what kind it is of. */
export function makeAnswer(dice: Dice): { readonly kind: string; readonly bytes: Buffer } {
  const valid = validAnswer(dice);
  const kind = dice.chance(2) ? 'hostile' : dice.chance(30) ? 'valid' : 'mutated';
  const text = kind === 'valid' ? valid : kind === 'mutated' ? mutated(dice, valid) : hostileAnswer(dice, valid);
  return { kind, bytes: Buffer.from(text, 'latin1') };
}

/** Both readers over answers made from `seed` on. */
export function differential(seed: number, answers: number): Tally {
  const tally: Tally = { answers: 0, kinds: {}, pieces: 0, stricter: {}, differences: [] };
  for (let index = 0; index < answers; index += 1) {
    const dice = new Dice(seed + index);
    const { kind, bytes } = makeAnswer(dice);
    const isHead = dice.chance(4);
    const pieces = split(dice, bytes);
    tally.answers += 1;
    tally.pieces += pieces.length;
    const { verdict, stricter, difference } = compare(bytes, pieces, isHead);
    count(tally.kinds, `${kind} ${verdict}`);
    if (stricter !== undefined) count(tally.stricter, stricter);
    if (difference !== undefined && tally.differences.length < 20) {
      tally.differences.push(`seed ${seed + index}: ${difference}\n${JSON.stringify(bytes.toString('latin1'))}`);
    }
  }
  return tally;
}

/** How the two readers agreed, and where ours was the stricter one by intention; or how they differed. */
interface Comparison {
  readonly verdict?: string;
  readonly stricter?: string;
  readonly difference?: string;
}

function compare(bytes: Buffer, pieces: readonly Buffer[], isHead: boolean): Comparison {
  const own = ownReading(pieces, isHead);
  const node = nodeReading(pieces, isHead);
  const single = bytewise(bytes, isHead);
  const split = differs(own, single);
  if (split !== undefined) return { difference: `ours in these pieces and byte by byte: ${split}` };
  if (own.verdict === 'Refused') {
    if (node.verdict === 'Refused') return { verdict: 'refused by both' };
    if (isStricter(own.reason)) return { verdict: 'refused by ours alone', stricter: own.reason };
    return { difference: `ours refuses (${own.reason}), Node: ${node.verdict}` };
  }
  if (own.verdict === 'Cut') {
    // Node may refuse what can't become whole before we know.
    if (node.verdict === 'Refused') return { verdict: 'never whole' };
    return { difference: differs(own, node), verdict: 'cut off' };
  }
  const end = single.taken;
  const difference = differs(own, node) ?? endDiffers(bytes, end, isHead, single);
  if (difference !== undefined) return { difference };
  const nodeKeeps = node.keepsAlive && end === bytes.length;
  if (own.keepsAlive && !nodeKeeps) return { difference: 'ours keeps the connection, Node does not' };
  return {
    verdict: own.keepsAlive ? 'whole, kept' : 'whole, closed',
    stricter: own.keepsAlive === nodeKeeps ? undefined : CLOSES,
  };
}

/** Node's is whole with the byte that ours ends with, and wasn't before it. */
function endDiffers(bytes: Buffer, end: number, isHead: boolean, own: ObservedAnswer): string | undefined {
  const exact = nodeReading([bytes.subarray(0, end)], isHead);
  if (exact.verdict !== 'Whole') return `ours is whole at ${end}, Node's isn't (${exact.verdict} ${exact.reason})`;
  if (endsWithConnection(own) && !isHead) return undefined;
  const short = nodeReading([bytes.subarray(0, end - 1)], isHead);
  return short.verdict === 'Whole' ? `ours is whole at ${end}, Node's before it` : undefined;
}

/** Neither a length nor chunks, and a status that has a body. */
function endsWithConnection({ headers, status }: ObservedAnswer): boolean {
  return status !== 204 && status !== 304 && !/^(?:content-length|transfer-encoding):/im.test(headers);
}

function differs(left: ObservedAnswer, right: ObservedAnswer): string | undefined {
  if (left.verdict !== right.verdict) return `${left.verdict} ${left.reason} and ${right.verdict} ${right.reason}`;
  if (left.status !== right.status) return `status ${left.status} and ${right.status}`;
  if (left.headers !== right.headers) return `headers ${JSON.stringify([left.headers, right.headers])}`;
  if (left.body !== right.body) return `body ${JSON.stringify([left.body, right.body])}`;
  return undefined;
}

function isStricter(reason: string): boolean {
  return 'stricter' in responseFaults[reason as ResponseFault];
}

function split(dice: Dice, bytes: Buffer): Buffer[] {
  const cuts = new Set<number>();
  for (let left = dice.below(dice.chance(80) ? 5 : 40); left > 0; left -= 1) cuts.add(1 + dice.below(bytes.length));
  const pieces: Buffer[] = [];
  let from = 0;
  for (const cut of [...cuts, bytes.length].sort((left, right) => left - right)) {
    if (cut > from) pieces.push(bytes.subarray(from, cut));
    from = Math.max(from, cut);
  }
  return pieces;
}

/** Ours, byte by byte; a long one in pieces of 64 up to where it ends. */
export function bytewise(bytes: Buffer, isHead: boolean): OwnReading {
  if (bytes.length <= LONG) return ownReading(inPieces(bytes, 0, 1), isHead);
  const coarse = ownReading(inPieces(bytes, 0, 64), isHead);
  return ownReading(inPieces(bytes, Math.max(0, coarse.taken - 64), 1), isHead);
}

/** The first `whole` bytes in pieces of 64, the others of `size`. */
function* inPieces(bytes: Buffer, whole: number, size: number): Iterable<Buffer> {
  for (let at = 0; at < whole; at += 64) yield bytes.subarray(at, Math.min(whole, at + 64));
  for (let at = whole; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function count(into: Record<string, number>, name: string): void {
  into[name] = (into[name] ?? 0) + 1;
}
