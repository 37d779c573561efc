// Certificates to try TLS with, made with openssl: a CA, a server's certificate for the two hosts of program 4, and a
// client's. Everything expires in a week.
//
//   node make-certificates.ts [folder]

import {execFileSync} from 'node:child_process';
import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';

const folder = process.argv[2] ?? 'certificates';
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

mkdirSync(folder, {recursive: true, mode: 0o700});
openssl('req', '-x509', ...KEY, '-keyout', 'ca-key.pem', '-out', 'ca.pem', '-days', '7', '-subj', '/CN=tutorial CA');
issue('server', 'www.example.test', 'subjectAltName=DNS:www.example.test,DNS:admin.example.test,DNS:localhost');
issue('client', 'Ada', 'extendedKeyUsage=clientAuth');
console.log(`certificates are in ${path.resolve(folder)}`);

function issue(name: string, commonName: string, extension: string): void {
  writeFileSync(path.join(folder, `${name}.extension`), `${extension}\n`);
  openssl('req', ...KEY, '-keyout', `${name}-key.pem`, '-out', `${name}.request`, '-subj', `/CN=${commonName}`);
  openssl(
    ...['x509', '-req', '-in', `${name}.request`, '-out', `${name}.pem`, '-days', '7'],
    ...['-CA', 'ca.pem', '-CAkey', 'ca-key.pem', '-CAcreateserial', '-extfile', `${name}.extension`],
  );
}

function openssl(...args: string[]): void {
  execFileSync('openssl', args, {cwd: folder, stdio: ['ignore', 'ignore', 'pipe']});
}
