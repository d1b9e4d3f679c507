/** Whether Raspberry Pis come to their kernel by what the TFTP server shows them: their firmware is played on it. */
import { posix } from 'node:path';
import {
  type Note,
  type Pi,
  type Played,
  playFirmware,
} from '../../artifacts/platform/raspberry-pi/firmware.js';
import {
  MODEL_NAMES,
  MODELS,
  type ModelName,
  macPrefix,
  serialPrefix,
} from '../../artifacts/platform/raspberry-pi/models.js';
import type { TftpReader } from '../../artifacts/platform/raspberry-pi/tftp-tree.js';
import { RASPBERRY_PI } from '../../artifacts/platform/raspberry-pi.js';
import { bootImages } from '../boot-files/boot-image.js';
import { piClients } from '../boot-files/raspberry-pi.js';
import type { TargetHost } from '../host/host.js';
import { hostLayout } from '../host/layout.js';
import type { HostState } from '../host/state.js';
import type { ClientFacts } from '../site/facts.js';
import { type Finding, repairHint } from './finding.js';

/** A serial number of nobody, for one that looks by its MAC address. */
const NO_SERIAL = '0';

/** What a client looks for its files with, by the folder in which it does. */
type Ways = ReadonlyMap<string, Omit<Pi, 'model'>>;

/**
 * Nobody tells which model a client is, and no release has to be for all of them: a folder is well when one of them comes to its kernel
 * there with the client's own archive.
 */
export async function piFindings(host: TargetHost, state: HostState): Promise<Finding[]> {
  const booting = piClients(state).filter((client) => bootImages(client).length > 0);
  if (booting.length === 0) return [];
  const tftp = await tftpOf(host);
  const findings: Finding[] = [];
  for (const { facts } of booting) {
    for (const [folder, pi] of waysOf(facts)) {
      const played = new Map<ModelName, Played>();
      for (const model of MODEL_NAMES)
        played.set(model, await playFirmware({ ...pi, model: MODELS[model] }, tftp));
      const where = posix.join(hostLayout(host.facts).tftp, folder);
      findings.push(...judge(played, { client: facts.name, folder, where, host: host.facts.name }));
    }
  }
  return findings;
}

/** By serial number, and with a setting of the EEPROM by MAC address. */
function waysOf({ serial, mac }: ClientFacts): Ways {
  const digits = serial?.replace(/^0x/i, '');
  return new Map([
    ...(digits === undefined ? [] : [[serialPrefix(digits), { serial: digits }] as const]),
    ...(mac === undefined ? [] : [[macPrefix(mac), { serial: NO_SERIAL, prefix: { mac } }] as const]),
  ]);
}

/** As the TFTP server shows it, which follows links. */
const SIZES = `
cd -- "$1" 2>/dev/null || exit 0
find -L . -type f -exec stat -L -c '%s %n' {} + 2>/dev/null
exit 0
`;

/** Of all that can be read there. */
async function tftpOf(host: TargetHost): Promise<TftpReader> {
  const { tftp } = hostLayout(host.facts);
  const { stdout } = await host.run(['sh', '-c', SIZES, 'sh', tftp], {
    doing: `look at what TFTP shows of ${host.facts.name}`,
    quiet: true,
  });
  const sizes = new Map<string, number>();
  for (const line of stdout.split('\n')) {
    const [, bytes, path] = /^(\d+) \.\/(.+)$/.exec(line) ?? [];
    if (path !== undefined) sizes.set(path, Number(bytes));
  }
  const texts = new Map<string, string>();
  return (path) => {
    const size = sizes.get(path);
    if (size === undefined) return Promise.resolve(undefined);
    const text = async () => {
      const known = texts.get(path) ?? (await host.read(posix.join(tftp, path))) ?? '';
      texts.set(path, known);
      return known;
    };
    return Promise.resolve({ size, text });
  };
}

interface Place {
  readonly client: string;
  readonly folder: string;
  /** Path on the host. */
  readonly where: string;
  readonly host: string;
}

function judge(played: ReadonlyMap<ModelName, Played>, { client, folder, where, host }: Place): Finding[] {
  const about = { about: 'tftp', where } as const;
  const starts = [...played].filter(([, { start }]) => start !== undefined);
  if (starts.length === 0) {
    const stops = [...played].map(([model, { notes }]) => `${model}: ${wordsOf(notes)}`);
    return [
      {
        ...about,
        level: 'error',
        what: `No Raspberry Pi comes to its kernel as the client ${client}.`,
        expected: 'firmware, device tree, kernel and initramfs of one model at least',
        found: stops.join('; '),
        hint: `${repairHint(host)} If that does not help, the release has no firmware for it: build one that has, and promote it.`,
      },
    ];
  }
  const archive = `${folder}/${RASPBERRY_PI.clientArchive}`;
  const without = starts.filter(([, { start }]) => start?.initramfs.includes(archive) !== true);
  const notes = new Map(
    starts.flatMap(([, play]) => play.notes.map((note) => [`${note.at}: ${note.what}`, note] as const)),
  );
  return [
    ...(without.length === 0
      ? []
      : [
          {
            ...about,
            level: 'error' as const,
            what: `A Raspberry Pi would start as the client ${client} without its account.`,
            expected: `\`initramfs …,${RASPBERRY_PI.clientArchive}\` in ${RASPBERRY_PI.files.config}`,
            found: `no ${RASPBERRY_PI.clientArchive} for ${without.map(([model]) => model).join(', ')}`,
            hint: 'Build the release again with the stage raspberry-pi-firmware, which writes that line, and promote it.',
          },
        ]),
    ...[...notes].map(([found]) => ({
      ...about,
      level: 'warning' as const,
      what: `The firmware of a Raspberry Pi leaves something out for the client ${client}.`,
      found,
      hint: 'Mend it in the recipe, build again, and promote the new release.',
    })),
  ];
}

function wordsOf(notes: readonly Note[]): string {
  const { at, what } = notes.findLast(({ fatal }) => fatal) ?? { at: 'kernel', what: 'none' };
  return `${at}: ${what}`;
}
