/** Which servers the booted system takes the time from. */
import { z } from 'zod';
import { Failure } from '../base/failure.js';
import { defineStage } from '../pipeline/stage.js';
import { distributionOf } from './distribution/distribution.js';
import { addPackage } from './distribution/roles.js';
import { type RootTree, rootTree } from './rootfs/tree.js';
import { ROOT } from './things.js';

const options = z.strictObject({
  servers: z
    .array(
      z
        .string()
        .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$|^[0-9a-f:]+$/i, 'a host name or an address'),
    )
    .nonempty()
    .describe(
      'Host names or addresses of time servers, such as `ntp.example.org`, asked before those of packages.',
    ),
});

interface Clock {
  /** There where it is installed. */
  readonly program: string;
  readonly path: string;
  text(servers: readonly string[]): string;
}

/** A drop-in, see timesyncd.conf(5). */
export const TIMESYNCD: Clock = {
  program: '/usr/lib/systemd/systemd-timesyncd',
  path: '/etc/systemd/timesyncd.conf.d/60-time-servers.conf',
  text: (servers) => `[Time]\nNTP=${servers.join(' ')}\n`,
};

const CHRONY_FOLDER = '/etc/chrony/sources.d';
const CHRONY_CONF = '/etc/chrony/chrony.conf';
/** Of a folder that its configuration names as `sourcedir`, see chrony.conf(5). */
export const CHRONY: Clock = {
  program: '/usr/sbin/chronyd',
  path: `${CHRONY_FOLDER}/time-servers.sources`,
  text: (servers) => servers.map((server) => `server ${server} iburst prefer\n`).join(''),
};

export const timeServers = defineStage({
  name: 'time-servers',
  summary: 'Take the time from these servers (systemd-timesyncd or chrony).',
  kind: 'rootfs',
  changes: [ROOT],
  title: ({ servers }) => servers.join(' '),
  options,
  tools: [],
  asks: ['software'],
  async run(ctx) {
    const tree = rootTree(ctx.rootfs);
    const { servers } = ctx.options;
    if (await tree.exists(CHRONY.program)) {
      await requireSourceFolder(tree);
      return tree.write(CHRONY.path, CHRONY.text(servers));
    }
    if (await tree.exists(TIMESYNCD.program)) return tree.write(TIMESYNCD.path, TIMESYNCD.text(servers));
    throw new Failure('recipe', {
      what: 'Nothing in the image takes the time from servers.',
      expected: 'systemd-timesyncd or chrony',
      hint: `${addPackage(distributionOf(ctx).software, 'time-client')}.`,
    });
  },
});

async function requireSourceFolder(tree: RootTree): Promise<void> {
  const text = (await tree.read(CHRONY_CONF)) ?? '';
  if (new RegExp(`^sourcedir ${CHRONY_FOLDER}$`, 'm').test(text)) return;
  throw new Failure('recipe', {
    what: `${CHRONY_CONF} does not read ${CHRONY_FOLDER}.`,
    expected: `a line \`sourcedir ${CHRONY_FOLDER}\``,
    hint: 'Put the line there by a `files` step before this one, or use systemd-timesyncd.',
  });
}
