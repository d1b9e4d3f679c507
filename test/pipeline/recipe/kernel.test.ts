/** Kernel parameters that must not be in a release. */
import { describe, expect, it } from 'vitest';
import { changed, problemsOf } from '../../util/recipe-rig.js';

describe('kernel parameters', () => {
  it('secrets are refused and not repeated', async () => {
    expect(
      await problemsOf(
        changed(
          '[console=tty0',
          '[iscsi_password=hunter2, rd.iscsi.password=hunter3, "netroot=iscsi:u:hunter4@192.0.2.1::::iqn", console=tty0',
        ),
      ),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:20:18 \`iscsi_password\` would put a secret on the kernel command line, where every process on the client reads it.
        command-line: [iscsi_password=*******, rd.iscsi.password=*******, "netroot=********************************", console=…
                       ^^^^^^^^^^^^^^^^^^^^^^
        Hint: Leave it out: it reaches the client by the iBFT that iPXE leaves in memory, or by an initrd of its own.

      r/recipe.yaml:20:42 \`rd.iscsi.password\` would put a secret on the kernel command line, where every process on the client reads it.
      … command-line: [iscsi_password=*******, rd.iscsi.password=*******, "netroot=********************************", console=t…
                                               ^^^^^^^^^^^^^^^^^^^^^^^^^
        Hint: Leave it out: it reaches the client by the iBFT that iPXE leaves in memory, or by an initrd of its own.

      r/recipe.yaml:20:69 \`netroot\` would put a secret on the kernel command line, where every process on the client reads it.
      …ord=*******, rd.iscsi.password=*******, "netroot=********************************", console=tty0, 'console=ttyS0,115200'…
                                               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        Hint: Leave it out: it reaches the client by the iBFT that iPXE leaves in memory, or by an initrd of its own."
    `);
  });

  it('clients and targets', async () => {
    expect(
      await problemsOf(
        changed(
          "[console=tty0, 'console=ttyS0,115200']",
          '\n    - iscsi_initiator=iqn.2020-01.org.example:a\n    - iscsi_target_name=iqn\n    - ISCSI_TARGET_IP=192.0.2.1\n    - BOOTIF=01-00-00-00-00-00-01\n    - ip=192.0.2.7::192.0.2.1:255.255.255.0\n    - systemd.hostname=a',
        ),
      ),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:21:7 \`iscsi_initiator\` belongs to one client or target, but every client of the release gets this command line.
          - iscsi_initiator=iqn.2020-01.org.example:a
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        Hint: Leave it out: it reaches the client by the iBFT that iPXE leaves in memory, or by an initrd of its own.

      r/recipe.yaml:22:7 \`iscsi_target_name\` belongs to one client or target, but every client of the release gets this command line.
          - iscsi_target_name=iqn
            ^^^^^^^^^^^^^^^^^^^^^
        Hint: Leave it out: it reaches the client by the iBFT that iPXE leaves in memory, or by an initrd of its own.

      r/recipe.yaml:23:7 \`ISCSI_TARGET_IP\` has no effect: the initramfs reads lower-case keys from the command line.
          - ISCSI_TARGET_IP=192.0.2.1
            ^^^^^^^^^^^^^^^^^^^^^^^^^
        Hint: Leave it out: it reaches the client by the iBFT that iPXE leaves in memory, or by an initrd of its own.

      r/recipe.yaml:24:7 \`BOOTIF\` belongs to one client, but every client of the release gets this command line.
          - BOOTIF=01-00-00-00-00-00-01
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^
        Hint: Leave it out: it reaches the client by the iBFT that iPXE leaves in memory, or by an initrd of its own.

      r/recipe.yaml:25:7 An address in \`ip=\` belongs to one client, but every client of the release gets this command line.
          - ip=192.0.2.7::192.0.2.1:255.255.255.0
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        Expected: \`ip=dhcp\`, or no \`ip=\`
        Hint: Leave it out: it reaches the client by the iBFT that iPXE leaves in memory, or by an initrd of its own.

      r/recipe.yaml:26:7 \`systemd.hostname\` belongs to one client, but every client of the release gets this command line.
          - systemd.hostname=a
            ^^^^^^^^^^^^^^^^^^
        Hint: Leave it out: it reaches the client by the iBFT that iPXE leaves in memory, or by an initrd of its own."
    `);
  });

  it('the root', async () => {
    expect(await problemsOf(changed('console=tty0', 'root=/dev/sda4'))).toMatchInlineSnapshot(`
      "r/recipe.yaml:20:18 \`root=\` follows from the disk.
        command-line: [root=/dev/sda4, 'console=ttyS0,115200']
                       ^^^^^^^^^^^^^^
        Hint: Leave it out: the partition mounted on \`/\` is found by its UUID."
    `);
  });

  it('two in one item', async () => {
    expect(await problemsOf(changed('console=tty0', '"quiet splash"'))).toMatchInlineSnapshot(`
      "r/recipe.yaml:20:18 Invalid value of \`command-line\`.
        command-line: ["quiet splash", 'console=ttyS0,115200']
                       ^^^^^^^^^^^^^^
        Expected: one kernel parameter without spaces, in ASCII
        Found: \`quiet splash\`"
    `);
  });

  it('what is right', async () => {
    expect(
      await problemsOf(
        changed('[console=tty0', '[iscsi_auto, rd.iscsi.firmware=1, ip=dhcp, quiet, rootdelay=5'),
      ),
    ).toMatchInlineSnapshot(`""`);
  });
});
