/** The recipe whose steps tests run alone. */
import type { RecipeFacts } from '../../pipeline/recipe-facts.js';

export const RIG_RECIPE: RecipeFacts & { epoch: number } = {
  name: 'rig',
  folder: '/nonexistent',
  platform: 'pc',
  architecture: 'amd64',
  epoch: 1_767_225_600,
  disk: {
    table: 'gpt',
    bytes: 4 << 30,
    guid: '11111111-1111-4111-8111-111111111111',
    partitions: [
      {
        name: 'bios',
        type: 'bios-boot',
        size: { bytes: 3 << 20 },
        guid: '22222222-2222-4222-8222-222222222222',
      },
      {
        name: 'esp',
        type: 'esp',
        size: { bytes: 64 << 20 },
        filesystem: 'vfat',
        mount: '/boot/efi',
        guid: '33333333-3333-4333-8333-333333333333',
        filesystemUuid: '3333-3333',
      },
      {
        name: 'swap',
        type: 'swap',
        size: { bytes: 512 << 20 },
        filesystem: 'swap',
        guid: '44444444-4444-4444-8444-444444444444',
        filesystemUuid: '44444444-4444-4444-8444-444444444445',
      },
      {
        name: 'root',
        type: 'linux',
        size: 'rest',
        filesystem: 'ext4',
        mount: '/',
        guid: '55555555-5555-4555-8555-555555555555',
        filesystemUuid: '55555555-5555-4555-8555-555555555556',
      },
    ],
  },
  kernel: { commandLine: ['console=ttyS0,115200', 'iscsi_auto'] },
};
