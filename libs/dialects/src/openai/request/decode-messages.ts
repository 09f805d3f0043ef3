import type { ContentBlock, ImageSource, Message } from '#libs/inference';
import type { Fields } from './fields.js';
import { refuse } from './field-fault.js';

const roles: Readonly<Record<string, Message['role']>> = {
  system: 'System',
  developer: 'System',
  user: 'User',
  assistant: 'Assistant',
  tool: 'Tool',
};

export function decodeMessage(message: Fields): Message {
  const word = message.string('role') ?? message.missing('role');
  const role = Object.hasOwn(roles, word) ? roles[word] : undefined;
  if (role === undefined) {
    const param = message.pathOf('role');
    refuse('invalid_value', param, `Invalid value for '${param}': expected one of ${Object.keys(roles).join(', ')}.`);
  }
  const content = decodeContent(message);
  return { role, name: message.string('name'), blocks: blocksOf(role, content, message) };
}

function blocksOf(role: Message['role'], content: readonly ContentBlock[], message: Fields): readonly ContentBlock[] {
  if (role === 'Tool') {
    const callId = message.string('tool_call_id') ?? message.missing('tool_call_id');
    return [{ type: 'ToolResult', callId, blocks: content, isError: false }];
  }
  if (role !== 'Assistant') return content;
  const reasoning = message.string('reasoning_content') ?? message.string('reasoning');
  const refusal = message.string('refusal');
  return [
    ...(reasoning === undefined ? [] : [{ type: 'Reasoning', text: reasoning } as const]),
    ...content,
    ...(refusal === undefined ? [] : [{ type: 'Refusal', text: refusal } as const]),
    ...message.objects('tool_calls').map(decodeToolCall),
  ];
}

function decodeToolCall(call: Fields): ContentBlock {
  call.take('type');
  const called = call.object('function') ?? call.missing('function');
  return {
    type: 'ToolCall',
    id: call.string('id') ?? call.missing('id'),
    name: called.string('name') ?? called.missing('name'),
    rawArguments: called.string('arguments') ?? '',
  };
}

/** A text, or a list of typed pieces. */
function decodeContent(message: Fields): readonly ContentBlock[] {
  const content = message.take('content');
  if (content === undefined || content === null || content === '') return [];
  if (typeof content === 'string') return [{ type: 'Text', text: content }];
  if (!Array.isArray(content)) return message.wrong('content', 'a string or an array of objects');
  return message.objects('content').map(decodePiece);
}

function decodePiece(piece: Fields): ContentBlock {
  switch (piece.string('type')) {
    case 'text':
      return { type: 'Text', text: piece.string('text') ?? piece.missing('text') };
    case 'refusal':
      return { type: 'Refusal', text: piece.string('refusal') ?? piece.missing('refusal') };
    // Mistral.
    case 'thinking':
      return { type: 'Reasoning', text: piece.objects('thinking').map(thoughtOf).join('') };
    case 'image_url': {
      const image = piece.object('image_url') ?? piece.missing('image_url');
      const source = imageSource(image.string('url') ?? image.missing('url'));
      return { type: 'Image', source, detail: image.string('detail') };
    }
    default: {
      const param = piece.pathOf('type');
      return refuse(
        'unsupported_parameter',
        param,
        `Content of this type ('${param}') can't be translated for a provider of another dialect: send text or images, or ask for a model whose provider speaks this one.`,
      );
    }
  }
}

function thoughtOf(thought: Fields): string {
  thought.take('type');
  return thought.string('text') ?? '';
}

const base64Marker = ';base64,';

function imageSource(url: string): ImageSource {
  const comma = url.startsWith('data:') ? url.indexOf(base64Marker) : -1;
  if (comma === -1) return { type: 'Url', url };
  return { type: 'Data', mediaType: url.slice('data:'.length, comma), base64: url.slice(comma + base64Marker.length) };
}
