/** All stages by name, in the order in which a recipe uses them; the reference page follows it. */
import type { AnyStage, StageRegistry } from '../pipeline/stage.js';
import { ansible } from './ansible.js';
import { bootArtifacts } from './boot-artifacts.js';
import { cloudInit } from './cloud-init.js';
import { cron } from './cron.js';
import { debootstrap } from './debootstrap.js';
import { files } from './files.js';
import { fstab } from './fstab.js';
import { hostname } from './hostname.js';
import { importStage } from './import.js';
import { initramfs } from './initramfs.js';
import { iscsiInitiator } from './iscsi-initiator.js';
import { locale } from './locale.js';
import { lunImage } from './lun-image.js';
import { network } from './network.js';
import { packages } from './packages.js';
import { pacstrap } from './pacstrap.js';
import { raspberryPiFirmware } from './raspberry-pi-firmware.js';
import { run } from './run.js';
import { seal } from './seal.js';
import { services } from './services.js';
import { sysctl } from './sysctl.js';
import { timeServers } from './time-servers.js';
import { users } from './users.js';
import { windowsInstaller } from './windows-installer.js';

const all: readonly AnyStage[] = [
  debootstrap,
  pacstrap,
  importStage,
  packages,
  files,
  hostname,
  locale,
  users,
  fstab,
  iscsiInitiator,
  network,
  run,
  initramfs,
  raspberryPiFirmware,
  services,
  sysctl,
  timeServers,
  cron,
  ansible,
  cloudInit,
  seal,
  lunImage,
  bootArtifacts,
  windowsInstaller,
];

/** The module of a stage: its file has its name. */
export function stageModule(name: string): URL {
  return new URL(`./${name}${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);
}

export const stages: StageRegistry = new Map(all.map((stage) => [stage.name, stage]));
