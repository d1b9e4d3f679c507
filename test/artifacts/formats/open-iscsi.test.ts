import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { readCpio } from '../../../artifacts/formats/cpio.js';
import { initiatorCpio } from '../../../artifacts/formats/open-iscsi.js';
import { failureOf } from './tools.js';

const SETTINGS = {
  initiator: 'iqn.2026-01.org.example:web1',
  target: 'iqn.2026-01.org.example:san1:web1.debian.1',
  server: '10.77.0.1',
  port: 3260,
  user: 'web1',
  secret: "it's $HOME `x`",
};

it('holds what a shell that sources it takes for the settings', () => {
  const text = fileOf(initiatorCpio(SETTINGS), 'etc/iscsi.initramfs');
  const script = `${text}printf '%s|' "$ISCSI_INITIATOR" "$ISCSI_TARGET_NAME" "$ISCSI_TARGET_IP" "$ISCSI_TARGET_PORT" "$ISCSI_TARGET_GROUP" "$ISCSI_USERNAME" "$ISCSI_PASSWORD"`;
  expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(
    "iqn.2026-01.org.example:web1|iqn.2026-01.org.example:san1:web1.debian.1|10.77.0.1|3260|1|web1|it's $HOME `x`|",
  );
});

it('names the initiator in the file of its own', () => {
  expect(fileOf(initiatorCpio(SETTINGS), 'etc/initiatorname.iscsi')).toBe(
    'InitiatorName=iqn.2026-01.org.example:web1\n',
  );
});

it('refuses a secret of two lines and does not tell it', () => {
  expect(failureOf(() => initiatorCpio({ ...SETTINGS, secret: 'a\nb' })).diagnostics).toEqual([
    {
      what: 'ISCSI_PASSWORD cannot stand in /etc/iscsi.initramfs.',
      expected: 'text without control characters',
      found: 'a control character, e.g. a line end',
    },
  ]);
});

function fileOf(archive: Buffer, path: string): string {
  const entry = readCpio(archive).find((each) => each.path === path);
  return entry?.type === 'file' ? Buffer.from(entry.content).toString() : '';
}
