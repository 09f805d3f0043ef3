import { rmSync } from 'node:fs';

export default async function tearDown() {
  const { postgres, parent } = globalThis.signalboxTestPostgres;
  await postgres.stop();
  rmSync(parent, { recursive: true, force: true });
}
