import { z } from 'zod';

/** It configures nothing: what it says is in its status. */
export const dataPlaneContent = z.strictObject({});

/** Holds only what changes rarely: each change is a row of the log. */
export const dataPlaneStatus = z
  .strictObject({
    uid: z.string().meta({ description: 'Stays the same over restarts of one data plane.' }),
    connected: z.boolean().meta({ description: 'Whether it holds a stream to some control plane.' }),
    joining: z
      .boolean()
      .meta({
        description:
          'It has just connected and not answered its first publication yet: for up to 10 s it holds no object back from being Programmed.',
      })
      .optional(),
    connectedTo: z.string().meta({ description: 'The control plane that it is or was connected to.' }),
    software: z.string().meta({ description: 'Version of the program.' }),
    revision: z.int().min(0).meta({ description: 'The last revision it acknowledged.' }),
    version: z.string().meta({ description: 'Version (digest) of the routing table it serves.' }),
    rejected: z
      .strictObject({
        revision: z.int().min(0).meta({ description: 'The revision that it refused.' }),
        reason: z.string().meta({ description: 'Why.' }),
      })
      .meta({ description: 'The last publication that it refused since; the table before it keeps serving.' })
      .optional(),
    unresolvedCredentials: z
      .array(
        z.strictObject({
          id: z.string().meta({ description: 'The credential, such as env:OPENAI_API_KEY.' }),
          reason: z.string().meta({ description: 'Why; never the value.' }),
        }),
      )
      .meta({
        description: 'Credentials of type env and file that it could not read.',
        'x-kubernetes-list-type': 'atomic',
      })
      .optional(),
    snapshotFailure: z
      .strictObject({ reason: z.string().meta({ description: 'Why.' }) })
      .meta({ description: 'Its disk does not take the table it serves: a restart would begin with an older one.' })
      .optional(),
  })
  .meta({ description: 'Written by the control plane.' });

export type DataPlaneStatus = z.infer<typeof dataPlaneStatus>;
