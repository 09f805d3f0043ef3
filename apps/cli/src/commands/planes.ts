import { pathToFileURL } from 'node:url';
import { Command } from 'commander';
import { planeEntry } from '../up/plane-process.js';
import type { PlaneName } from '../up/plane-process.js';

const planes: readonly (readonly [PlaneName, string, string])[] = [
  [
    'control-plane',
    'run a control plane alone',
    'Needs SIGNALBOX_DATABASE_URL, SIGNALBOX_TOKENS_FILE and SIGNALBOX_MASTER_KEY_FILE; docs/production.md tells how to make them.',
  ],
  [
    'data-plane',
    'run a data plane alone',
    'Needs SIGNALBOX_CONTROL_PLANE_URL, SIGNALBOX_TOKEN_FILE, SIGNALBOX_CA_FILE, SIGNALBOX_STATE_DIR and SIGNALBOX_STATE_KEY_FILE; docs/production.md tells how to make them.',
  ],
  ['simulator', 'run the simulated providers alone', 'Listens on SIGNALBOX_SIMULATOR_PORT (default 7072).'],
];

/** This process becomes the plane: signals, memory and exit code are the plane's own, with nothing in between. */
export function planeCommands(): Command[] {
  return planes.map(([name, summary, description]) =>
    new Command(name)
      .summary(summary)
      .description(description)
      .action(async () => {
        await import(pathToFileURL(planeEntry(name)).href);
      }),
  );
}
