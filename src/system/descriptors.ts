/** The file descriptor of a socket or pipe; undefined when it is closed. Node tells it of what listens, and only its insides of the rest. */
export function descriptorOf(stream: unknown): number | undefined {
  const fd = (stream as {readonly _handle?: {readonly fd?: number} | null})._handle?.fd;
  return fd === undefined || fd < 0 ? undefined : fd;
}
