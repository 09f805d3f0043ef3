import { type DestinationStream, type Logger as PinoLogger, pino, stdTimeFunctions } from 'pino';
import { parseTraceParent } from '../trace-parent.js';
import { maskSecrets } from './mask-secrets.js';
import { redactFields } from './redact-fields.js';

export type Logger = PinoLogger;

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LoggerOptions {
  /** The process or part that speaks, as field `name`. */
  readonly name: string;
  readonly level: LogLevel;
  /** Default: standard output, written synchronously so that the last words before an exit are not lost. */
  readonly destination?: DestinationStream;
}

/**
 * JSON lines with ISO times. Fields under secret names are masked at any depth, and whatever looks like a credential is
 * masked in the finished line, so that it makes no difference whether it came in a message, a field, a stack or a child's
 * bindings.
 */
export function createLogger({ name, level, destination }: LoggerOptions): Logger {
  const logger = pino(
    {
      name,
      level,
      timestamp: stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: redactFields,
      },
      // The formatter has dealt with errors before serializers see them.
      serializers: { err: (value: unknown) => value },
      hooks: { streamWrite: maskSecrets },
    },
    destination ?? pino.destination({ fd: 1, sync: true }),
  );
  redactBindings(logger);
  return logger;
}

type MakeChild = (this: Logger, bindings: object, options?: object) => Logger;

/** Pino formats the root's bindings only; children (and theirs) inherit this method and so redact their own. */
function redactBindings(logger: Logger): void {
  const { child: makeChild } = Object.getPrototypeOf(logger) as { readonly child: MakeChild };
  const child: MakeChild = function (bindings, options) {
    return makeChild.call(this, redactFields(bindings), options);
  };
  Object.assign(logger, { child });
}

/** Log fields that join a line to its trace, named as OpenTelemetry names them in JSON logs. */
export function traceFields(traceParent: string | undefined): { trace_id?: string; span_id?: string } {
  const parsed = parseTraceParent(traceParent);
  return parsed ? { trace_id: parsed.traceId, span_id: parsed.spanId } : {};
}
