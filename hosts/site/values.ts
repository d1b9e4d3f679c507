/** The kinds of text that a site file is made of, each with what may stand there. */
import { z } from 'zod';
import { type Checked, checkedText, type Refused } from '../../base/schema/checked.js';
import { TAKEN } from '../boot-files/names.js';
import { ADDRESS, type Network, networkOf, networkText, parseAddress, parseNetmask } from './ipv4.js';
import {
  checkInitiator,
  checkPrefix,
  checkTargetName,
  INITIATOR_PATTERN,
  IQN_PATTERN,
} from './iscsi-name.js';

const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** Part of an iSCSI name, of a file name and of a host name at once. */
export function nameSchema(longest: number) {
  return z
    .string()
    .max(longest)
    .regex(NAME, 'lower-case letters and digits, joined by `-`: it becomes part of iSCSI names and of paths');
}

export const clientNameSchema = nameSchema(63).refine(
  (name) => !TAKEN.includes(name),
  `another name than ${TAKEN.join(', ')}: boot files have folders of these names`,
);

function refuse(what: string, expected: string, text: string, hint?: string): Refused {
  return { problem: { what, expected, found: `\`${text}\``, ...(hint === undefined ? {} : { hint }) } };
}

const AN_ADDRESS = 'four numbers from 0 to 255 joined by `.`, such as `192.0.2.10`';

export const addressSchema = checkedText((text) => {
  const address = parseAddress(text);
  if (address === undefined) {
    const hint = /^[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*$/.test(text)
      ? 'iPXE hands on IPv4 alone: its table for the operating system holds nothing else.'
      : undefined;
    return refuse('Not an IPv4 address.', AN_ADDRESS, text, hint);
  }
  if (address >>> 24 === 0 || address >>> 24 >= 224) {
    return refuse('No machine can have this address.', 'an address from 1.0.0.0 to 223.255.255.255', text);
  }
  return { value: text };
}, `^${ADDRESS}$`);

export const netmaskSchema = checkedText(
  (text) =>
    parseNetmask(text) === undefined
      ? refuse('Not a netmask.', 'ones and then zeros in four numbers, such as `255.255.255.0`', text)
      : { value: text },
  `^${ADDRESS}$`,
);

/** A network with its prefix length. */
export const networkSchema = checkedText((text): Checked<Network> => {
  const expected = 'its first address and its prefix length, such as `192.0.2.0/24`';
  const [, start = '', bits] = /^([^/]*)(?:\/([0-9]{1,2}))?$/.exec(text) ?? [];
  const address = parseAddress(start);
  if (address === undefined || Number(bits ?? 0) > 32) return refuse('Not an IPv4 network.', expected, text);
  if (bits === undefined) {
    return refuse(
      'The network has no prefix length.',
      expected,
      text,
      `Write \`${start}/24\` for 255.255.255.0.`,
    );
  }
  const network = networkOf(address, Number(bits));
  if (network.first === address) return { value: network };
  return refuse(
    'The network does not begin at this address.',
    expected,
    text,
    `Write \`${networkText(network)}\`.`,
  );
}, `^${ADDRESS}/(?:[12]?[0-9]|3[0-2])$`);

const PAIR = '[0-9A-Fa-f]{2}';

export const macSchema = checkedText((text) => {
  if (!new RegExp(`^${PAIR}([:-])${PAIR}(?:\\1${PAIR}){4}$`).test(text)) {
    return refuse('Not a MAC address.', 'six pairs of hexadecimal digits joined by `:`', text);
  }
  const mac = text.toLowerCase().replaceAll('-', ':');
  // The lowest bit of the first byte marks a group (IEEE 802).
  if (mac === '00:00:00:00:00:00' || Number.parseInt(mac.slice(0, 2), 16) % 2 === 1) {
    return refuse('No network card has this MAC address.', 'the address of one card, not of a group', text);
  }
  return { value: mac };
}, `^${PAIR}([:-])${PAIR}(?:\\1${PAIR}){4}$`);

/**
 * What vendors leave in all machines of a family: seen by programs that take stock of machines, and in SMBIOS, section 7.2.1, as the
 * example of its byte order.
 */
const SHARED_UUIDS = new Set([
  '03000200-0400-0500-0006-000700080009',
  '00020003-0004-0005-0006-000700080009',
  '00112233-4455-6677-8899-aabbccddeeff',
  '33221100-5544-7766-8899-aabbccddeeff',
  '00010203-0405-0607-0809-0a0b0c0d0e0f',
  '03020100-0504-0706-0809-0a0b0c0d0e0f',
  '07090201-0103-0301-0807-060504030201',
  '12345678-1234-5678-90ab-cddeefaabbcc',
  'deadbeef-dead-beef-dead-beefdeadbeef',
]);
/** One byte sixteen times, or all ones but for the first digits. */
const REPEATED_UUID = /^(..)\1{3}(?:-(?:\1){2}){3}-(?:\1){6}$|-ffff-ffff-ffff-ffffffffffff$/;
/** What stands in the place of a serial number where nobody has set one. */
const SHARED_SERIAL =
  /^(?:(.)\1{3,}|0?123456789(?:0|10)?|none|unknown|default(?:[._-]string)?|invalid|empty|n[._-]?a|oem|o\.e\.m\.?|not[._-]?(?:applicable|available|specified)|(?:system|chassis)[._-]serial[._-]number|to[._-]be[._-]filled.*)$/i;

const UUID = '[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}';

export const uuidSchema = checkedText((text) => {
  const expected = '32 hexadecimal digits in groups of 8, 4, 4, 4 and 12 joined by `-`';
  if (!new RegExp(`^${UUID}$`).test(text)) return refuse('Not a UUID.', expected, text);
  // SMBIOS, section 7.2.1: all ones and all zeros say that there is none.
  if (/^(?:[0-]*|[Ff-]*)$/.test(text)) {
    return refuse(
      'This UUID says that the machine has none.',
      'a UUID of one machine',
      text,
      'Name it by `mac`.',
    );
  }
  const uuid = text.toLowerCase();
  if (SHARED_UUIDS.has(uuid) || REPEATED_UUID.test(uuid)) {
    return refuse(
      'Whole families of boards have this UUID: it tells no machine from another.',
      'a UUID of one machine',
      text,
      'Name it by `mac`.',
    );
  }
  return { value: uuid };
}, `^${UUID}$`);

export const serialSchema = z
  .string()
  .max(64)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
    'letters, digits, `.`, `_` and `-`: it becomes part of a URL; name other machines by `mac` or `uuid`',
  )
  .refine(
    (serial) => !SHARED_SERIAL.test(serial),
    'a serial number that one machine has: this one stands in many where nobody has set another; name it by `mac`',
  );

export const initiatorSchema = checkedText(checkInitiator, INITIATOR_PATTERN);
export const prefixSchema = checkedText(checkPrefix, IQN_PATTERN);
/** The name of a target that is not ours. */
export const iqnSchema = checkedText(checkTargetName, IQN_PATTERN);

const PROMPT = 'prompt:';
const REFERENCE = `^(?:${PROMPT})?(?:env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$`;

/** @returns the reference, and whether who sits at the machine is asked for what is behind it */
export const secretSchema = checkedText(
  (text): Checked<{ readonly reference: string; readonly prompts: boolean }> => {
    if (new RegExp(REFERENCE).test(text)) {
      const prompts = text.startsWith(PROMPT);
      return { value: { reference: prompts ? text.slice(PROMPT.length) : text, prompts } };
    }
    if (text === PROMPT.slice(0, -1) || text === PROMPT) {
      return {
        problem: {
          what: 'A prompt needs a reference beside it: the target must know the secret.',
          expected: '`prompt:env:NAME` or `prompt:file:PATH`',
          found: `\`${text}\``,
        },
      };
    }
    return {
      problem: {
        what: 'A secret must be a reference.',
        expected: '`env:NAME` or `file:PATH`',
        found: 'something else',
        hint: 'Put the secret into an environment variable or a file of mode 0600 and name that.',
      },
    };
  },
  REFERENCE,
);

/** Whether a URL's host is a name, which only DNS leads to an address. */
export function isName(host: string): boolean {
  return !/^(?:\d{1,3}\.){3}\d{1,3}$/.test(host);
}

/** A base URL without the slash at its end. */
export const urlSchema = checkedText((text) => {
  const expected = 'a URL such as `http://192.0.2.10`, in characters that iPXE takes as they are';
  if (/^(?:[a-z]+:\/\/)?[^/]*@/.test(text)) {
    return {
      problem: {
        what: 'An account does not belong in this URL: every client reads it.',
        expected,
        found: 'not shown: it may be a secret',
        hint: 'Let the server answer by address.',
      },
    };
  }
  if (
    !/^https?:\/\/[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:\/[A-Za-z0-9._~%+=,@:-]+)*\/?$/.test(text) ||
    !URL.canParse(text)
  ) {
    return refuse('Not a URL that clients can use.', expected, text);
  }
  return { value: text.replace(/\/$/, '') };
}, '^https?://');
