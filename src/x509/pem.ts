const LINE_LENGTH = 64;

/** DER as PEM, in lines of 64 characters (RFC 7468 section 2). */
export function encodePem(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der).toString('base64');
  const lines = base64.match(new RegExp(`.{1,${LINE_LENGTH}}`, 'g')) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

/** Every block with this label, as text, in the order of the file; what lies between them is skipped. */
export function splitPem(label: string, text: string): string[] {
  const blocks = text.match(new RegExp(`-----BEGIN ${label}-----[^-]*-----END ${label}-----`, 'g')) ?? [];
  return blocks.map(block => `${block}\n`);
}
