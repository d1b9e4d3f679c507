/** Files that the TFTP server may show, and those that it must not. */
import { posix } from 'node:path';
import type { BootBinaries } from '../../artifacts/formats/ipxe-binaries.js';
import { PC } from '../../artifacts/platform/pc.js';
import type { ExpectedFolder } from './expected.js';
import { driftOf, editedFinding, type FilesContext } from './files.js';
import { type Finding, repairHint } from './finding.js';

/** Without these no client boots. */
const PROGRAMS = [PC.firmware.bios.program, PC.firmware.uefi.program, PC.pxelinuxProgram].map(({ path }) =>
  posix.basename(path),
);
/** For networks that hand out PXELINUX. */
const OPTIONAL = ['pxelinux.0', 'ldlinux.c32'];
/**
 * What a Raspberry Pi looks for under its serial number, and where it is missing there, in the root: it drops the serial
 * number without a word and boots what is not its own (Raspberry Pi documentation, network boot; TFTP_PREFIX).
 */
const RASPBERRY = /^(start.*\.elf|fixup.*\.dat|config\.txt|cmdline\.txt|kernel.*\.img|.*\.dtb)$/;
/** The one file that a Raspberry Pi 3 needs in the root. */
const BOOTCODE = 'bootcode.bin';

/** @param binaries of this machine; absent: then those of the host are not compared */
export async function tftpFindings(
  expected: ExpectedFolder,
  binaries: BootBinaries | undefined,
  context: FilesContext,
): Promise<Finding[]> {
  const { edited, missing, unexpected } = driftOf(expected, context.entries);
  const at = (path: string) => posix.join(context.host.facts.root, path);
  const isProgram = (path: string) => [...PROGRAMS, ...OPTIONAL].includes(posix.relative('tftp', path));
  const lacking = PROGRAMS.map((name) => `tftp/${name}`).filter((path) => !context.entries.has(path));
  const findings: Finding[] = [...new Set([...missing.filter((path) => !isProgram(path)), ...lacking])].map(
    (path) => ({
      level: 'error',
      about: 'tftp',
      what: 'A file that clients load by TFTP is missing.',
      where: at(path),
      expected: isProgram(path)
        ? 'a boot program of the package ipxe'
        : 'the file that the state of the host says',
      found: 'nothing',
      hint: repairHint(context.host.facts.name),
    }),
  );
  for (const each of edited) {
    if (!isProgram(each.path)) findings.push({ ...(await editedFinding(each, context)), about: 'tftp' });
    else if (binaries !== undefined) findings.push(otherProgram(at(each.path), binaries));
  }
  return [
    ...findings,
    ...unexpected.filter((path) => !isProgram(path)).map((path) => forbidden(path, at(path))),
  ];
}

function otherProgram(where: string, { version }: BootBinaries): Finding {
  return {
    level: 'warning',
    about: 'tftp',
    what: 'A boot program is not the one of this machine.',
    where,
    expected: `that of the package ipxe ${version}`,
    found: 'another version, or an edited file',
    hint: 'The next change of the host puts this machine’s there.',
  };
}

function forbidden(path: string, where: string): Finding {
  const name = posix.relative('tftp', path);
  const words = { about: 'tftp', where, found: 'a file of somebody else' } as const;
  if (name === BOOTCODE) {
    return {
      ...words,
      level: 'warning',
      what: 'A file in the TFTP root is none of ours.',
      expected: 'the files that the state of the host says; a Raspberry Pi 3 needs this one besides',
      hint: 'The next change of the host removes it: serve a Raspberry Pi from another TFTP root.',
    };
  }
  const raspberry = RASPBERRY.test(posix.basename(name));
  return {
    ...words,
    level: 'error',
    what: raspberry
      ? 'A file of a Raspberry Pi may not lie here: machines whose own folder lacks it would boot this one.'
      : 'A file in the TFTP root is none of ours.',
    expected:
      'the files that the state of the host says, and no others: everybody on the network can read them',
    hint: 'Move it away; the next change of the host removes it.',
  };
}
