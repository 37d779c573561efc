/** A socket that systemd has opened for this process. `name` is what its unit calls it: FileDescriptorName. */
export type InheritedDescriptor = {readonly name: string; readonly fd: number};

/** The first descriptor that systemd passes: SD_LISTEN_FDS_START of sd_listen_fds(3). */
const FIRST_FD = 3;

/** What systemd passed to this process, in its order. Another's variables, which a child inherits too, are not for us. */
export function inheritedDescriptors(environment: NodeJS.ProcessEnv): readonly InheritedDescriptor[] {
  const count = Number(environment.LISTEN_FDS ?? 0);
  if (Number(environment.LISTEN_PID) !== process.pid || !Number.isSafeInteger(count) || count < 0) return [];
  const names = environment.LISTEN_FDNAMES?.split(':') ?? [];
  return Array.from({length: count}, (_, index) => ({name: names[index] ?? 'unknown', fd: FIRST_FD + index}));
}
