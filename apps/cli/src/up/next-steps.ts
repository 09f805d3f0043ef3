import { relative } from 'node:path';
import type { Style } from '../output/style.js';
import type { Endpoints, StateDirectory } from '../state-directory.js';

/** What a person can do now. Names the files of secrets, never their content. */
export function nextSteps(endpoints: Endpoints, state: StateDirectory, style: Style): string {
  const file = (path: string) => quote(relative(process.cwd(), path) || path);
  const title = (text: string) => style('bold', text);
  return `
${title('Signalbox is up.')} Ctrl-C ends it; the data stays in ${file(state.path)}.

${rows([
  ['data plane', `${endpoints.dataPlane}/v1`, 'OpenAI-compatible'],
  ['control plane', endpoints.controlPlane, 'Kubernetes-style API'],
  ['simulator', endpoints.simulator, 'simulated providers'],
  ['metrics', `${endpoints.dataPlaneAdmin}/metrics`, ''],
  ['consumer key', `in ${file(state.consumerKey)}`, ''],
])}

${title('Chat')}
  npm run -s signalbox -- chat "Hello"
  curl ${endpoints.dataPlane}/v1/chat/completions -H "authorization: Bearer $(cat ${file(state.consumerKey)})" \\
    -H 'content-type: application/json' -d '{"model":"chat","messages":[{"role":"user","content":"Hello"}]}'

${title('From code')}
  new OpenAI({ baseURL: '${endpoints.dataPlane}/v1', apiKey: readFileSync('${relative(process.cwd(), state.consumerKey)}', 'utf8').trim() })

${title('Change the routing')}
  npm run -s signalbox -- get routepolicies
  npm run -s signalbox -- apply -f manifests/quickstart
  KUBECONFIG=${file(state.kubeconfig)} kubectl get providers,keypools,routepolicies
  npm run -s signalbox -- audit
`;
}

function rows(table: readonly (readonly [string, string, string])[]): string {
  return table.map(([name, value, note]) => `  ${name.padEnd(16)}${value.padEnd(32)}${note}`.trimEnd()).join('\n');
}

function quote(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
