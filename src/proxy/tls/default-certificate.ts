import {setImmediate as nextTurn} from 'node:timers/promises';
import type {Certificate, CertificateSource} from '../certificate-source.js';

// node:tls asks nobody for clients that name no server: they get the server's own certificate, which has to be the right
// one before the handshake begins. Asking the source for it on each connection would make all pay for the few who name none.
// So it is asked when its answer is a second old, after a renewal of any other certificate, and then on each connection until
// a client has named a server: a client that names none shows itself too late, when it has its certificate.

const MAX_AGE_MS = 1_000;

export type DefaultCertificate = {
  /** Whether the source should be asked again. */
  isDue(): boolean;
  /** A client has named a server: others probably will. */
  settle(): void;
  /** The source has renewed another certificate: perhaps this one too. */
  expire(): void;
  /**
   * Asks, and waits for the answer one turn of the event loop at most; a later one counts from then on. `use` gets a
   * certificate that is new, and throws for what is none. Never rejects.
   */
  renew(use: (certificate: Certificate) => void): Promise<void>;
  current(): Certificate | undefined;
};

/** Rejects when the source fails; once made, the certificate we have stays in use while the source fails. */
export async function openDefaultCertificate(
  certificates: CertificateSource,
  serverName: string,
): Promise<DefaultCertificate> {
  let current = await certificates.certificateFor(serverName);
  let askedAt = performance.now();
  let isSettled = false;
  let isAsking = false;

  async function ask(use: (certificate: Certificate) => void): Promise<void> {
    const certificate = await certificates.certificateFor(serverName);
    if (!certificate || certificate.cert === current?.cert) return;
    use(certificate);
    current = certificate;
  }

  return {
    isDue: () => !isAsking && (!isSettled || performance.now() - askedAt > MAX_AGE_MS),
    settle() {
      isSettled = true;
    },
    expire() {
      isSettled = false;
    },
    async renew(use) {
      askedAt = performance.now();
      isSettled = false;
      isAsking = true;
      const answered = ask(use)
        .catch(() => undefined)
        .finally(() => {
          isAsking = false;
        });
      await Promise.race([answered, nextTurn()]);
    },
    current: () => current,
  };
}
