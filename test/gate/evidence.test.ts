import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { openEvidence } from '../../gate/evidence.js';
import { createRedactor } from '../../gate/redact.js';
import { testFolder } from '../artifacts/formats/tools.js';

it('keeps logs and the packets of one cell, without secrets', async () => {
  await using folder = await testFolder();
  await mkdir(folder.at('evidence'));
  await writeFile(folder.at('evidence/of-an-earlier-run'), '');
  const evidence = await openEvidence(folder.at('evidence'), createRedactor(['canary-5e7a11ce']));
  evidence.start();
  evidence.log('tgtd.log', 'one');
  evidence.log('tgtd.log', 'two canary-5e7a11ce');
  await writeFile(evidence.path('network.pcap'), 'packet canary-5e7a11ce packet');
  await evidence[Symbol.asyncDispose]();
  expect((await readdir(evidence.folder)).sort()).toEqual(['network.pcap.gz', 'tgtd.log']);
  expect(await readFile(evidence.path('tgtd.log'), 'utf8')).toMatch(
    /^ +0\.\d\d {2}one\n +0\.\d\d {2}two \*{8}\n$/,
  );
  const packets = gunzipSync(await readFile(evidence.path('network.pcap.gz'))).toString();
  expect(packets).toBe(`packet ${'*'.repeat(15)} packet`);
});

it('needs no packets', async () => {
  await using folder = await testFolder();
  const evidence = await openEvidence(folder.at('evidence'), createRedactor([]));
  await evidence[Symbol.asyncDispose]();
  expect(await readdir(evidence.folder)).toEqual([]);
});
