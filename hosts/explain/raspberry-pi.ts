/** A Raspberry Pi from power-on to its kernel: it runs no iPXE, and says what is wrong by a LED or not at all. */
import { MODEL_NAMES, MODELS } from '../../artifacts/platform/raspberry-pi/models.js';
import { RASPBERRY_PI } from '../../artifacts/platform/raspberry-pi.js';
import { piFolders } from '../boot-files/raspberry-pi.js';
import type { Link } from './link.js';
import { DHCP_PORTS, logs } from './power-on.js';
import type { Subject } from './subject.js';

const TFTP_PORTS = 'udp and not port 67 and not port 68';

export function piPowerOn(subject: Subject): Link {
  const { host, conf } = subject;
  const files = {
    'dnsmasq-proxy': 'dnsmasq.conf',
    dnsmasq: 'dnsmasq.conf',
    'isc-dhcpd': 'dhcpd.conf',
    none: undefined,
  };
  const file = files[host.dhcp.kind];
  return {
    name: 'power-on',
    title: 'Power-on: boot ROM or EEPROM asks by DHCP',
    says: [
      'A Pi 3 boots from the network when its OTP says so (program_usb_boot_mode=1; a 3B+ does from the factory on) and no SD card is in it.',
      'A Pi 4 or 5 boots in the order of BOOT_ORDER in its EEPROM, read from right to left: 0xf21 is SD card, network, again.',
      'It looks for an answer that says Raspberry Pi Boot. It sends no request for its address, so the address should be reserved.',
    ],
    packets: [
      'UDP 0.0.0.0:68 -> 255.255.255.255:67  DHCPDISCOVER; option 60 PXEClient:Arch:00000, the same as of a BIOS',
      `UDP ${host.address}:67 -> client:68  DHCPOFFER with option 43: Raspberry Pi Boot`,
    ],
    files: file === undefined ? [] : [conf(file)],
    settings: [{ name: 'next-server', value: host.address }],
    stops: [
      {
        shows: 'no DHCPDISCOVER at all, the LED of the card dark or the activity LED off',
        causes: [
          'the OTP bit is not set: vcgencmd otp_dump | grep 17: shows 3020000a when it is',
          'an SD card is in it, or network is not in BOOT_ORDER: rpi-eeprom-config shows it',
        ],
        look: [subject.watch(DHCP_PORTS)],
      },
      {
        shows: 'DHCPDISCOVER again and again, and no request by TFTP',
        causes: [
          'no answer says Raspberry Pi Boot, with three spaces after it for a Pi 3B',
          'two answers come within a third of a second, of which a Pi 3B loses one: dhcp-reply-delay keeps the proxy’s back',
          'its MAC address is none of the Raspberry Pi’s makers: name it as `mac` of the client',
        ],
        look: [subject.watch(DHCP_PORTS), ...logs(host)],
      },
    ],
  };
}

export function piTftp(subject: Subject): Link {
  const { host, client, tftp } = subject;
  const folders = piFolders(client);
  const [folder = 'FOLDER'] = folders;
  const probes = MODEL_NAMES.map((name) => `${MODELS[name].probe} (${name})`).join(', ');
  return {
    name: 'tftp',
    title: 'TFTP: firmware, device tree, kernel and both initramfs',
    says: [
      `A Pi 3 loads ${RASPBERRY_PI.bootcode} from the TFTP root, and nothing else; a Pi 4 or 5 has it in its EEPROM.`,
      `All else it looks for in ${folders.map((name) => `${name}/`).join(' or ')}: the last 8 hex digits of its serial number, or its MAC address with TFTP_PREFIX=2.`,
      `Without ${probes} there it looks in the TFTP root instead, and says nothing of it.`,
      'config.txt names kernel and initramfs; the second of these is the client’s own, with its target and account.',
    ],
    packets: [
      `UDP client:any -> ${host.address}:69  read request for ${RASPBERRY_PI.bootcode}, then for files in ${folder}/`,
      `UDP ${host.address}:any -> client:any  their blocks`,
    ],
    files: [tftp(RASPBERRY_PI.bootcode), ...folders.map((name) => tftp(`${name}/`))],
    settings: [{ name: 'initramfs', value: `initrd.img,${RASPBERRY_PI.clientArchive} followkernel` }],
    stops: [
      {
        shows:
          'the activity LED blinks 4 times (no start.elf) or 7 times (no kernel), or requests for files outside of its folder',
        causes: [
          'the serial number in the site is another: grep Serial /proc/cpuinfo says it',
          'the TFTP server cannot read the folder, or does not follow its link',
          'the folder has no kernel or device tree of this model',
        ],
        look: [
          subject.watch(TFTP_PORTS),
          `ls -lL ${tftp(`${folder}/`)}`,
          `sed -n '/initramfs/p' ${tftp(`${folder}/config.txt`)}    # at most 80 characters`,
          `wc -l ${tftp(`${folder}/cmdline.txt`)}    # one line`,
        ],
      },
    ],
  };
}

export function piKernel({ manifest }: Subject): Link {
  return {
    name: 'kernel',
    title: 'The kernel and its initramfs',
    says: [
      `start.elf starts the kernel${manifest?.kernel === undefined ? '' : ` ${manifest.kernel.version}`}; the root has the modules of the same release.`,
      'The kernel is held on the client: an upgrade there changes the root’s modules and not what TFTP loads. A new one comes with a release.',
    ],
    packets: [],
    files: [],
    settings: [{ name: 'command line', value: manifest?.kernel?.commandLine ?? 'as the release has it' }],
    stops: [
      {
        shows: 'a rainbow on the screen and no more, or Kernel panic - not syncing',
        causes: [
          'kernel and device tree do not belong together, or the kernel is for other bits (arm_64bit)',
          'modules of another version: uname -r and /lib/modules differ',
        ],
        look: ['the serial console on pins 8 and 10: enable_uart=1 and console=ttyS1,115200'],
      },
    ],
  };
}
