/** From the kernel to a login. */
import { LOADER_TITLES } from '../../artifacts/platform/loader.js';
import { SYMPTOM_WORDS } from '../../artifacts/release/symptoms.js';
import { webAddress } from './firmware.js';
import type { Link, Stop } from './link.js';
import { loaderOf } from './loader.js';
import { targetFiles, targetLook } from './lun.js';
import type { Subject } from './subject.js';

export function kernel(subject: Subject): Link {
  const { manifest, image, bootFile, inRelease, cpio, host } = subject;
  const version = manifest?.kernel === undefined ? '' : ` ${manifest.kernel.version}`;
  const direct = image.boot === 'direct';
  const files = [bootFile('kernel'), bootFile('initramfs')];
  const paths = [...files.map((file) => `releases/${subject.release}/${file}`), cpio];
  return {
    name: 'kernel',
    title: direct ? 'HTTP: iPXE loads kernel and initramfs' : 'The kernel and its initramfs',
    says: direct
      ? [
          `iPXE loads the kernel${version}, its initramfs and a small archive with the settings of this client, and starts them.`,
        ]
      : [
          `${LOADER_TITLES[loaderOf(subject)]} starts the kernel${version} with the initramfs of the same release.`,
        ],
    packets: direct ? paths.map((path) => `TCP client:any -> ${webAddress(host)}  GET /${path}`) : [],
    files: direct ? [...files.map(inRelease), subject.http(cpio)] : ['LUN: /boot'],
    settings: [{ name: 'command line', value: commandLine(subject) }],
    stops: [
      ...(direct ? [downloads(subject, paths)] : []),
      {
        shows: 'Kernel panic - not syncing',
        causes: [
          `${SYMPTOM_WORDS.panic}: the line above it says why`,
          'VFS: Unable to mount root fs: the initramfs did not come along',
        ],
        look: [
          'the console, from the first line of the kernel on: add console=ttyS0,115200 to the recipe’s command line',
        ],
      },
    ],
  };
}

function downloads(subject: Subject, paths: readonly string[]): Stop {
  return {
    shows: 'Direct boot failed, giving up',
    causes: [
      `${SYMPTOM_WORDS['download-failed']}: the HTTP server may not read the archive; \`http.group\` in the site must be the group of its process`,
      'the release is not on the host, or not whole',
      'the machine has too little memory for the initramfs',
    ],
    look: paths.map((path) => `curl -sS -o /dev/null -w '%{http_code}\\n' ${subject.url(path)}`),
  };
}

function commandLine({ manifest, image }: Subject): string {
  const own = manifest?.kernel?.commandLine ?? 'as the release has it';
  return image.boot === 'direct' ? `${own} ip=\${client-ip} BOOTIF=01-\${netX/mac:hexhyp}` : own;
}

/** What the per-client archive and the iBFT tell it: artifacts/formats/open-iscsi.ts. */
export function initramfsLogin(subject: Subject): Link {
  const { host, client, lun, target, portal, portals, multipath, image, manifest } = subject;
  const { port } = host.target;
  const archive = image.boot !== 'san';
  return {
    name: 'initramfs-login',
    title: 'The initramfs brings up the network and logs in',
    says: [
      archive
        ? 'It takes target, names and account from /etc/iscsi.initramfs, which came in the small archive.'
        : 'It takes target, names and account from the iBFT (iscsi_auto); nothing of them is in the image.',
      ...vlanWords(subject),
      addressWords(subject),
      ...partWords(subject),
      ...(multipath
        ? [
            'Every other card asks DHCP too. It logs in at each portal that answers within 3 s; a portal that does not keeps none waiting, and the booted system logs in there later.',
            'multipath makes one disk of all sessions, /dev/mapper/mpatha.',
          ]
        : []),
      ...(image.boot === 'tftp'
        ? []
        : ['The session of iPXE ends unseen; this one lives until the machine goes down.']),
    ],
    packets: [
      ...(client.address === undefined || manifest?.vlan !== undefined
        ? ['UDP 0.0.0.0:68 -> 255.255.255.255:67  DHCPDISCOVER of the initramfs, and the answers']
        : []),
      `TCP client:any -> ${portal}  login of ${client.initiator} to ${target}, CHAP (MD5) as ${client.account}`,
    ],
    files: targetFiles(subject),
    settings: portals.map((each) => ({
      name: 'disk',
      value: `/dev/disk/by-path/ip-${each}-iscsi-${target}-lun-${lun}`,
    })),
    stops: [
      {
        shows: subject.shows('initramfs-refused', 'a login to the target that is refused'),
        causes: [
          `${SYMPTOM_WORDS['initramfs-refused']}: its secret was changed${image.boot === 'tftp' ? '' : ' since iPXE logged in'}`,
          'the target does not know the initiator’s name',
        ],
        look: targetLook(subject),
      },
      {
        shows: 'no connection to the target, or no response to DHCP',
        causes: [
          'the driver of the card is not in the initramfs',
          'the switch port is not forwarding yet when the kernel asks DHCP',
          'another MTU on the way',
          ...(manifest?.vlan === undefined
            ? []
            : [
                `the switch port of the machine does not carry VLAN ${manifest.vlan} with its tag, or nobody answers DHCP in it`,
              ]),
        ],
        look: [
          subject.watch(`port 67 or port 68 or tcp port ${port}`),
          'the prompt of the initramfs: ip address; dmesg | grep -i eth',
        ],
      },
    ],
  };
}

/** What the initramfs gives to the system beside its root: stages/distribution/client-part.ts. */
function partWords({ client: { name, files = [] }, manifest }: Subject): string[] {
  if (manifest?.clientFiles !== true) return [];
  return [
    `The system is called ${name}, if its image has no name of its own.`,
    ...(files.length === 0
      ? []
      : [
          `Over its root it mounts the files that came in the archive: ${files.map(({ path }) => path).join(', ')}. They are in memory alone.`,
        ]),
  ];
}

/** What it makes before it asks for an address: stages/distribution/debian/vlan.ts. */
function vlanWords({ manifest }: Subject): string[] {
  if (manifest?.vlan === undefined) return [];
  const { vlan } = manifest;
  return [
    `It makes the VLAN ${vlan} of the card, \`CARD.${vlan}\`; all that follows goes out with this tag, and the card itself gets no address.`,
  ];
}

function addressWords({ client, image, manifest }: Subject): string {
  if (client.address !== undefined && manifest?.vlan === undefined)
    return `It takes the address ${client.address.address}.`;
  return image.boot !== 'san'
    ? 'It asks DHCP for its address once; nobody renews it, so the address should stay the same.'
    : 'The iBFT has the address that iPXE had. An initramfs by initramfs-tools asks DHCP for it again, once, and keeps that of the iBFT when nobody answers; others keep it at once. Nobody renews it, so the address should stay the same.';
}

export function rootMount(subject: Subject): Link {
  const root = subject.manifest?.disk.partitions.find(({ mount }) => mount === '/');
  const uuid = root?.filesystemUuid;
  return {
    name: 'root-mount',
    title: 'The root file system',
    says: [
      `The initramfs mounts the root by its UUID${uuid === undefined ? '' : ` ${uuid}${root === undefined ? '' : `, partition ${root.number}`}`}.`,
      subject.manifest?.disk.overlay === undefined
        ? 'All clones of a release have the same UUIDs: never attach two of them to one machine.'
        : 'It is mounted read-only, and an overlay of it and of a tmpfs takes its place: what is written is in memory, and gone when the machine is off. All clients share the LUN.',
    ],
    packets: [],
    files: ['LUN: /etc/fstab'],
    settings: uuid === undefined ? [] : [{ name: 'root', value: `UUID=${uuid}` }],
    stops: [
      {
        shows: subject.shows('initramfs-shell', 'a shell of the initramfs'),
        causes: [
          `${SYMPTOM_WORDS['initramfs-shell']}: the login failed (see above), or root= names another file system`,
          'the client changed its own file systems’ UUIDs: `client reset` makes a fresh clone; `client undelete` brings what it stored back',
        ],
        look: ['its prompt: blkid; cat /proc/cmdline; ls -l /dev/disk/by-path', ...targetLook(subject)],
      },
      {
        shows: subject.shows('emergency', 'emergency mode'),
        causes: [`${SYMPTOM_WORDS.emergency}: a file system of /etc/fstab is missing or damaged`],
        look: ['its prompt: journalctl -xb; systemctl --failed'],
      },
    ],
  };
}

export function login(subject: Subject): Link {
  const { host, target, portal, multipath } = subject;
  return {
    name: 'login',
    title: 'Userspace: iscsid takes over the session, and the login prompt comes',
    says: [
      'iscsid adopts the session and logs in again after every interruption; its account comes from the kernel, not from the LUN.',
      'The card that carries the root is left alone by the network’s manager, at shutdown too.',
    ],
    packets: [`TCP client:any -> ${portal}  the session of the initramfs, as long as the machine runs`],
    files: ['client: /etc/iscsi/iscsid.conf', 'client: /etc/iscsi/iscsi.initramfs'],
    settings: [{ name: 'node.session.timeo.replacement_timeout', value: multipath ? '15' : '86400' }],
    stops: [
      {
        shows: 'session recovery timed out, Remounting filesystem read-only, or forced readonly',
        causes: [
          `${SYMPTOM_WORDS['root-lost']}: the network’s manager took the card down, or its lease was not renewed`,
          'the target was stopped, or the host is full',
        ],
        look: [
          `npx lunsmith status --on ${host.name}    # where the site file is: is ${target} logged in?`,
          `df -h ${host.root}`,
          ...targetLook(subject),
        ],
      },
      {
        shows: 'a shutdown that hangs',
        causes: [
          'the network went down before the root: KeepConfiguration=yes for networkd, unmanaged for NetworkManager',
          'the root’s session was logged out: node.startup must not be automatic',
        ],
        look: ['on the client: journalctl -b -1 -e; iscsiadm -m session -P 1'],
      },
    ],
  };
}
