// The certificates that were ordered, on disk: a folder for each name. Key and chain are in one file, so that one rename puts
// both in their place: no crash leaves a key beside the chain of another.

import {readdir, rm} from 'node:fs/promises';
import path from 'node:path';
import type {Certificate} from '../../proxy/certificate-source.js';
import {normalizeHost} from '../../proxy/route-syntax.js';
import {ensurePrivateFolder, readTextIfExists, writeFileAtomic} from '../../system/files.js';
import {splitPem} from '../../x509/pem.js';
import {type CertificateRecord, EMPTY_RECORD, parseRecord} from './certificate-record.js';

export type StoredCertificate = {
  /** Undefined where there is none, or none that can be read. It has not been checked. */
  readonly certificate: Certificate | undefined;
  readonly record: CertificateRecord;
};

export type CertificateStore = {
  /** Every name there is a folder for. */
  names(): Promise<readonly string[]>;
  read(name: string): Promise<StoredCertificate>;
  writeCertificate(name: string, certificate: Certificate): Promise<void>;
  writeRecord(name: string, record: CertificateRecord): Promise<void>;
  remove(name: string): Promise<void>;
};

const CERTIFICATE_FILE = 'issued.pem';
const RECORD_FILE = 'issued.json';

/** `folder` is made, mode 0700, when something is written. What is in it by other names is not looked at. */
export function openCertificateStore(folder: string): CertificateStore {
  const fileOf = (name: string, file: string): string => path.join(folder, checked(name), file);

  async function write(name: string, file: string, text: string): Promise<void> {
    await ensurePrivateFolder(path.join(folder, checked(name)));
    await writeFileAtomic(fileOf(name, file), text);
  }

  return {
    async names() {
      const entries = await readdir(folder).catch(() => []);
      return entries.filter(isName);
    },
    async read(name) {
      const [pem, record] = await Promise.all([
        readTextIfExists(fileOf(name, CERTIFICATE_FILE)),
        readTextIfExists(fileOf(name, RECORD_FILE)),
      ]);
      return {
        certificate: pem === undefined ? undefined : parseBundle(pem),
        record: (record === undefined ? undefined : parseRecord(record)) ?? EMPTY_RECORD,
      };
    },
    writeCertificate: (name, {cert, key}) => write(name, CERTIFICATE_FILE, `${key.trimEnd()}\n${cert.trimEnd()}\n`),
    writeRecord: (name, record) => write(name, RECORD_FILE, `${JSON.stringify(record, undefined, 2)}\n`),
    async remove(name) {
      await Promise.all([CERTIFICATE_FILE, RECORD_FILE].map(file => rm(fileOf(name, file), {force: true})));
    },
  };
}

/** `app.example.com`, or `*.example.com`. */
function isName(name: string): boolean {
  const host = name.replace(/^\*\./, '');
  return normalizeHost(host) === host;
}

/** A name is a part of a path here. */
function checked(name: string): string {
  if (!isName(name)) throw new TypeError(`"${name}" is no host`);
  return name;
}

function parseBundle(pem: string): Certificate | undefined {
  const [key] = splitPem('PRIVATE KEY', pem);
  const chain = splitPem('CERTIFICATE', pem);
  return key === undefined || chain.length === 0 ? undefined : {cert: chain.join(''), key};
}
