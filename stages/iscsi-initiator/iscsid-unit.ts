/** How iscsid(8) of the booted system takes over the session of the root. */

export const ISCSID_DROP_IN_PATH = '/etc/systemd/system/iscsid.service.d/root-session.conf';

/**
 * When iscsid adopts the root session it closes its connection and logs in again; until then the disk is away, and
 * whatever iscsid itself must read from it waits for ever. Its CHAP starts OpenSSL, which reads its configuration just
 * then (seen: 120 s without the disk, then I/O errors). So OpenSSL gets an empty one, and what the C library reads to
 * connect is in memory before. iscsid locks its own pages.
 */
export const ISCSID_DROP_IN = `[Service]
Environment=OPENSSL_CONF=/dev/null
ExecStartPre=-/bin/sh -c 'cat /etc/hosts /etc/nsswitch.conf /etc/gai.conf /etc/host.conf /etc/services /etc/iscsi/* >/dev/null 2>&1'
`;
