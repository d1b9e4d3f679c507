/** What `prove --for HOST` boots. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { gateOf } from '../../../app/site/gate.js';
import { cellName } from '../../../artifacts/platform/platform.js';
import { BOOT, smallManifest } from '../../util/manifest.js';

const RELEASE = smallManifest({ boot: BOOT });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lunsmith-gate-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function cells(host: readonly string[], clients = '{}', name = 'san1'): Promise<string[]> {
  const text = `hosts:\n  san1: { ${['address: 192.0.2.10', ...host].join(', ')} }\nclients: ${clients}\n`;
  await writeFile(join(folder, 'lunsmith.yaml'), text);
  return (await gateOf(name, { cwd: folder }, {}))(RELEASE).map(cellName);
}

it('is what the host asks for', async () => {
  expect(await cells(['gate: [uefi-direct, bios-san]'])).toEqual(['bios-san', 'uefi-direct']);
});

it('is the usual where the host says nothing, and more where a client boots directly', async () => {
  const usual = ['bios-san', 'uefi-san', 'bios-san-wrong-secret'];
  expect((await cells([])).sort()).toEqual([...usual].sort());
  const web1 = '{ web1: { mac: 52:54:00:12:34:56, channel: stable, secret: env:S, boot: direct } }';
  expect((await cells([], web1)).sort()).toEqual([...usual, 'bios-direct', 'uefi-direct'].sort());
});

it('is refused where the host asks for nothing, or is not there', async () => {
  await expect(cells(['gate: []'])).rejects.toThrow('The target host `san1` asks for no proof of a release.');
  await expect(cells([], '{}', 'san')).rejects.toThrow('The site has no target host `san`.');
});
