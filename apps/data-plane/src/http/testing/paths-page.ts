import { surfaces } from '../../surfaces/registry.js';

const introduction = `# Paths of the data plane

This page is written from the list of what is served, and a test keeps it so: after a change of the list run
\`UPDATE_GOLDEN=1 npm test -- paths-page\`.

A client's base URL is the data plane's address with \`/v1\`: \`http://127.0.0.1:7070/v1\` where nothing else is set. The API
key of a consumer goes into \`authorization: Bearer <key>\`, or into \`api-key: <key>\`.

`;

const elsewhere = `
- \`HEAD\` is answered wherever \`GET\` is, without the body.
- \`OPTIONS\` at a served path, or at \`*\`, answers 204 with \`allow\`, without a key.
- Another method at a served path is \`method_not_allowed\`, and \`allow\` names the right one.
- Any other path is \`unknown_path\`, whatever the method and the body. The message names the served path that ends likewise,
  where there is one, or else all of them. A path with a \`%\` that can't be decoded is \`invalid_request\`.
- \`/livez\`, \`/readyz\` and \`/startupz\` are the probes, without a key; \`?verbose\` lists what they look at.
- \`expect: 100-continue\` gets its 100 once the head is accepted: a request that is refused never sends its body.

[errors.md](errors.md) has what each error means, [lifecycle.md](lifecycle.md) what happens to a request on its way.
`;

/** The whole of docs/paths.md. */
export function pathsPage(): string {
  const rows = surfaces.flatMap(({ served }) =>
    served.map(({ method, path, summary }) => `| \`${method}\` | \`${path}\` | ${summary} |`),
  );
  return `${introduction}| Method | Path | What it answers |\n| --- | --- | --- |\n${rows.join('\n')}\n${elsewhere}`;
}
