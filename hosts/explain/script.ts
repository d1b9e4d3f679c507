/** From iPXE's first script to the one of the release. */
import { kernelAddress } from '../boot-files/address.js';
import { startsOf } from '../site/blank.js';
import { webAddress } from './firmware.js';
import type { Link } from './link.js';
import type { Subject } from './subject.js';

/** Finds the client's script. */
export function findClient(subject: Subject): Link {
  const { host, client, url, http, identities } = subject;
  return {
    name: 'client',
    title: 'HTTP: the machine finds its client',
    says: [
      `${url('boot.ipxe')} asks for the script of the card that iPXE came by, then of the serial number, then of the UUID.`,
      `Each name is a link to ../${client.name}/boot.ipxe.`,
    ],
    packets: identities.map((path) => `TCP client:any -> ${webAddress(host)}  GET /${path}`),
    files: [...identities.map(http), http(`clients/${client.name}/boot.ipxe`)],
    settings: [],
    stops: [
      {
        shows: `This machine is no client of ${host.name}.`,
        causes: [
          'the client was not added yet',
          'it came by another network card, or its board was changed: the screen shows MAC address, serial number and UUID',
        ],
        look: [
          ...identities.map((path) => `curl -i ${url(path)}`),
          `npx lunsmith client ls --on ${host.name}    # where the site file is`,
        ],
      },
      {
        shows: 'Going on to the next boot device',
        causes: ['it is no client, or `Next boot device` was chosen from its menu'],
        look: [`ls -l ${http('clients')}/by-*`],
      },
    ],
  };
}

/** The client's script: what it is to boot, and as whom. */
export function makeSettings(subject: Subject): Link {
  const { host, client, image, url, http } = subject;
  const direct = image.boot === 'direct';
  const script = subject.bootFile('ipxe-script');
  const own = `clients/${client.name}`;
  const account = direct || client.prompts === true ? [] : [`${own}/account.ipxe`];
  const starts = subject.multipath && image.boot === 'san' ? [subject.pathsScript] : [];
  const ofRelease =
    image.blank === true || starts.length > 0 ? [] : [`releases/${subject.release}/${script}`];
  const paths = [...account, ...starts, ...ofRelease];
  return {
    name: 'settings',
    title: `HTTP: the settings of ${client.name}${image.blank === true ? '' : starts.length > 0 ? ', then a script with every path to its LUN' : ', then the script of its release'}`,
    says: [
      ...choices(subject),
      ...(client.prompts === true
        ? [
            'iPXE asks for user and secret, and the target whether they are right; Ctrl-C in the form goes on to the next boot device.',
          ]
        : []),
      ...(starts.length > 0
        ? [`It boots by every path at once, as one drive: ${subject.sanUris.join(' and ')}.`]
        : []),
      'Everything from here on is named by the clone’s target and by the release’s digest: never a mixture.',
    ],
    packets: [`${own}/boot.ipxe`, ...paths].map(
      (path) => `TCP client:any -> ${webAddress(host)}  GET /${path}`,
    ),
    files: [
      ...[`${own}/boot.ipxe`, ...account].map(http),
      ...starts.map(http),
      ...(ofRelease.length === 0 ? [] : [subject.inRelease(script)]),
    ],
    settings: settings(subject),
    stops: [
      {
        shows: `${client.name} cannot boot now`,
        causes: [
          ...(account.length === 0
            ? []
            : [
                'the HTTP server may not read account.ipxe: `http.group` in the site must be the group of its process',
              ]),
          'the release is not on the host, or not whole',
        ],
        look: [
          ...paths.map((path) => `curl -sS -o /dev/null -w '%{http_code}\\n' ${url(path)}`),
          `npx lunsmith doctor --on ${host.name}    # where the site file is`,
        ],
      },
      {
        shows: `The client ${client.name} has no image yet`,
        causes: [`no release was promoted to ${image.channel}`],
        look: [`npx lunsmith status --on ${host.name}    # where the site file is`],
      },
    ],
  };
}

function choices({ client, image, next }: Subject): string[] {
  const [first] = client.images;
  const starts = client.images.flatMap(startsOf);
  if (starts.length === 1) return [];
  const names = starts.join(', ');
  const chosen =
    next === undefined
      ? client.menuSeconds === 0
        ? `Without a choice of PXELINUX it boots ${first.name}.`
        : `A menu waits ${client.menuSeconds} s, then ${first.name} boots.`
      : `${next} was chosen for its next boot; there is no menu then.`;
  return [`It has the images ${names}. ${chosen} This is the chain of ${image.name}.`];
}

function settings(subject: Subject): Link['settings'] {
  const { client, image, sanUris, multipath, url, cpio } = subject;
  const { address } = client;
  const own = Object.entries({
    'netX/ip': address?.address,
    'netX/netmask': address?.netmask,
    'netX/gateway': address?.gateway,
    'netX/dns': address?.dns,
  }).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
  if (image.boot === 'direct') {
    return [
      ...own,
      { name: 'client-initrd', value: url(cpio) },
      { name: 'client-ip', value: kernelAddress(client, subject.manifest) },
    ];
  }
  return [
    ...own,
    ...(image.blank === true
      ? [{ name: 'keep-san', value: '1' }]
      : multipath
        ? []
        : sanUris.map((value) => ({ name: 'san-uri', value }))),
    { name: 'initiator-iqn', value: client.initiator },
    ...(image.blank === true ? [] : [{ name: 'netX/hostname', value: client.name }]),
    { name: 'username', value: client.account },
    ...(client.prompts === true ? [] : [{ name: 'password' }]),
  ];
}
