import { Command } from 'commander';
import { chat } from '../client/chat.js';
import type { Routing } from '../client/chat.js';
import { dataPlaneConnection, findStateDirectory } from '../client/connection.js';
import { readClientConfig } from '../config/config.js';
import type { CliContext } from '../context.js';
import { printable } from '../output/style.js';

interface ChatCommandOptions {
  readonly model: string;
  readonly stream: boolean;
  readonly verbose?: true;
}

export function chatCommand(context: CliContext): Command {
  return new Command('chat')
    .summary('ask a model through the data plane')
    .description('Sends one message as the demo consumer (or as SIGNALBOX_API_KEY) and prints the answer as it comes.')
    .argument('<message>')
    .option('-m, --model <name>', 'the model to ask for', 'chat')
    .option('--no-stream', 'wait for the whole answer')
    .option('-v, --verbose', 'show how the request was routed, on standard error')
    .addHelpText('after', '\nExample:\n  signalbox chat -v "Tell me about signal boxes"')
    .action(async (prompt: string, options: ChatCommandOptions) => {
      const config = readClientConfig(context.environment, context.workingDirectory);
      const connection = dataPlaneConnection(config, findStateDirectory(config, context.workingDirectory));
      const { routing, text } = await chat(connection, { model: options.model, prompt, stream: options.stream });
      if (options.verbose) context.stderr.write(renderRouting(routing));
      for await (const piece of text) context.stdout.write(printable(piece));
      context.stdout.write('\n');
    });
}

function renderRouting(routing: Routing): string {
  const { traceId, ...rest } = routing;
  return Object.entries({ ...rest, 'trace id': traceId })
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name.padEnd(10)}${value}\n`)
    .join('');
}
