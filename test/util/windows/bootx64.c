/*
 * A stand-in for the boot manager of Windows on a UEFI. It tells on COM1 from which device it was loaded, what the iBFT says, and a
 * checksum of \sources\boot.wim on that device's file system; in the place of wimboot, of \boot.wim among the files that iPXE has.
 */
#include <efi.h>
#include <efilib.h>

/* Bytes that are read at once. */
#define CHUNK (1 << 20)

static void say(char letter) {
  UINT8 status;
  do asm volatile("inb %1, %0" : "=a"(status) : "Nd"((UINT16)0x3fd));
  while ((status & 0x20) == 0);
  asm volatile("outb %0, %1" : : "a"(letter), "Nd"((UINT16)0x3f8));
}

static void text(const char *words) {
  while (*words != 0) say(*words++);
}

static void wide(const CHAR16 *words) {
  while (*words != 0) say((char)*words++);
}

static void hex(UINT32 value) {
  for (int digit = 7; digit >= 0; digit--) say("0123456789abcdef"[(value >> (digit * 4)) & 15]);
}

static void number(UINT64 value) {
  if (value >= 10) number(value / 10);
  say('0' + value % 10);
}

static UINT16 u16(const UINT8 *at) { return at[0] | at[1] << 8; }

static void name(const UINT8 *table, UINT16 at) {
  UINT16 length = u16(table + at), from = u16(table + at + 2);
  while (length-- > 0) say(table[from++]);
}

static void ibft(EFI_SYSTEM_TABLE *system) {
  EFI_GUID acpi = ACPI_20_TABLE_GUID;
  UINT8 *pointer = NULL;
  for (UINTN index = 0; index < system->NumberOfTableEntries; index++)
    if (CompareGuid(&system->ConfigurationTable[index].VendorGuid, &acpi) == 0) pointer = system->ConfigurationTable[index].VendorTable;
  UINT8 *list = pointer == NULL ? NULL : *(UINT8 **)(pointer + 24);
  UINT32 length = list == NULL ? 0 : *(UINT32 *)(list + 4);
  for (UINT32 at = 36; at + 8 <= length; at += 8) {
    UINT8 *table = (UINT8 *)(*(UINT64 *)(list + at));
    if (table[0] != 'i' && table[0] != 'I') continue;
    if (table[1] != 'B' || table[2] != 'F' || table[3] != 'T') continue;
    text("bootx64: initiator ");
    name(table, u16(table + 56) + 70);
    text("\r\n");
    for (UINT16 slot = 60; slot <= 64; slot += 4) {
      UINT16 target = u16(table + slot);
      if (target == 0 || table[target] != 4 || u16(table + target + 34) == 0) continue;
      text("bootx64: target ");
      name(table, target + 34);
      text(" lun ");
      number(table[target + 25]);
      text(" user ");
      name(table, target + 38);
      text(u16(table + target + 42) == 0 ? " without a secret\r\n" : " with a secret\r\n");
    }
    return;
  }
  text("bootx64: no iBFT\r\n");
}

static int opens(EFI_FILE_HANDLE root, EFI_FILE_HANDLE *file, CHAR16 *path) {
  return root != NULL && !EFI_ERROR(uefi_call_wrapper(root->Open, 5, root, file, path, EFI_FILE_MODE_READ, 0));
}

static void checksum(EFI_HANDLE device) {
  UINT8 *buffer = AllocatePool(CHUNK);
  EFI_FILE_HANDLE root = LibOpenRoot(device), file;
  const char *found = NULL;
  if (opens(root, &file, L"\\sources\\boot.wim")) found = "bootx64: sources/boot.wim ";
  else if (opens(root, &file, L"\\boot.wim")) found = "bootx64: boot.wim ";
  if (found == NULL) {
    text("bootx64: no boot.wim\r\n");
    return;
  }
  UINT64 bytes = 0;
  UINT32 sum = 0;
  for (;;) {
    UINTN size = CHUNK;
    if (EFI_ERROR(uefi_call_wrapper(file->Read, 3, file, &size, buffer))) {
      text("bootx64: cannot read\r\n");
      return;
    }
    if (size == 0) break;
    for (UINTN at = 0; at < size; at += 4) sum = sum * 31 + *(UINT32 *)(buffer + at);
    bytes += size;
  }
  text(found);
  number(bytes);
  text(" bytes, sum ");
  hex(sum);
  text("\r\n");
}

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system) {
  EFI_LOADED_IMAGE *loaded;
  InitializeLib(image, system);
  if (EFI_ERROR(uefi_call_wrapper(BS->HandleProtocol, 3, image, &LoadedImageProtocol, (void **)&loaded))) return EFI_NOT_FOUND;
  text("\r\nbootx64: started from ");
  wide(DevicePathToStr(DevicePathFromHandle(loaded->DeviceHandle)));
  text("\r\n");
  ibft(system);
  checksum(loaded->DeviceHandle);
  text("bootx64: done\r\n");
  for (;;) uefi_call_wrapper(BS->Stall, 1, 1000000);
}
