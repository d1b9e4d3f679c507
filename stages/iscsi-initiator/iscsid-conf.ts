/** iscsid.conf: `key = value` lines between comments that are worth keeping. */

export type IscsidSettings = Readonly<Record<string, string>>;

/**
 * The text with these settings: a key that is set keeps its place, a key that stands as a comment takes that place, any
 * other is added at the end. What is set twice is set once after it.
 */
export function editIscsidConf(text: string, settings: IscsidSettings): string {
  const open = new Map(Object.entries(settings));
  const lines = text.replace(/\n$/, '').split('\n');
  const active = new Set(lines.map(keyOf).filter((key) => key !== undefined));
  const edited = lines.flatMap((line) => {
    const key = keyOf(line);
    if (key !== undefined && key in settings) return take(open, key);
    const commented = /^#\s*([A-Za-z][^\s=]*)\s*=/.exec(line)?.[1];
    if (commented !== undefined && !active.has(commented) && open.has(commented))
      return take(open, commented);
    return [line];
  });
  return `${[...edited, ...[...open.keys()].flatMap((key) => take(open, key))].join('\n')}\n`;
}

function keyOf(line: string): string | undefined {
  return /^\s*([A-Za-z][^\s=]*)\s*=/.exec(line)?.[1];
}

function take(open: Map<string, string>, key: string): string[] {
  const value = open.get(key);
  open.delete(key);
  return value === undefined ? [] : [`${key} = ${value}`];
}

export interface SessionWishes {
  readonly multipath: boolean;
  readonly chap: boolean;
}

/**
 * Timers of iscsid(8) for the session that carries the root, which iscsid takes over from the initramfs. One path: no
 * ping gives the session up, and commands wait for a day until it is back. Several paths: fail fast, so that multipathd
 * takes another one (open-iscsi README, 8.1 and 8.2). Nothing is ever logged in, or out, by itself at start.
 */
export function sessionSettings({ multipath, chap }: SessionWishes): IscsidSettings {
  return {
    'node.startup': 'manual',
    'node.session.auth.authmethod': chap ? 'CHAP' : 'None',
    'node.session.timeo.replacement_timeout': multipath ? '15' : '86400',
    'node.conn[0].timeo.noop_out_interval': multipath ? '5' : '0',
    'node.conn[0].timeo.noop_out_timeout': multipath ? '5' : '0',
  };
}

/**
 * The settings of an iscsid.conf that iscsistart(8), which reads none, has to be told with `-P`: what concerns the session and
 * its connection, one `KEY=VALUE` a line. How it authenticates follows from the client.
 */
export function sessionSettingsText(configuration: string): string {
  const lines = configuration.split('\n').flatMap((line) => {
    const [, key = '', value = ''] = /^\s*(node\.[^\s=]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    return /^node\.(session\.(timeo|iscsi|cmds_max|queue_depth|err_timeo)|conn\[0\]\.(timeo|iscsi))/.test(key)
      ? [`${key}=${value}\n`]
      : [];
  });
  return lines.join('');
}
