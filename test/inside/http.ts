/** The HTTP server of a target host: `node http.js FOLDER ADDRESS PORT`. */

import { filesOf } from '../../hosts/serve/http-folder.js';
import { serveHttp } from '../../hosts/serve/http-server.js';

const [folder = '', address = '', port] = process.argv.slice(2);
const find = filesOf(folder, () => Promise.resolve());
await serveHttp({ find, address, port: Number(port), onLine: (line) => console.log(line) });
console.log('listening');
