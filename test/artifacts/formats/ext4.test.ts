import { expect, it } from 'vitest';
import { mke2fsArgv } from '../../../artifacts/formats/ext4.js';

it('tells mke2fs everything, in one -E', () => {
  const argv = mke2fsArgv({
    image: '/out/disk.img',
    offset: 339738624,
    geometry: { blocks: 965376, inodes: 241440, journalMib: 64, overheadBlocks: 0, reservedBlocks: 0 },
    label: 'a-name-longer-than-sixteen',
    uuid: '44444444-5555-4666-8777-888888888888',
    reservedPercent: 1,
    tree: '/tree',
    epoch: 1_700_000_000,
  });
  expect(argv.join(' ')).toBe(
    'mke2fs -q -F -t ext2 -T default -b 4096 -I 256 -N 241440 -J size=64 -m 1 -e remount-ro ' +
      '-O none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg,sparse_super,large_file,huge_file,dir_nlink,extra_isize,metadata_csum ' +
      '-L a-name-longer-th -U 44444444-5555-4666-8777-888888888888 ' +
      '-E offset=339738624,hash_seed=44444444-5555-4666-8777-888888888888,root_owner=0:0,assume_storage_prezeroed=1,nodiscard ' +
      '-d /tree /out/disk.img 965376',
  );
});
