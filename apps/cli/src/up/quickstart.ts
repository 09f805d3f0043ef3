import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AdminClient } from '../client/admin-client.js';
import { putConsumerKey } from '../client/consumer-keys.js';
import { ServerError } from '../client/server-error.js';
import { joinDocuments } from '../joined-manifests.js';
import { packageRoot } from '../package-root.js';
import { writePrivateFile } from '../private-file.js';
import { newConsumerKey, sha256Hex } from '../secret-text.js';
import { readSecret } from '../state-directory.js';

/** The consumer that `signalbox chat` and the first chat use. */
export const demoConsumer = 'demo';
const demoKeyName = 'main';

/** Where the quickstart manifests say the simulator is. */
const simulatorInManifests = 'http://127.0.0.1:7072';

/**
 * Applies manifests/quickstart and the demo consumer in one transaction, unless that consumer exists: it came with the
 * quickstart, and what was edited or deleted since must not come back. Its key is made where the file is missing and
 * written once the server knows it, so that the file never holds a key that nobody accepts.
 */
export async function applyQuickstart(
  client: AdminClient,
  consumerKeyFile: string,
  simulatorUrl: string,
): Promise<void> {
  const isKnown = await consumerExists(client);
  const hasKey = existsSync(consumerKeyFile);
  if (isKnown && hasKey) return;
  const key = hasKey ? readSecret(consumerKeyFile) : newConsumerKey();
  const entry = { name: demoKeyName, sha256: sha256Hex(key) };
  // The key that it replaces is lost: nobody can use it.
  if (isKnown) await putConsumerKey(client, { namespace: 'default', name: demoConsumer }, { entry, replace: true });
  else await applyManifests(client, key, simulatorUrl);
  if (!hasKey) writePrivateFile(consumerKeyFile, key);
}

async function applyManifests(client: AdminClient, consumerKey: string, simulatorUrl: string): Promise<void> {
  const folder = join(packageRoot(), 'manifests/quickstart');
  const files = readdirSync(folder)
    .filter((name) => /\.ya?ml$/.test(name))
    .sort();
  const documents = files.map((name) =>
    readFileSync(join(folder, name), 'utf8').replaceAll(simulatorInManifests, simulatorUrl),
  );
  await client.json({
    method: 'POST',
    path: '/apply',
    contentType: 'application/yaml',
    body: joinDocuments([...documents, consumerManifest(demoConsumer, consumerKey)]),
  });
}

async function consumerExists(client: AdminClient): Promise<boolean> {
  try {
    await client.json({ path: `/apis/signalbox.dev/v1/namespaces/default/consumers/${demoConsumer}` });
    return true;
  } catch (error) {
    if (error instanceof ServerError && error.statusCode === 404) return false;
    throw error;
  }
}

function consumerManifest(name: string, key: string): string {
  return `apiVersion: signalbox.dev/v1
kind: Consumer
metadata: {name: ${name}, namespace: default}
spec:
  exposeRouting: true
  keys: [{name: ${demoKeyName}, sha256: ${sha256Hex(key)}}]
`;
}
