import type { ContentBlock, ImageBlock, InferenceRequest, Message, ResponseFormat, ToolChoice } from '#libs/inference';

/** A neutral request as a body of this dialect. A stream always asks for its usage. Members that are undefined aren't written. */
export function encodeRequest(request: InferenceRequest, upstreamName: string): Buffer {
  const { sampling, tools, stop, choices } = request;
  return Buffer.from(
    JSON.stringify({
      model: upstreamName,
      messages: request.messages.flatMap(encodeMessage),
      tools: tools.length === 0 ? undefined : tools.map((definition) => ({ type: 'function', function: definition })),
      tool_choice: encodeToolChoice(request.toolChoice),
      parallel_tool_calls: request.parallelToolCalls,
      response_format: encodeResponseFormat(request.responseFormat),
      max_completion_tokens: request.maxOutputTokens,
      stop: stop.length === 0 ? undefined : stop,
      temperature: sampling.temperature,
      top_p: sampling.topP,
      seed: sampling.seed,
      frequency_penalty: sampling.frequencyPenalty,
      presence_penalty: sampling.presencePenalty,
      n: choices === 1 ? undefined : choices,
      reasoning_effort: request.reasoningEffort,
      user: request.user,
      stream: request.stream ? true : undefined,
      stream_options: request.stream ? { include_usage: true } : undefined,
    }),
  );
}

const roles: Readonly<Record<Message['role'], string>> = {
  System: 'system',
  User: 'user',
  Assistant: 'assistant',
  Tool: 'tool',
};

/** Each tool result is a message of its own, of text alone; pictures in one follow as the user's. */
function encodeMessage(message: Message): readonly object[] {
  const encoded: object[] = [];
  const others: ContentBlock[] = [];
  for (const block of message.blocks) {
    if (block.type !== 'ToolResult') others.push(block);
    else {
      const text = block.blocks.map((piece) => (piece.type === 'Text' ? piece.text : '')).join('');
      encoded.push({ role: 'tool', tool_call_id: block.callId, content: text });
      others.push(...block.blocks.filter(({ type }) => type === 'Image'));
    }
  }
  if (others.length > 0 || encoded.length === 0) {
    const role = message.role === 'Tool' ? 'user' : roles[message.role];
    encoded.push({ role, name: message.name, ...encodeBlocks(others) });
  }
  return encoded;
}

/** Reasoning of earlier turns isn't sent back: this dialect has no place for it. */
function encodeBlocks(blocks: readonly ContentBlock[]): object {
  const calls = blocks.flatMap((block) =>
    block.type === 'ToolCall'
      ? [{ id: block.id, type: 'function', function: { name: block.name, arguments: block.rawArguments } }]
      : [],
  );
  const refusals = blocks.flatMap((block) => (block.type === 'Refusal' ? [block.text] : []));
  const content = encodeContent(blocks);
  return {
    content: content === '' && calls.length + refusals.length > 0 ? null : content,
    refusal: refusals.length === 0 ? undefined : refusals.join(''),
    tool_calls: calls.length === 0 ? undefined : calls,
  };
}

/** One text where there is nothing else: not every server takes a list. */
function encodeContent(blocks: readonly ContentBlock[]): string | readonly object[] {
  const pieces = blocks.flatMap((block) => (block.type === 'Text' || block.type === 'Image' ? [block] : []));
  if (pieces.every(({ type }) => type === 'Text') && pieces.length <= 1) {
    return pieces.map((piece) => (piece.type === 'Text' ? piece.text : '')).join('');
  }
  return pieces.map((piece) => (piece.type === 'Text' ? { type: 'text', text: piece.text } : encodeImage(piece)));
}

function encodeImage({ source, detail }: ImageBlock): object {
  const url = source.type === 'Url' ? source.url : `data:${source.mediaType};base64,${source.base64}`;
  return { type: 'image_url', image_url: { url, detail } };
}

function encodeToolChoice(choice: ToolChoice | undefined): unknown {
  if (choice === undefined) return undefined;
  if (choice.type === 'Tool') return { type: 'function', function: { name: choice.name } };
  return choice.type.toLowerCase();
}

function encodeResponseFormat(format: ResponseFormat | undefined): unknown {
  switch (format?.type) {
    case undefined:
      return undefined;
    case 'Text':
      return { type: 'text' };
    case 'Json':
      return { type: 'json_object' };
    case 'JsonSchema': {
      const { name, description, schema, strict } = format;
      return { type: 'json_schema', json_schema: { name, description, schema, strict } };
    }
  }
}
