/** A kubeconfig for this control plane. JSON is YAML, so kubectl reads it as it is. */
export function kubeconfig(options: {
  /** `https://host:port` */
  readonly server: string;
  readonly caCertificate: string;
  /** File that holds the admin's token; absent: the user has to add one. */
  readonly tokenFile?: string;
}): string {
  const user = options.tokenFile === undefined ? {} : { tokenFile: options.tokenFile };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'signalbox',
        cluster: {
          server: options.server,
          'certificate-authority-data': Buffer.from(options.caCertificate).toString('base64'),
        },
      },
    ],
    users: [{ name: 'admin', user }],
    contexts: [{ name: 'signalbox', context: { cluster: 'signalbox', user: 'admin', namespace: 'default' } }],
    'current-context': 'signalbox',
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
