import { expect, it } from 'vitest';
import { accountCredential, accountParameter } from '../../gate/credentials.js';

it('appends an account with user id 0 by tmpfiles.d lines', () => {
  const [name, base64 = ''] = accountCredential('gate', '$6$salt$a/b.c%').split('=', 2);
  expect(name).toBe('io.systemd.credential.binary:tmpfiles.extra');
  expect(Buffer.from(base64, 'base64').toString()).toBe(
    'w+ /etc/passwd - - - - gate:x:0:0::/root:/bin/sh\\n\n' +
      'w+ /etc/shadow - - - - gate:$6$salt$a/b.c%%:1::::::\\n\n',
  );
});

it('does so by a kernel parameter too, with a whole line: the next boot of the disk appends another', () => {
  expect(accountParameter('gate', '$6$salt$a/b.c')).toBe(
    '"systemd.set_credential=tmpfiles.extra:w+ /etc/passwd - - - - gate:$6$salt$a/b.c:0:0::/root:/bin/sh\\n"',
  );
});
