/**
 * A kubeconfig for this control plane. JSON is YAML, so kubectl reads it as it is. The token stands in it twice: `tokenFile` is
 * read again by kubectl and other Go clients, so that a rotated token is taken up; client libraries that don't know the
 * field (JavaScript's does not) use `token`, which is as new as the last start of the control plane.
 */
export function kubeconfig(options: {
  /** `https://host:port` */
  readonly server: string;
  readonly caCertificate: string;
  /** The admin's token and the file that holds it; absent: the user has to add one. */
  readonly admin?: { readonly token: string; readonly tokenFile: string };
}): string {
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
    users: [{ name: 'admin', user: options.admin ?? {} }],
    contexts: [{ name: 'signalbox', context: { cluster: 'signalbox', user: 'admin', namespace: 'default' } }],
    'current-context': 'signalbox',
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
