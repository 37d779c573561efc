import {existsSync, readlinkSync} from 'node:fs';
import path from 'node:path';
import {foldersIn} from './firefox-profiles.js';
import type {TrustWorld} from './trust-store.js';

/** A Java, and the file that says whom it trusts. */
export type JavaHome = {readonly home: string; readonly keystore: string};

/** Folders whose folders are Javas: of distributions, of SDKMAN, mise, asdf, and IntelliJ. */
const SHARED = ['/usr/lib/jvm', '/usr/java', '/opt/java'];
const OWN = ['.sdkman/candidates/java', '.local/share/mise/installs/java', '.asdf/installs/java', '.jdks'];
const MACOS = '/Library/Java/JavaVirtualMachines';
const BREW = ['/opt/homebrew/opt', '/usr/local/opt'];

/** Java 8 keeps a JRE in it. */
const KEYSTORES = ['lib/security/cacerts', 'jre/lib/security/cacerts'];

/** Every Java of this machine that has a keystore, once each: by JAVA_HOME, by PATH, and where they are usually put. */
export async function findJavaHomes({home, platform, root = '/', environment = {}}: TrustWorld): Promise<JavaHome[]> {
  const {JAVA_HOME: javaHome, PATH: searched = ''} = environment;
  const programs = searched.split(path.delimiter).map(folder => path.join(folder, 'java'));
  const [program] = programs.filter(file => existsSync(path.join(root, file)));
  const listed = platform === 'darwin' ? await listMacos(home, root) : await listLinux(home, root);
  const homes = [
    ...(javaHome ? [javaHome] : []),
    ...(program ? [path.dirname(path.dirname(resolveLinks(program, root)))] : []),
    ...listed,
  ];
  const found = homes.flatMap(candidate => describe(resolveLinks(candidate, root), root));
  return [...new Map(found.toReversed().map(java => [java.keystore, java])).values()].toReversed();
}

const inFolders = async (folders: readonly string[], root: string): Promise<string[]> =>
  (await Promise.all(folders.map(folder => foldersIn(path.join(root, folder)))))
    .flat()
    .map(folder => path.join('/', path.relative(root, folder)));

const listLinux = (home: string, root: string): Promise<string[]> =>
  inFolders([...SHARED, ...OWN.map(folder => path.join(home, folder))], root);

async function listMacos(home: string, root: string): Promise<string[]> {
  const machines = await inFolders([MACOS, path.join(home, MACOS)], root);
  const brewed = (await inFolders(BREW, root)).filter(folder => path.basename(folder).startsWith('openjdk'));
  const own = await inFolders(
    OWN.map(folder => path.join(home, folder)),
    root,
  );
  return [
    ...machines.map(machine => path.join(machine, 'Contents/Home')),
    ...brewed.map(folder => path.join(folder, 'libexec/openjdk.jdk/Contents/Home')),
    ...own,
  ];
}

function describe(home: string, root: string): JavaHome[] {
  const keystore = KEYSTORES.map(file => resolveLinks(path.join(home, file), root)).find(file =>
    existsSync(path.join(root, file)),
  );
  return keystore === undefined ? [] : [{home, keystore}];
}

/** As many as Linux follows. */
const MAX_LINKS = 40;

/** What a path leads to inside `root`, whose links are not to lead out of it. */
export function resolveLinks(file: string, root: string): string {
  let resolved = file;
  for (let links = 0; links < MAX_LINKS; links += 1) {
    const target = readLink(path.join(root, resolved));
    if (target === undefined) return resolved;
    resolved = path.resolve(path.dirname(resolved), target);
  }
  return resolved;
}

function readLink(file: string): string | undefined {
  try {
    return readlinkSync(file);
  } catch {
    return undefined;
  }
}
