/** What can be known to fail before a base system is made. */
import { existsSync } from 'node:fs';
import type { RecipeFacts, StageFinding } from '../../pipeline/stage.js';
import { otherVendorOf, UBUNTU, vendorOf } from '../distribution/debian/apt/vendor.js';
import { isPort } from './default-archive.js';
import type { Variant } from './variant.js';

interface Asked {
  readonly suite: string;
  readonly components: readonly string[];
  readonly mirror?: string | undefined;
  readonly snapshot?: string | undefined;
  readonly repositories: readonly unknown[];
  readonly tool: 'mmdebstrap' | 'debootstrap';
  readonly variant: Variant;
  readonly documentation: boolean;
}

export function snapshotFindings({ snapshot, mirror, repositories }: Asked): StageFinding[] {
  if (snapshot === undefined) return [];
  return [
    ...(mirror !== undefined
      ? []
      : [
          {
            path: ['snapshot'],
            what: 'A snapshot needs an archive of snapshots.',
            expected: '`mirror` beside it, without the time at its end',
          },
        ]),
    ...(repositories.length === 0
      ? []
      : [
          {
            path: ['repositories'],
            what: 'Other archives have no snapshot of that time.',
            hint: 'Leave out `snapshot` or `repositories`; a lock keeps the versions of both.',
          },
        ]),
  ];
}

/** Where Debian and Ubuntu differ. */
export function vendorFindings(
  { suite, components, mirror }: Asked,
  { architecture }: Pick<RecipeFacts, 'architecture'>,
): StageFinding[] {
  const vendor = vendorOf(suite);
  const foreign = components.flatMap((component, index): StageFinding[] => {
    const other = otherVendorOf(vendor, component);
    if (other === undefined) return [];
    return [
      {
        path: ['components', index],
        what: `${suite} is a suite of ${vendor.name}, which has no component ${component}: that is one of ${other.name}.`,
        expected: vendor.components.join(', '),
        found: component,
      },
    ];
  });
  return [...foreign, ...(vendor === UBUNTU ? portFindings(mirror, architecture) : [])];
}

/** A mirror may have both archives under one name, so that this is told and not refused. */
function portFindings(mirror: string | undefined, architecture: RecipeFacts['architecture']): StageFinding[] {
  if (mirror === undefined) return [];
  const { pathname } = new URL(mirror);
  const ports = /ports\/?$/.test(pathname);
  if (ports === isPort(architecture) || (!ports && !/\/ubuntu\/?$/.test(pathname))) return [];
  return [
    {
      path: ['mirror'],
      what: `Ubuntu keeps ${architecture} in another archive than ${pathname}.`,
      expected: ports
        ? 'an archive whose path ends in `/ubuntu`'
        : 'one of its ports, whose path ends in `/ubuntu-ports`',
      warning: true,
    },
  ];
}

export function toolFindings({ suite, tool, variant, documentation }: Asked): StageFinding[] {
  if (tool !== 'debootstrap') return [];
  const unable = (option: string, what: string): StageFinding => ({
    path: [option],
    what,
    hint: 'Use `tool: mmdebstrap`.',
  });
  return [
    ...(variant === 'standard' ? [unable('variant', 'debootstrap has no variant `standard`.')] : []),
    ...(documentation ? [] : [unable('documentation', 'debootstrap cannot leave documentation out.')]),
    // Without the tool that it lacks is said, and nothing of what the tool knows.
    ...(existsSync(SCRIPTS) && !existsSync(`${SCRIPTS}/${suite}`)
      ? [
          unable(
            'suite',
            `debootstrap of this host does not know the suite ${suite}: ${SCRIPTS}/${suite} is missing.`,
          ),
        ]
      : []),
  ];
}

const SCRIPTS = '/usr/share/debootstrap/scripts';
