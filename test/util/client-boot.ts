/** A client that is switched on beside a target host whose files lie in a folder; see client-boot-inside.mjs. */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BootFile } from '../../artifacts/publish/boot-files.js';
import { enterSandbox } from '../../pipeline/sandbox/enter.js';

export interface ClientBoot {
  /** Absolute path of the host's folder. */
  readonly root: string;
  /** Absolute path of a folder for what the machine needs. */
  readonly scratch: string;
  readonly firmware: 'bios' | 'uefi';
  readonly mac: string;
  /** Arguments of QEMU: who the machine is. */
  readonly machine?: readonly string[];
  /** What QEMU starts instead of its card's ROM, and what that is handed. */
  readonly kernel?: string;
  readonly initrd?: string;
  /** The network's own DHCP server, and the boot file that it names. */
  readonly lan?: { readonly bootfile?: string };
  /** Absolute path of the configuration of the host's dnsmasq. */
  readonly dnsmasq?: string;
  /** The HTTP server comes up by a step only. */
  readonly httpLate?: boolean;
  /** What the console must show, one after the other, and what is done then. */
  readonly steps: readonly {
    /** Source of a regular expression. */
    readonly expect: string;
    readonly send?: string;
    readonly http?: true;
  }[];
  /** For each step. */
  readonly seconds: number;
}

export interface SeenBoot {
  /** `ADDRESS URL STATUS` */
  readonly requests: readonly string[];
  readonly console: readonly string[];
  /** The log of the host's dnsmasq. */
  readonly dhcp: readonly string[];
}

export async function bootClient(boot: ClientBoot): Promise<SeenBoot> {
  const job = { module: '../test/util/client-boot-inside.mjs', payload: boot, network: 'own' } as const;
  return (await enterSandbox(job, () => undefined, new AbortController().signal)) as SeenBoot;
}

/** Lays boot files down as they lie on a host. */
export async function layDown(folder: string, files: readonly BootFile[]): Promise<void> {
  for (const { path, content } of files) {
    const at = join(folder, path);
    await mkdir(dirname(at), { recursive: true });
    if ('link' in content) await symlink(content.link, at);
    else await writeFile(at, 'text' in content ? content.text : content.bytes);
  }
}
