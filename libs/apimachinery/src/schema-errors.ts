import { z } from 'zod';
import { fieldPath } from './field-path.js';
import type { FieldError } from './kind.js';

type Issue = z.core.$ZodIssue;

/** What is wrong with a value by its schema, in Kubernetes' words and paths. Never repeats the value: it may be secret. */
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
      if (valueAt(value, issue.path) === undefined) {
        return [{ path, reason: 'Required', message: `is required: ${expectation(issue)}` }];
      }
      return [
        {
          path,
          reason: issue.code === 'invalid_value' ? 'NotSupported' : 'TypeInvalid',
          message: `must be ${expectation(issue)}`,
        },
      ];
    case 'invalid_key':
      return issue.issues.map((inner) => ({ path, reason: 'Invalid', message: `the name ${inner.message}` }));
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
  const known = Object.keys(shapeAt(schema, path));
  const near = known.find((other) => other.toLowerCase() === name.toLowerCase() || isNear(other, name));
  if (near !== undefined) return `unknown field; did you mean "${near}"?`;
  return known.length > 0 ? `unknown field; known here: ${known.join(', ')}` : 'unknown field; remove it';
}

function shapeAt(schema: z.ZodType, path: readonly PropertyKey[]): Record<string, unknown> {
  let inner: unknown = schema;
  for (const step of [...path, undefined]) {
    while (inner instanceof z.ZodOptional) inner = inner.unwrap();
    if (step === undefined) break;
    if (inner instanceof z.ZodObject) inner = (inner.shape as Record<PropertyKey, unknown>)[step];
    else if (inner instanceof z.ZodArray) inner = inner.element;
  }
  return inner instanceof z.ZodObject ? inner.shape : {};
}

/** One letter missing, added, changed or swapped. */
function isNear(left: string, right: string): boolean {
  if (Math.abs(left.length - right.length) > 1) return false;
  let start = 0;
  while (start < left.length && left[start] === right[start]) start++;
  let end = 0;
  while (
    end < Math.min(left.length, right.length) - start &&
    left[left.length - 1 - end] === right[right.length - 1 - end]
  ) {
    end++;
  }
  const leftRest = left.slice(start, left.length - end);
  const rightRest = right.slice(start, right.length - end);
  if (leftRest.length <= 1 && rightRest.length <= 1) return true;
  return leftRest.length === 2 && rightRest === leftRest.charAt(1) + leftRest.charAt(0);
}
