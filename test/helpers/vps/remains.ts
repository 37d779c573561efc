import type {Vps} from './vps.js';

// What there is of apps on a server: processes, releases, control groups and unfinished files. The same before and after
// something that failed: it has left nothing behind, and what was there is still there.

// An app's user is called tako- and twelve hexadecimal digits; its processes are found whatever they call themselves.
const LOOK = `
for folder in /proc/[0-9]*; do
  case $(stat -c %U $folder 2>/dev/null) in
    tako-????????????) grep -q '^State:.Z' $folder/status 2>/dev/null || echo "process \${folder#/proc/}" ;;
  esac
done
find /opt/tako/apps -mindepth 4 -maxdepth 4 -path '*/releases/*' -printf 'release %P\\n'
find /sys/fs/cgroup -type d -name 'app-*' -printf 'group %f\\n' | sort -u
find /opt/tako/objects/tmp -mindepth 1 -printf 'object %f\\n'
find /opt/tako /tmp /var/tmp \\( -name '*.tmp' -o -name '*.new' \\) -printf 'file %p\\n'
find /opt/tako/run -name 'control.*.sock' -printf 'socket\\n'
`;

/** One line each, sorted. */
export async function remainsOf(vps: Vps): Promise<readonly string[]> {
  const {stdout} = await vps.run(LOOK);
  return stdout
    .split('\n')
    .filter(line => line !== '')
    .sort();
}
