import type { ContentBlock } from './content.js';

/** A chat request in no provider's words. An absent member was not given: the provider's default counts. */
export interface InferenceRequest {
  readonly model: string;
  readonly stream: boolean;
  readonly messages: readonly Message[];
  readonly tools: readonly ToolDefinition[];
  readonly toolChoice?: ToolChoice;
  readonly parallelToolCalls?: boolean;
  readonly responseFormat?: ResponseFormat;
  readonly maxOutputTokens?: number;
  readonly stop: readonly string[];
  readonly sampling: Sampling;
  /** Answers asked for at once. */
  readonly choices: number;
  /** The provider's scale differs: a word such as `low` or `high`. */
  readonly reasoningEffort?: string;
  /** The end user's name at the client, for abuse tracking. */
  readonly user?: string;
  /** Names of what the client sent and this form doesn't hold: hints, whose loss is told as a warning. */
  readonly dropped: readonly string[];
}

export interface Message {
  /** `System` may stand anywhere; `Tool` holds results alone. */
  readonly role: 'System' | 'User' | 'Assistant' | 'Tool';
  readonly blocks: readonly ContentBlock[];
  /** Of a participant, where the client named one. */
  readonly name?: string;
}

export interface ToolDefinition {
  readonly name: string;
  readonly description?: string;
  /** A JSON Schema object; absent: no parameters. */
  readonly parameters?: JsonObject;
  readonly strict?: boolean;
}

export type ToolChoice =
  { readonly type: 'Auto' | 'None' | 'Required' } | { readonly type: 'Tool'; readonly name: string };

export type ResponseFormat =
  | { readonly type: 'Text' | 'Json' }
  | {
      readonly type: 'JsonSchema';
      readonly name: string;
      readonly description?: string;
      readonly schema?: JsonObject;
      readonly strict?: boolean;
    };

export interface Sampling {
  readonly temperature?: number;
  readonly topP?: number;
  readonly seed?: number;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
}

/** A parsed JSON object that is passed on unread. */
export type JsonObject = Readonly<Record<string, unknown>>;
