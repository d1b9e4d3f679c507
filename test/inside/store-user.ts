/** A process that uses a store at the same time as others; prints the salt. Called as `node store-user.js STORE KEY RECORD`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openStore, type StepRecord } from '../../pipeline/store/store.js';

const [path = '', key = '', record = ''] = process.argv.slice(2);
const store = await openStore(path);
const salt = await store.salt();
const own = `${path}-${process.pid}`;
await mkdir(join(own, 'tree'), { recursive: true });
await writeFile(join(own, 'tree', 'file'), String(process.pid));
await store.place(own, key);
await store.complete(JSON.parse(record) as StepRecord);
console.log(salt.toString('hex'));
