/** The HTTP server of a target host: `node http-inside.mjs FOLDER ADDRESS PORT`. */
import { serveFolder } from '../../../dist/artifacts/publish/http-folder.js';

const [folder, address, port] = process.argv.slice(2);
await serveFolder({ folder, address, port: Number(port), onLine: (line) => console.log(line) });
console.log('listening');
