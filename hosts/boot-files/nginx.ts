/** What nginx includes, so that it answers accounts to the clients' own addresses alone. It names no release. */
import { hostLayout } from '../host/layout.js';
import type { HostState } from '../host/state.js';
import type { HostFacts } from '../site/facts.js';
import type { BootFile } from './boot-file.js';
import { checkNames } from './names.js';
import { PI_FOLDER } from './raspberry-pi.js';

export const NGINX_INCLUDE = 'nginx.include';

/**
 * Of nginx's locations the longest prefix wins, and with `^~` it wins over every pattern: what no client's own location shows, the
 * pattern keeps from everybody, a client among them that nginx has not read of yet (nginx, ngx_http_core_module, `location`).
 */
export function nginxFiles(host: HostFacts, { clients }: HostState): BootFile[] {
  if (host.http.ownAddress !== true) return [];
  const own = Object.values(clients).flatMap(({ facts }) => {
    if (facts.address === undefined) return [];
    checkNames(facts);
    return [
      `location ^~ /clients/${facts.name}/ {\n\tallow ${facts.address.address};\n\tdeny all;\n\ttry_files $uri =404;\n}\n`,
    ];
  });
  const text = [
    `# For the target host ${host.name}, by lunsmith; changed by it without asking.\n`,
    `# To include into the \`server\` of nginx that shows ${hostLayout(host).root}/http.\n`,
    'location ~ ^/clients/[^/]+/(account\\.ipxe|[^/]+\\.cpio)$ {\n\tdeny all;\n}\n',
    '# What TFTP shows.\n',
    `location ^~ /${PI_FOLDER}/ {\n\tdeny all;\n}\n`,
    ...own,
  ].join('');
  return [{ path: NGINX_INCLUDE, content: { text }, secret: false }];
}
