/** Who calls: what a token stands for. */
export interface Identity {
  readonly user: string;
  readonly groups: readonly string[];
}

/** The built-in groups. */
export const groups = {
  admins: 'signalbox:admins',
  editors: 'signalbox:editors',
  viewers: 'signalbox:viewers',
  dataPlanes: 'signalbox:data-planes',
} as const;
