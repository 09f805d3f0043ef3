import { convertLegacyHttpOptions, createOtlpHttpExportDelegate } from '@opentelemetry/otlp-exporter-base/node-http';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { SendSpans } from './span-queue.js';

interface EncodedBatch {
  readonly request: Buffer;
  readonly spans: number;
}

/** ExportResultCode.SUCCESS of @opentelemetry/core. */
const SUCCESS = 0;

/**
 * Sends encoded spans by the way that the SDK's own exporter takes, so that every `OTEL_EXPORTER_OTLP_*` setting, the
 * retries and their back-off are the SDK's; only the encoding is ours.
 */
export function otlpSender(): { readonly send: SendSpans; readonly shutdown: () => Promise<void> } {
  let rejected = 0;
  let reason = '';
  const delegate = createOtlpHttpExportDelegate(
    convertLegacyHttpOptions({}, 'TRACES', 'v1/traces', { 'Content-Type': 'application/x-protobuf' }),
    {
      serializeRequest: ({ request }: EncodedBatch) => request,
      deserializeResponse: (bytes) => {
        const response = ProtobufTraceSerializer.deserializeResponse(bytes);
        rejected = response.partialSuccess?.rejectedSpans ?? 0;
        reason = response.partialSuccess?.errorMessage ?? '';
        return response;
      },
    },
    'otlp_http_span_exporter',
    { name: 'span', countItems: ({ spans }: EncodedBatch) => spans },
    undefined,
  );
  return {
    send: (request, spans, done) => {
      delegate.export({ request, spans }, (result) => {
        // An answer is read right before this call, so what it refused is this batch's.
        const refused = { rejected, reason };
        rejected = 0;
        reason = '';
        done((result.code as number) === SUCCESS ? refused : { error: result.error ?? new Error('the export failed') });
      });
    },
    shutdown: () => delegate.shutdown(),
  };
}
