/**
 * Plays the firmware of a Raspberry Pi on the network that it is started in, whose one interface has no address at first: asks
 * for one by DHCP, and in a second call, with the address, loads what the firmware loads by TFTP. The task is in argv, and is no secret.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { playFirmware } from '../../artifacts/platform/raspberry-pi/firmware.js';
import { MODELS } from '../../artifacts/platform/raspberry-pi/models.js';
import type { TftpReader } from '../../artifacts/platform/raspberry-pi/tftp-tree.js';
import { RASPBERRY_PI } from '../../artifacts/platform/raspberry-pi.js';
import { CLIENT_PORT, discover, type Heard, leaseOf, readOffer, SERVER_PORT } from './dhcp.js';
import type { FirmwareAnswer, FirmwarePi, FirmwareTask } from './protocol.js';
import { loadByTftp } from './tftp-client.js';

/** Milliseconds between two questions, and how many there are. */
const ASK_MS = 2000;
const QUESTIONS = 30;
/** Bytes of a block that start.elf asks for. */
const BLOCK = 1468;

const task = JSON.parse(process.argv[2] ?? '') as FirmwareTask;
if (task.do === 'dhcp') await askForAddress(task.pi);
else await load(task);

function say(answer: FirmwareAnswer): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

async function askForAddress({ mac, serial, model }: FirmwarePi): Promise<void> {
  const socket = createSocket('udp4');
  socket.bind(CLIENT_PORT);
  await once(socket, 'listening');
  socket.setBroadcast(true);
  try {
    for (let xid = 1; xid <= QUESTIONS; xid++) {
      const heard: Heard[] = [];
      const hear = (message: Buffer, { address }: { readonly address: string }) => {
        const reply = readOffer(message, xid);
        if (reply !== undefined) heard.push({ reply, sender: address, at: performance.now() });
      };
      socket.on('message', hear);
      socket.send(discover({ mac, serial, xid }), SERVER_PORT, '255.255.255.255');
      // It listens for all of the time: what a second server says, it hears too.
      await new Promise((resolve) => setTimeout(resolve, ASK_MS));
      socket.off('message', hear);
      const lease = leaseOf(heard, MODELS[model].losesReplies);
      if (lease === undefined) continue;
      say({ lease });
      return;
    }
  } finally {
    socket.close();
  }
  process.stderr.write(
    'No DHCP server offers what a Raspberry Pi needs: an address, and the text of its ROM in option 43.\n',
  );
  process.exitCode = 1;
}

async function load({ pi, server, folder }: Extract<FirmwareTask, { do: 'load' }>): Promise<void> {
  const files = new Map<string, string>();
  const sizes = new Map<string, number | undefined>();
  const tftp: TftpReader = async (path) => {
    if (!sizes.has(path)) {
      const to = join(folder, String(sizes.size));
      const rom = path === RASPBERRY_PI.bootcode;
      const size = await loadByTftp({ server, path, to, ...(rom ? {} : { blockSize: BLOCK }) });
      sizes.set(path, size);
      if (size !== undefined) files.set(path, to);
      say({ asked: path, ...(size === undefined ? {} : { bytes: size }) });
    }
    const [size, file] = [sizes.get(path), files.get(path)];
    if (size === undefined || file === undefined) return undefined;
    return { size, text: () => readFile(file, 'latin1') };
  };
  const { model, serial } = pi;
  say({
    played: await playFirmware({ model: MODELS[model], serial }, tftp),
    files: Object.fromEntries(files),
  });
}
