import {configDefaults, defineConfig} from 'vitest/config';
import {isSoak} from './test/helpers/soak.js';

/** Suites that take their time: attacks, tools of others, many processes. `npm run test:long`, and under soak. */
const LONG = [
  'test/ca/certificate-source.test.ts',
  'test/ca/trust/debian.test.ts',
  'test/ca/trust/java.test.ts',
  'test/commands/agent-skill.test.ts',
  'test/commands/apps.test.ts',
  'test/commands/completion.test.ts',
  'test/commands/dev.test.ts',
  'test/commands/doctor/doctor.test.ts',
  'test/commands/ensure.test.ts',
  'test/commands/events.test.ts',
  'test/commands/init.test.ts',
  'test/commands/json-output.test.ts',
  'test/commands/leaving.test.ts',
  'test/commands/logs.test.ts',
  'test/commands/machine.test.ts',
  'test/commands/main.test.ts',
  'test/commands/mcp.test.ts',
  'test/commands/no-daemon.test.ts',
  'test/commands/proxy-workers.test.ts',
  'test/commands/proxy.test.ts',
  'test/commands/requests/requests.test.ts',
  'test/commands/run.test.ts',
  'test/commands/servers.test.ts',
  'test/commands/trust.test.ts',
  'test/commands/variant.test.ts',
  'test/commands/workspace.test.ts',
  'test/devproxy/apps-random.test.ts',
  'test/devproxy/crash.test.ts',
  'test/devproxy/daemon-client.test.ts',
  'test/devproxy/daemon-return.test.ts',
  'test/devproxy/dashboard/access.test.ts',
  'test/devproxy/dashboard/daemon.test.ts',
  'test/devproxy/dashboard/events.test.ts',
  'test/devproxy/edits-under-load.test.ts',
  'test/devproxy/edits.test.ts',
  'test/devproxy/flood.test.ts',
  'test/devproxy/many-apps.test.ts',
  'test/devproxy/project-changes.test.ts',
  'test/devproxy/rotation.test.ts',
  'test/devproxy/start-failures.test.ts',
  'test/devproxy/wake.test.ts',
  'test/devproxy/watch/source-watch.test.ts',
  'test/e2e/ca-page.test.ts',
  'test/e2e/chaos.test.ts',
  'test/e2e/daemon-kills.test.ts',
  'test/e2e/deploy*.test.ts',
  'test/e2e/dev-terminal.test.ts',
  'test/e2e/dev.test.ts',
  'test/e2e/doctor-fix.test.ts',
  'test/e2e/lan.test.ts',
  'test/e2e/load.test.ts',
  'test/e2e/machine.test.ts',
  'test/e2e/names*.test.ts',
  'test/e2e/ports*.test.ts',
  'test/e2e/siblings.test.ts',
  'test/e2e/terminal-modes.test.ts',
  'test/e2e/vps.test.ts',
  'test/examples/**',
  'test/prod/deploy/build-release.test.ts',
  'test/prod/deploy/follow-job.test.ts',
  'test/prod/holder/holder-*.test.ts',
  'test/prod/releases/faults.test.ts',
  'test/prod/releases/manifest-patch.test.ts',
  'test/prod/releases/object-store.test.ts',
  'test/prod/releases/parse-manifest.test.ts',
  'test/prod/releases/upload-stream.test.ts',
  'test/prod/remote/program.test.ts',
  'test/prod/remote/server-connection.test.ts',
  'test/prod/remote/ssh.test.ts',
  'test/prod/rollout/rollout.test.ts',
  'test/prod/server/deploys.test.ts',
  'test/prod/server/garbage.test.ts',
  'test/proxy/conformance/responses.test.ts',
  'test/proxy/gateway-bodies.test.ts',
  'test/proxy/gateway-hostile.test.ts',
  'test/proxy/gateway-start-page.test.ts',
  'test/proxy/http2/client-answers.test.ts',
  'test/proxy/http2/guards.test.ts',
  'test/proxy/http2/h2spec.test.ts',
  'test/proxy/listener.test.ts',
  'test/proxy/tls/client-certificates.test.ts',
  'test/proxy/tls/session-tickets.test.ts',
  'test/proxy/tools/**',
  'test/proxy/websocket-end.test.ts',
  'test/proxy/workers/owner.test.ts',
  'test/supervisor/diagnosis/supervised.test.ts',
  'test/supervisor/log-files/log-reader.test.ts',
  'test/supervisor/supervisor-crash.test.ts',
  'test/supervisor/supervisor-random.test.ts',
  'test/supervisor/supervisor-restart.test.ts',
  'test/supervisor/unmodified-apps.test.ts',
  'test/system/changes/change-faults.test.ts',
  'test/threats/**',
  'test/ui/log/log-buffer.test.ts',
];
/** Of those, too long for a sample: only under soak. */
const ONLY_SOAK = [
  'test/ca/trust/java.test.ts',
  'test/commands/ensure.test.ts',
  'test/commands/leaving.test.ts',
  'test/commands/logs.test.ts',
  'test/commands/trust.test.ts',
  'test/commands/variant.test.ts',
  'test/commands/workspace.test.ts',
  'test/devproxy/crash.test.ts',
  'test/e2e/daemon-kills.test.ts',
  'test/e2e/deploy-chaos.test.ts',
  'test/e2e/deploy-load.test.ts',
  'test/e2e/deploy-next.test.ts',
  'test/e2e/deploy-runtimes.test.ts',
  'test/e2e/deploy-several.test.ts',
  'test/e2e/deploy-systemd.test.ts',
  'test/e2e/names*.test.ts',
  'test/e2e/ports*.test.ts',
  'test/e2e/terminal-modes.test.ts',
  'test/e2e/vps.test.ts',
  'test/examples/**',
  'test/prod/holder/holder-upgrade.test.ts',
  'test/prod/releases/faults.test.ts',
  'test/prod/remote/server-connection.test.ts',
  'test/supervisor/unmodified-apps.test.ts',
  'test/threats/unread-answers.test.ts',
];
/** By themselves: Chromium drops its connections when a network interface comes or goes, as suites with servers have it. */
const WITH_CHROMIUM = [
  'test/ca/clients.test.ts',
  'test/e2e/browser.test.ts',
  'test/e2e/dashboard.test.ts',
  'test/e2e/doctor-browser.test.ts',
  'test/e2e/gateway-pages.test.ts',
  'test/proxy/tools/chromium.test.ts',
];
const isLong = process.env.TAKO_LONG === '1';
const isChromium = process.env.TAKO_CHROMIUM === '1';

function suites(): {readonly include: readonly string[]; readonly exclude: readonly string[]} {
  if (isChromium) return {include: WITH_CHROMIUM, exclude: []};
  // Apps of many frameworks are run by `npm run test:frameworks`.
  const apart = ['test/frameworks/**', ...WITH_CHROMIUM];
  if (isLong) {
    const include = LONG.map(pattern => pattern.replace(/\*\*$/, '**/*.test.ts'));
    return {include, exclude: [...apart, ...(isSoak ? [] : ONLY_SOAK)]};
  }
  return {include: ['test/**/*.test.{ts,tsx}'], exclude: [...apart, ...(isSoak ? [] : LONG)]};
}
const {include, exclude} = suites();

export default defineConfig({
  test: {
    include: [...include],
    exclude: [...configDefaults.exclude, ...exclude],
    globalSetup: ['test/helpers/build.ts'],
    // Long suites run many commands, four at once on a machine that may be small: the limit is for what hangs.
    testTimeout: isSoak ? 600_000 : isLong || isChromium ? 120_000 : 30_000,
    hookTimeout: isSoak || isLong || isChromium ? 120_000 : 30_000,
    // Half of the tests wait for processes of their own: one worker per core would leave a core idle.
    maxWorkers: 4,
  },
});
