/** Whether this process listens already, as one does that calls `listen` itself and exports its app for tests. */
export function isListening(): boolean {
  const resources = (process as {getActiveResourcesInfo?: () => string[]}).getActiveResourcesInfo?.() ?? [];
  return resources.includes('TCPServerWrap');
}
