import { readFileSync } from 'node:fs';
import { text as readAll } from 'node:stream/consumers';
import { isAbsolute, join } from 'node:path';
import { Command } from 'commander';
import { ManifestError, readYAML } from '#libs/apimachinery';
import { askDataPlane, dataPlaneAdminUrl } from '../client/data-plane-admin.js';
import { CliError, exitCodes } from '../cli-error.js';
import type { CliContext } from '../context.js';
import { type DocumentFormat, renderDocument } from '../output/document.js';
import { type Explanation, renderExplanation } from '../output/explanation.js';
import { outputOption } from './shared-options.js';

interface ExplainOptions {
  readonly filename: string;
  readonly dataPlane?: string;
  readonly output?: DocumentFormat;
}

export function explainCommand(context: CliContext): Command {
  return new Command('explain')
    .summary('which way a request would take now, and why')
    .description(
      'Asks the admin listener of a data plane what would become of a request: route, rule, every backend with what keeps it ' +
        'from serving, and the attempts that would follow if they ended as imagined. Nothing is sent to a provider, taken or counted.',
    )
    .requiredOption('-f, --filename <path>', 'the question, JSON or YAML; - for standard input')
    .option('--data-plane <url>', 'its admin listener; default: SIGNALBOX_DATA_PLANE_ADMIN_URL, or that of .signalbox')
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
A question:
  consumer: default/demo
  body: {model: chat, stream: true, messages: [{role: user, content: hi}]}
  outcomes: [RateLimited, {outcome: ServerError, tookMs: 300}]     # of the attempts in order; the others succeed

Examples:
  signalbox explain -f question.yaml
  echo '{"consumer": "default/demo", "body": {"model": "chat", "messages": []}}' | signalbox explain -f - -o json`,
    )
    .action(async ({ filename, dataPlane, output }: ExplainOptions) => {
      const url = dataPlaneAdminUrl(context, dataPlane);
      const body = questionIn(filename, await contentOf(context, filename));
      const answer = await askDataPlane<Explanation>(url, { path: '/explain', body }, context.interrupted);
      context.stdout.write(output ? renderDocument(answer, output) : renderExplanation(answer));
    });
}

async function contentOf(context: CliContext, filename: string): Promise<string> {
  if (filename === '-') return readAll(context.stdin);
  try {
    return readFileSync(isAbsolute(filename) ? filename : join(context.workingDirectory, filename), 'utf8');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new CliError(`Can't read ${filename}: ${code === 'ENOENT' ? 'there is no such file' : message}.`, {
      cause,
      exitCode: exitCodes.usage,
    });
  }
}

/** The one reader of everything: JSON is YAML, too. */
function questionIn(filename: string, content: string): unknown {
  try {
    const documents = readYAML(content);
    if (documents.length === 1) return documents[0]!.value;
    throw new CliError(`${filename} must hold one question, it holds ${documents.length}.`, {
      exitCode: exitCodes.usage,
    });
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    throw new CliError(`${filename} can't be read: ${error.message}`, { cause: error, exitCode: exitCodes.usage });
  }
}
