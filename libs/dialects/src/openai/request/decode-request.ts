import type { InferenceRequest, ResponseFormat, ToolChoice, ToolDefinition } from '#libs/inference';
import type { RequestFault } from '../../request/request-fault.js';
import { decodeMessage } from './decode-messages.js';
import { Fields } from './fields.js';
import { FieldFault, refuse } from './field-fault.js';

/**
 * A body that the scan has accepted, in the neutral form. What the neutral form can't say and an answer depends on is a
 * fault; a hint that is lost is named in `dropped`.
 */
export function decodeRequest(body: Buffer): InferenceRequest | RequestFault {
  try {
    return decode(new Fields(JSON.parse(body.toString('utf8')) as Readonly<Record<string, unknown>>, ''));
  } catch (error) {
    if (error instanceof FieldFault) return error.fault;
    throw error;
  }
}

function decode(fields: Fields): InferenceRequest {
  refuseWhatMatters(fields);
  const maxCompletionTokens = fields.number('max_completion_tokens');
  const request = {
    model: fields.string('model') ?? '',
    stream: fields.boolean('stream') ?? false,
    messages: fields.objects('messages').map(decodeMessage),
    tools: fields.objects('tools').map(decodeTool),
    toolChoice: decodeToolChoice(fields),
    parallelToolCalls: fields.boolean('parallel_tool_calls'),
    responseFormat: decodeResponseFormat(fields.object('response_format')),
    maxOutputTokens: fields.number('max_tokens'),
    stop: decodeStop(fields.take('stop')),
    sampling: {
      temperature: fields.number('temperature'),
      topP: fields.number('top_p'),
      seed: fields.number('seed'),
      frequencyPenalty: fields.number('frequency_penalty'),
      presencePenalty: fields.number('presence_penalty'),
    },
    choices: fields.number('n') ?? 1,
    reasoningEffort: fields.string('reasoning_effort'),
    user: fields.string('user') ?? fields.string('safety_identifier'),
  };
  fields.take('stream_options');
  return { ...request, maxOutputTokens: maxCompletionTokens ?? request.maxOutputTokens, dropped: fields.left() };
}

/** An answer without these would be another one. */
const semantic = ['audio', 'functions', 'function_call', 'web_search_options'];

function refuseWhatMatters(fields: Fields): void {
  for (const name of semantic) {
    const value = fields.take(name);
    if (value !== undefined && value !== null) unsupported(name);
  }
  const modalities = fields.list('modalities') ?? [];
  if (modalities.some((modality) => modality !== 'text')) unsupported('modalities');
}

function unsupported(param: string): never {
  refuse(
    'unsupported_parameter',
    param,
    `The parameter '${param}' can't be translated for a provider of another dialect: leave it out, or ask for a model whose provider speaks this one.`,
  );
}

function decodeTool(tool: Fields): ToolDefinition {
  if (tool.string('type') !== 'function') unsupported(tool.pathOf('type'));
  const definition = tool.object('function') ?? tool.missing('function');
  return {
    name: definition.string('name') ?? definition.missing('name'),
    description: definition.string('description'),
    parameters: definition.json('parameters'),
    strict: definition.boolean('strict'),
  };
}

function decodeToolChoice(fields: Fields): ToolChoice | undefined {
  const value = fields.take('tool_choice');
  if (value === undefined || value === null) return undefined;
  if (value === 'auto') return { type: 'Auto' };
  if (value === 'none') return { type: 'None' };
  if (value === 'required') return { type: 'Required' };
  const choice = fields.inner(value, 'tool_choice');
  const named = choice.string('type') === 'function' ? choice.object('function') : undefined;
  return { type: 'Tool', name: named?.string('name') ?? unsupported('tool_choice') };
}

function decodeResponseFormat(format: Fields | undefined): ResponseFormat | undefined {
  if (format === undefined) return undefined;
  switch (format.string('type')) {
    case 'text':
      return { type: 'Text' };
    case 'json_object':
      return { type: 'Json' };
    case 'json_schema': {
      const schema = format.object('json_schema') ?? format.missing('json_schema');
      return {
        type: 'JsonSchema',
        name: schema.string('name') ?? schema.missing('name'),
        description: schema.string('description'),
        schema: schema.json('schema'),
        strict: schema.boolean('strict'),
      };
    }
    default:
      return unsupported('response_format.type');
  }
}

function decodeStop(value: unknown): readonly string[] {
  if (value === undefined || value === null) return [];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.map((text) => (typeof text === 'string' ? text : refuse('invalid_type', 'stop', stopType)));
}

const stopType = "Invalid type for 'stop': expected a string or an array of strings.";
