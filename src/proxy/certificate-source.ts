/** A certificate chain and its private key, both PEM. */
export type Certificate = {readonly cert: string; readonly key: string};

/** Where a certificate comes from is all that TLS differs in between dev and prod. */
export type CertificateSource = {
  /** The certificate for a server name (lower case, no trailing dot), or undefined for one it does not serve. */
  certificateFor(serverName: string): Promise<Certificate | undefined>;
};
