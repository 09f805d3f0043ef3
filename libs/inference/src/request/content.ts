/** What a message is made of, in order. */
export type ContentBlock = TextBlock | RefusalBlock | ImageBlock | ReasoningBlock | ToolCallBlock | ToolResultBlock;

export interface TextBlock {
  readonly type: 'Text';
  readonly text: string;
}

/** What the model said to decline, in an earlier turn. */
export interface RefusalBlock {
  readonly type: 'Refusal';
  readonly text: string;
}

export interface ImageBlock {
  readonly type: 'Image';
  readonly source: ImageSource;
  /** How closely to look, where the client said so. */
  readonly detail?: string;
}

export type ImageSource =
  | { readonly type: 'Url'; readonly url: string }
  | { readonly type: 'Data'; readonly mediaType: string; readonly base64: string };

export interface ReasoningBlock {
  readonly type: 'Reasoning';
  readonly text: string;
}

export interface ToolCallBlock {
  readonly type: 'ToolCall';
  readonly id: string;
  readonly name: string;
  /** JSON text as the model wrote it: perhaps none that parses. */
  readonly rawArguments: string;
}

export interface ToolResultBlock {
  readonly type: 'ToolResult';
  /** Of the call that it answers. */
  readonly callId: string;
  readonly blocks: readonly ContentBlock[];
  readonly isError: boolean;
}
