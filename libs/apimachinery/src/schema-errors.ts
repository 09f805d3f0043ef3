import { z } from 'zod';
import { fieldPath } from './field-path.js';
import type { FieldError } from './kind.js';
import { didYouMean } from './nearest.js';
import { wrongType } from './wrong-type.js';

type Issue = z.core.$ZodIssue;

/**
 * What is wrong with a value by its schema, in Kubernetes' words and paths, each with what to write instead. Text is never
 * repeated, as it may be secret, but for a plain word where one of a few words is expected; nor is any value of a map whose
 * entries are free, as those of a Secret.
 */
export function schemaErrors(schema: z.ZodType, value: unknown): FieldError[] {
  const result = schema.safeParse(value);
  if (result.success) return [];
  return result.error.issues.flatMap((issue) => errorsOf(issue, schema, value));
}

function errorsOf(issue: Issue, schema: z.ZodType, value: unknown): FieldError[] {
  const path = fieldPath(issue.path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((name) => ({
        path: fieldPath([...issue.path, name]),
        reason: 'Unknown',
        message: unknownField(name, schema, issue.path),
      }));
    case 'invalid_type':
    case 'invalid_value':
      return [{ path, ...badValue(issue, schema, valueAt(value, issue.path)) }];
    case 'invalid_key':
      return issue.issues.map((inner) => ({ path, reason: 'Invalid', message: `the name ${keyProblem(inner)}` }));
    case 'too_big':
      return [{ path, ...tooBig(issue) }];
    case 'too_small':
      return [{ path, ...tooSmall(issue) }];
    case 'custom':
      return [
        { path, reason: issue.params?.['reason'] === 'Duplicate' ? 'Duplicate' : 'Invalid', message: issue.message },
      ];
    default:
      return [{ path, reason: 'Invalid', message: issue.message }];
  }
}

function badValue(
  issue: z.core.$ZodIssueInvalidType | z.core.$ZodIssueInvalidValue,
  schema: z.ZodType,
  given: unknown,
): Omit<FieldError, 'path'> {
  if (given === undefined) return { reason: 'Required', message: `is required: ${expectation(issue)}` };
  if (issue.code === 'invalid_value') return { reason: 'NotSupported', message: notSupported(issue, given) };
  const own = issue.message.startsWith('Invalid input') ? undefined : issue.message;
  const name = issue.path.findLast((step) => typeof step === 'string') ?? '';
  const inMap = schemaAt(schema, issue.path.slice(0, -1)) instanceof z.ZodRecord;
  return { reason: 'TypeInvalid', message: own ?? wrongType(expectation(issue), name, given, !inMap) };
}

/** A word of letters alone is no key and no password. */
const plainWord = /^[A-Za-z]{1,40}$/;

function notSupported(issue: z.core.$ZodIssueInvalidValue, given: unknown): string {
  const values = issue.values.map(String);
  if (typeof given !== 'string') return wrongType(expectation(issue), '', given, false);
  const not = plainWord.test(given) ? `, not "${given}"` : '';
  return `must be ${expectation(issue)}${not}${didYouMean(given, values)}`;
}

function keyProblem(issue: Issue): string {
  return issue.code === 'too_big' ? tooBig(issue).message : issue.message;
}

function expectation(issue: z.core.$ZodIssueInvalidType | z.core.$ZodIssueInvalidValue): string {
  if (issue.code === 'invalid_value') return `one of ${issue.values.map(String).join(', ')}`;
  const articles: Record<string, string> = {
    array: 'a list',
    int: 'a whole number',
    object: 'an object',
    record: 'an object',
    boolean: 'true or false',
  };
  return articles[issue.expected] ?? `a ${issue.expected}`;
}

function tooBig(issue: z.core.$ZodIssueTooBig): Omit<FieldError, 'path'> {
  if (issue.origin === 'string') return { reason: 'TooLong', message: `must have at most ${issue.maximum} characters` };
  if (issue.origin === 'array') return { reason: 'TooMany', message: `must have at most ${issue.maximum} items` };
  return { reason: 'Invalid', message: `must be at most ${issue.maximum}` };
}

function tooSmall(issue: z.core.$ZodIssueTooSmall): Omit<FieldError, 'path'> {
  const custom = issue.message.startsWith('Too small') ? undefined : issue.message;
  if (issue.origin === 'string') return { reason: 'Required', message: custom ?? 'must not be empty' };
  if (issue.origin === 'array') {
    return { reason: 'Required', message: `must have at least ${issue.minimum} item${issue.minimum === 1 ? '' : 's'}` };
  }
  return { reason: 'Invalid', message: `must be at least ${issue.minimum}` };
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, step) => (inner as Record<PropertyKey, unknown> | undefined)?.[step], value);
}

function unknownField(name: string, schema: z.ZodType, path: readonly PropertyKey[]): string {
  const inner = schemaAt(schema, path);
  const known = inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
  const near = didYouMean(name, known);
  if (near !== '') return `unknown field${near}`;
  return known.length > 0 ? `unknown field; known here: ${known.join(', ')}` : 'unknown field; remove it';
}

function schemaAt(schema: z.ZodType, path: readonly PropertyKey[]): unknown {
  const inside = (outer: unknown): unknown => {
    let inner = outer;
    while (inner instanceof z.ZodOptional) inner = inner.unwrap();
    return inner;
  };
  return path.reduce<unknown>((outer, step) => {
    if (outer instanceof z.ZodObject) return inside((outer.shape as Record<PropertyKey, unknown>)[step]);
    if (outer instanceof z.ZodArray) return inside(outer.element);
    return outer instanceof z.ZodRecord ? inside(outer.valueType) : undefined;
  }, inside(schema));
}
