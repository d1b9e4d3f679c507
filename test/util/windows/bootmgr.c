/*
 * A stand-in for the boot manager of Windows on a BIOS: 16-bit code that a boot loader puts at 0x2000:0 with the boot drive in DL. It
 * tells on COM1 what it was started from, which disks the BIOS has, what the iBFT says, and a checksum of \sources\boot.wim, read by INT 13h.
 */
asm(".code16gcc\n"
    ".section .start,\"ax\"\n"
    ".globl _start\n"
    "_start:\n"
    "  cli\n"
    "  mov %cs, %ax\n"
    "  mov %ax, %ds\n"
    "  mov %ax, %es\n"
    "  mov %ax, %ss\n"
    "  mov $0xfff0, %esp\n"
    "  sti\n"
    "  cld\n"
    "  movzbl %dl, %eax\n"
    "  call tell\n"
    "1: hlt\n"
    "  jmp 1b\n");

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;

/* Segments that nothing else uses while this runs. */
#define DATA 0x3000
#define TABLE 0x4000
#define SECTOR 512
/* Sectors of one transfer: less than 64 KiB. */
#define MOST 120

static struct {
  u8 size, zero;
  u16 count, offset, segment;
  u32 low, high;
} packet;

static u8 in8(u16 port) {
  u8 value;
  asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}

static void say(char letter) {
  while ((in8(0x3fd) & 0x20) == 0) continue;
  asm volatile("outb %0, %1" : : "a"(letter), "Nd"((u16)0x3f8));
}

static void text(const char *words) {
  while (*words != 0) say(*words++);
}

static void hex(u32 value, int digits) {
  while (digits-- > 0) say("0123456789abcdef"[(value >> (digits * 4)) & 15]);
}

static void number(u32 value) {
  if (value >= 10) number(value / 10);
  say('0' + value % 10);
}

static u8 far8(u16 segment, u32 at) {
  u8 value;
  asm volatile("movw %1, %%fs\n\tmovb %%fs:(%2), %0" : "=q"(value) : "r"(segment), "r"(at));
  return value;
}

static u32 far32(u16 segment, u32 at) {
  u32 value;
  asm volatile("movw %1, %%fs\n\tmovl %%fs:(%2), %0" : "=r"(value) : "r"(segment), "r"(at));
  return value;
}

static u16 far16(u16 segment, u32 at) { return far32(segment, at); }

static int read(u8 drive, u32 lba, u16 count, u16 segment) {
  static u8 failed;
  u32 function = 0x4200, disk = drive, where = (u32)&packet;
  packet.size = 16;
  packet.count = count;
  packet.offset = 0;
  packet.segment = segment;
  packet.low = lba;
  packet.high = 0;
  asm volatile("pushal\n\tint $0x13\n\tsetc %0\n\tpopal" : "=m"(failed), "+a"(function), "+d"(disk), "+S"(where) : : "memory", "cc");
  return !failed;
}

static void name(u16 segment, u16 at) {
  u16 length = far16(segment, at), from = far16(segment, at + 2);
  while (length-- > 0) say(far8(segment, from++));
}

static void ibft(void) {
  for (u32 segment = 0x8000; segment < 0xffff; segment++) {
    if (far32(segment, 0) != 0x54464269) continue;
    u16 initiator = far16(segment, 56);
    text("bootmgr: initiator ");
    name(segment, initiator + 70);
    text("\r\n");
    for (u16 slot = 60; slot <= 64; slot += 4) {
      u16 target = far16(segment, slot);
      if (target == 0 || far8(segment, target) != 4 || far16(segment, target + 34) == 0) continue;
      text("bootmgr: target ");
      name(segment, target + 34);
      text(" lun ");
      number(far8(segment, target + 25));
      text(" user ");
      name(segment, target + 38);
      text(far16(segment, target + 42) == 0 ? " without a secret\r\n" : " with a secret\r\n");
    }
    return;
  }
  text("bootmgr: no iBFT\r\n");
}

static struct {
  u8 drive, cluster;
  u32 fat, data, root, cached;
} volume;

static int mount(u8 drive) {
  if (!read(drive, 0, 1, DATA)) return 0;
  for (u16 entry = 446; entry < 510; entry += 16) {
    if (far8(DATA, entry) != 0x80) continue;
    u32 start = far32(DATA, entry + 8);
    if (!read(drive, start, 1, DATA)) return 0;
    volume.drive = drive;
    volume.cluster = far8(DATA, 13);
    volume.fat = start + far16(DATA, 14);
    volume.data = volume.fat + far8(DATA, 16) * far32(DATA, 36);
    volume.root = far32(DATA, 44);
    volume.cached = 0;
    return 1;
  }
  return 0;
}

static u32 next(u32 cluster) {
  u32 sector = volume.fat + cluster / 128;
  if (volume.cached != sector) read(volume.drive, sector, 1, TABLE);
  volume.cached = sector;
  return far32(TABLE, cluster % 128 * 4) & 0x0fffffff;
}

static u32 place(u32 cluster) { return volume.data + (cluster - 2) * volume.cluster; }

/* First cluster of a name in a folder; its size goes to bytes. */
static u32 find(u32 folder, const char *wanted, u32 *bytes) {
  for (; folder >= 2 && folder < 0x0ffffff8; folder = next(folder)) {
    if (!read(volume.drive, place(folder), volume.cluster, DATA)) return 0;
    for (u32 at = 0; at < volume.cluster * SECTOR; at += 32) {
      int same = (far8(DATA, at + 11) & 0x0f) != 0x0f;
      for (int letter = 0; letter < 11; letter++) same = same && far8(DATA, at + letter) == (u8)wanted[letter];
      if (!same) continue;
      *bytes = far32(DATA, at + 28);
      return ((u32)far16(DATA, at + 20) << 16) | far16(DATA, at + 26);
    }
  }
  return 0;
}

static void checksum(void) {
  u32 bytes, sum = 0, left;
  u32 folder = find(volume.root, "SOURCES    ", &bytes);
  u32 cluster = folder == 0 ? 0 : find(folder, "BOOT    WIM", &bytes);
  if (cluster == 0) {
    text("bootmgr: no sources/boot.wim\r\n");
    return;
  }
  for (left = bytes; left > 0 && cluster >= 2 && cluster < 0x0ffffff8;) {
    u32 first = cluster, count = 0;
    do {
      count += volume.cluster;
      if (next(cluster) != cluster + 1 || count + volume.cluster > MOST) break;
      cluster += 1;
    } while (1);
    if (!read(volume.drive, place(first), count, DATA)) {
      text("bootmgr: cannot read\r\n");
      return;
    }
    cluster = next(cluster);
    for (u32 at = 0; at < count * SECTOR && left > 0; at += 4, left -= 4) sum = sum * 31 + far32(DATA, at);
  }
  text("bootmgr: sources/boot.wim ");
  number(bytes);
  text(" bytes, sum ");
  hex(sum, 8);
  text("\r\n");
}

__attribute__((used, regparm(1))) void tell(u32 drive) {
  text("\r\nbootmgr: started from drive 0x");
  hex(drive, 2);
  text("\r\n");
  for (u8 each = 0x80; each < 0x83; each++) {
    if (!read(each, 0, 1, DATA)) continue;
    text("bootmgr: drive 0x");
    hex(each, 2);
    text(far16(DATA, 510) == 0xaa55 ? " has a boot record\r\n" : " is blank\r\n");
  }
  ibft();
  if (mount(drive)) checksum();
  text("bootmgr: done\r\n");
}
