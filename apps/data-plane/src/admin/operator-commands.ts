import { type Action, type Command, type CommandAnswer, MAX_LINE_LENGTH } from '#libs/control-protocol';
import type { KeyPoolEntry } from '#libs/routing-table';
import type { Logger } from '#libs/telemetry';
import type { CommandHandler } from '../table/command-handler.js';
import type { Reset, ResettableState } from './resettable-state.js';

export interface OperatorCommandsOptions {
  readonly state: ResettableState;
  readonly tables: { readonly current: { keyPool(key: string): KeyPoolEntry | undefined } | undefined };
  readonly logger: Pick<Logger, 'info' | 'error'>;
}

/** Those of a minute in which somebody types fast; each lives for seconds. */
const REMEMBERED = 256;

/** Does once what the control plane asks for, however often it asks. */
export class OperatorCommands implements CommandHandler {
  readonly known: readonly Action['type'][] = ['ResetBreaker', 'ResetCooldown'];
  private readonly answers = new Map<string, CommandAnswer>();

  constructor(private readonly options: OperatorCommandsOptions) {}

  handle({ id, action }: Command): CommandAnswer {
    const before = this.answers.get(id);
    if (before) return before;
    const { result, message } = this.tryTo(action);
    const answer: CommandAnswer = { type: 'commandAnswer', id, result, message: message.slice(0, MAX_LINE_LENGTH) };
    this.answers.set(id, answer);
    // A Map keeps the order in which its entries came.
    if (this.answers.size > REMEMBERED) this.answers.delete(this.answers.keys().next().value!);
    this.options.logger.info({ command: id, ...action, result }, 'asked to reset state');
    return answer;
  }

  private tryTo(action: Action): Reset | { readonly result: 'Failed'; readonly message: string } {
    try {
      return this.reset(action);
    } catch (error) {
      this.options.logger.error({ err: error, ...action }, 'a reset failed');
      return { result: 'Failed', message: 'it failed by a defect; the log of the data plane has the cause' };
    }
  }

  private reset(action: Action): Reset {
    const { state, tables } = this.options;
    const { namespace } = action;
    if (action.type === 'ResetBreaker') return state.resetBreaker(`${namespace}/${action.provider}/${action.model}`);
    const pool = tables.current?.keyPool(`${namespace}/${action.pool}`);
    const key = pool?.keys.find(({ name }) => name === action.key);
    if (!key) return { result: 'Unknown', message: 'its table has no such key' };
    return state.resetCooldown(key.credential);
  }
}
