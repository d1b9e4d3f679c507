/** What a Raspberry Pi and a DHCP server have to know of each other. */

/** What the ROM looks for in option 43 of a reply; a Pi 3B wants the three spaces too. */
export const BOOT_TEXT = 'Raspberry Pi Boot   ';

/** What the MAC addresses of Raspberry Pis begin with (IEEE OUI of Raspberry Pi Trading and the Foundation), lower case. */
export const MAC_PREFIXES: readonly string[] = [
  '28:cd:c1',
  '2c:cf:67',
  'b8:27:eb',
  'd8:3a:dd',
  'dc:a6:32',
  'e4:5f:01',
];
