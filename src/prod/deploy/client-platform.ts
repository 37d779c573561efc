import type {Platform} from '../../control/server-methods.js';

/** What runs on this machine: as a server's platform, with the version of its Node. */
export type ClientPlatform = {
  readonly os: string;
  readonly cpu: string;
  /** Undefined: not Linux. */
  readonly libc: Platform['libc'] | undefined;
  readonly nodeMajor: number;
};

/** This machine. musl has no version in Node's report. */
export function readClientPlatform(): ClientPlatform {
  const {header} = process.report.getReport() as unknown as {header: {glibcVersionRuntime?: string}};
  const libc = header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
  return {
    os: process.platform,
    cpu: process.arch,
    libc: process.platform === 'linux' ? libc : undefined,
    nodeMajor: majorOf(process.versions.node),
  };
}

/** Whether what is compiled here runs there. */
export function isSamePlatform(client: ClientPlatform, platform: Platform, runtimeMajor: number): boolean {
  return (
    client.os === platform.os &&
    client.cpu === platform.cpu &&
    client.libc === platform.libc &&
    client.nodeMajor === runtimeMajor
  );
}

/** `24.1.0` is 24. */
export const majorOf = (version: string): number => Number(/^v?(\d+)/.exec(version)?.[1] ?? 0);
