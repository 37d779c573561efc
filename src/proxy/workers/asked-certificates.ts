import type {Certificate, CertificateSource} from '../certificate-source.js';

/** How long an answer is used: a leaf is renewed weeks before it ends, so a minute more does not count. */
const MAX_AGE_MS = 60_000;
/** About 2 KiB each. */
const MAX_NAMES = 1_000;

type Answer = {readonly certificate: Promise<Certificate | undefined>; readonly askedAt: number};

/**
 * Certificates that another process has: each handshake asks for one, and the way there and back would cost it a
 * millisecond. That there is none for a name is remembered too; a failure is not. `now` is in milliseconds.
 */
export function createAskedCertificates(
  ask: (serverName: string) => Promise<Certificate | undefined>,
  now: () => number = Date.now,
): CertificateSource {
  const answers = new Map<string, Answer>();

  function askAnew(serverName: string): Promise<Certificate | undefined> {
    const certificate = ask(serverName);
    const answer = {certificate, askedAt: now()};
    // Set anew, it is the youngest.
    answers.delete(serverName);
    answers.set(serverName, answer);
    if (answers.size > MAX_NAMES) answers.delete(answers.keys().next().value ?? '');
    certificate.catch(() => answers.get(serverName) === answer && answers.delete(serverName));
    return certificate;
  }

  return {
    certificateFor(serverName) {
      const known = answers.get(serverName);
      if (known !== undefined && now() - known.askedAt < MAX_AGE_MS) return known.certificate;
      return askAnew(serverName);
    },
  };
}
