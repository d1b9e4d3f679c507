/** Who tells the booted system its name servers: the DHCP answer that the initramfs got, or the recipe. */

export const DNS_SCRIPT_PATH = '/usr/lib/lunsmith/boot-nic-dns';
export const DNS_UNIT = 'boot-nic-dns.service';
/** What the script writes when systemd-resolved does not run the show. */
export const RUN_RESOLV_CONF = '/run/boot-nic/resolv.conf';

/** @param learned patterns of the files, shell assignments, that the initramfs left behind; /run lives on in the booted system @param resolved a file that is there where systemd-resolved is in use */
export function dnsScript(learned: readonly string[], resolved: string): string {
  return `#!/bin/sh
# Hands the name servers that the initramfs learned to the booted system.
set -eu
servers=
domains=
for conf in ${learned.join(' ')}; do
  [ -r "$conf" ] || continue
  IPV4DNS0= IPV4DNS1= IPV6DNS0= IPV6DNS1= DNSDOMAIN= DOMAINSEARCH= IPV6DOMAINSEARCH=
  . "$conf"
  for server in "$IPV4DNS0" "$IPV4DNS1" "$IPV6DNS0" "$IPV6DNS1"; do
    case $server in '' | 0.0.0.0 | ::) ;; *) servers="$servers $server" ;; esac
  done
  for domain in $DOMAINSEARCH $IPV6DOMAINSEARCH $DNSDOMAIN; do
    case " $domains " in *" $domain "*) ;; *) domains="$domains $domain" ;; esac
  done
done
[ -n "$servers" ] || exit 0
if [ -e ${resolved} ]; then
  mkdir -p /run/systemd/resolved.conf.d
  {
    echo '[Resolve]'
    echo "DNS=\${servers# }"
    [ -z "$domains" ] || echo "Domains=\${domains# }"
  } > /run/systemd/resolved.conf.d/boot-nic.conf
else
  mkdir -p /run/boot-nic
  {
    [ -z "$domains" ] || echo "search\${domains}"
    for server in $servers; do echo "nameserver $server"; done
  } > ${RUN_RESOLV_CONF}
fi
`;
}

/** Runs early and once; nothing is to be undone at shutdown. */
export function dnsUnitText(learned: readonly string[]): string {
  return `[Unit]
Description=Name servers that the initramfs learned by the boot NIC
DefaultDependencies=no
After=local-fs.target
Before=sysinit.target systemd-resolved.service nss-lookup.target
Conflicts=shutdown.target
Before=shutdown.target
${learned.map((pattern) => `ConditionPathExistsGlob=|${pattern}\n`).join('')}
[Service]
Type=oneshot
ExecStart=${DNS_SCRIPT_PATH}

[Install]
WantedBy=sysinit.target
`;
}

export interface StaticDns {
  readonly servers: readonly string[];
  readonly search: readonly string[];
}

/** resolv.conf(5); the C library reads at most three servers. */
export function resolvConfText({ servers, search }: StaticDns): string {
  return [
    ...(search.length === 0 ? [] : [`search ${search.join(' ')}`]),
    ...servers.map((server) => `nameserver ${server}`),
    '',
  ].join('\n');
}

/** resolved.conf(5). */
export function resolvedText({ servers, search }: StaticDns): string {
  return [
    '[Resolve]',
    `DNS=${servers.join(' ')}`,
    ...(search.length === 0 ? [] : [`Domains=${search.join(' ')}`]),
    '',
  ].join('\n');
}
