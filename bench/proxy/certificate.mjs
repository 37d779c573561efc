// One certificate for every proxy: ECDSA P-256, what local authorities and Let's Encrypt issue by default.
import {execFileSync} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {findVersion} from './machine.mjs';

const NAMES = 'subjectAltName=DNS:localhost,DNS:app.localhost,IP:127.0.0.1';
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** Issues it with the openssl command. `bundleFile` holds both parts, as HAProxy wants them. */
export function issueCertificate(folder) {
  if (findVersion('openssl', ['version']) === undefined)
    throw new Error('openssl is missing, which issues the certificate');
  const file = name => path.join(folder, name);
  const files = {certFile: file('cert.pem'), keyFile: file('key.pem'), bundleFile: file('bundle.pem')};
  const output = ['-keyout', files.keyFile, '-out', files.certFile];
  const subject = ['-days', '30', '-subj', '/CN=localhost', '-addext', NAMES];
  execFileSync('openssl', ['req', '-x509', ...KEY, ...output, ...subject], {stdio: 'ignore'});
  writeFileSync(files.bundleFile, readFileSync(files.certFile, 'utf8') + readFileSync(files.keyFile, 'utf8'));
  return files;
}
