import type { Attributes } from '@opentelemetry/api';
import { AttributeKey } from './attribute-key.js';
import { AttributeWriter } from './attribute-writer.js';
import { ProtobufWriter, varintLength } from './protobuf-writer.js';
import type { SpanWriter } from './span-writer.js';

/**
 * Fields of opentelemetry/proto/collector/trace/v1/trace_service.proto, trace/v1/trace.proto, resource/v1/resource.proto
 * and common/v1/common.proto: number << 3 | wire type.
 */
const BYTES = 2;
const VARINT = 0;
const request = { resourceSpans: (1 << 3) | BYTES } as const;
const resourceSpans = { resource: (1 << 3) | BYTES, scopeSpans: (2 << 3) | BYTES } as const;
const resource = { attribute: (1 << 3) | BYTES, droppedAttributes: (2 << 3) | VARINT } as const;
const scopeSpans = { scope: (1 << 3) | BYTES } as const;
const scope = { name: (1 << 3) | BYTES, version: (2 << 3) | BYTES } as const;

/** The ExportTraceServiceRequest around spans. Resource and scope are always the same: their bytes are made once. */
export class TraceRequest {
  private readonly resource: Buffer;
  private readonly scope: Buffer;

  constructor(resourceAttributes: Attributes, instrumentation: { readonly name: string; readonly version: string }) {
    this.resource = field(resourceSpans.resource, resourceBytes(resourceAttributes));
    this.scope = field(scopeSpans.scope, scopeBytes(instrumentation));
  }

  around(spans: SpanWriter): Buffer {
    const inScope = this.scope.length + spans.length;
    const inResource = this.resource.length + 1 + varintLength(inScope) + inScope;
    const prefix = new ProtobufWriter(this.resource.length + this.scope.length + 32);
    prefix.byte(request.resourceSpans);
    prefix.varint(inResource);
    prefix.raw(this.resource);
    prefix.byte(resourceSpans.scopeSpans);
    prefix.varint(inScope);
    prefix.raw(this.scope);
    return spans.behind(prefix.copy(0));
  }
}

function resourceBytes(attributes: Attributes): Buffer {
  const written = new AttributeWriter(1_024, resource.attribute);
  for (const [name, value] of Object.entries(attributes)) {
    const key = new AttributeKey(name);
    if (typeof value === 'number') written.number(key, value);
    else if (typeof value === 'boolean') written.bool(key, value);
    else written.string(key, String(value));
  }
  return Buffer.concat([written.behind(new Uint8Array()), Buffer.from([resource.droppedAttributes, 0])]);
}

function scopeBytes({ name, version }: { readonly name: string; readonly version: string }): Buffer {
  const written = new ProtobufWriter(name.length + version.length + 8);
  written.byte(scope.name);
  written.string(name);
  written.byte(scope.version);
  written.string(version);
  return written.copy(0);
}

function field(tag: number, message: Buffer): Buffer {
  const written = new ProtobufWriter(message.length + 8);
  written.byte(tag);
  written.varint(message.length);
  return Buffer.concat([written.copy(0), message]);
}
