/**
 * Ansible of the host, run by the python3 of the root tree: it is lent as the Python packages that it consists of. So the playbook, its
 * plugins, lookups and what it delegates to `localhost` are in the tree's confined world together, and nowhere else.
 */
import { readdir } from 'node:fs/promises';
import type { ToolNeed } from '../../pipeline/stage.js';

/** Where Debian's packages have Python packages (Debian Python Policy, 3.1). */
const PACKAGES = '/usr/lib/python3/dist-packages';

/** What ansible-core imports, by the Debian package. */
const PARTS: Readonly<Record<string, string>> = {
  ansible: 'ansible-core',
  jinja2: 'python3-jinja2',
  markupsafe: 'python3-markupsafe',
  packaging: 'python3-packaging',
  resolvelib: 'python3-resolvelib',
  yaml: 'python3-yaml',
};

export const CONTROLLER_TOOLS: readonly ToolNeed[] = Object.entries(PARTS).map(([part, name]) => ({
  name: `${PACKAGES}/${part}/__init__.py`,
  package: name,
}));

/** Folders that tell the version of one of these, which ansible-core asks: `Jinja2-3.1.2.egg-info`. */
const METADATA = /^(?:ansible_core|jinja2|markupsafe|packaging|resolvelib|pyyaml)-[^/]*\.(?:dist|egg)-info$/i;

/** What is lent, by its name below /run/lunsmith. */
export async function controllerFolders(): Promise<Record<string, string>> {
  const metadata = (await readdir(PACKAGES)).filter((name) => METADATA.test(name));
  const names = [...Object.keys(PARTS), ...metadata];
  return Object.fromEntries(names.map((name) => [`python/${name}`, `${PACKAGES}/${name}`]));
}

/** Where the tree sees what is lent. */
export const LENT = '/run/lunsmith';
/** In memory, and gone with the step: all that Ansible writes for itself, and what its modules do, for whatever user. */
const HOME = '/run/ansible';
const TEMPORARY = '/run/ansible-tmp';

/**
 * `-I`: neither variables nor users tell it where to look for modules. By `sys.path` alone, which no task inherits: modules run with what the
 * tree has. Below a shell: its facts take process 1 for the service manager, and look for one in the tree where it is a shell.
 */
export const CONTROLLER = [
  ...['/bin/sh', '-c', `mkdir -m 1777 ${TEMPORARY}; "$@"; exit $?`, 'sh'],
  '/usr/bin/python3',
  '-IBc',
  `import sys; sys.path.insert(0, "${LENT}/python"); sys.argv[0] = "ansible-playbook"; from ansible.cli.playbook import main; main()`,
] as const;

/** The inventory: who else is named is another machine, which a step does not reach. */
export const INVENTORY = 'localhost ansible_connection=local\n';

/** ansible.cfg(5): nothing is read, kept or written where the image would have it. A play for `all` or `localhost` is one for the tree. */
export const CONFIGURATION = `[defaults]
home = ${HOME}
local_tmp = ${HOME}/local
remote_tmp = ${HOME}/remote
async_dir = ${HOME}/async
interpreter_python = /usr/bin/python3
roles_path = ${LENT}/roles
collections_path = ${HOME}/collections
retry_files_enabled = False
fact_caching = memory
localhost_warning = False
nocows = True
nocolor = True
show_task_path_on_failure = True
system_warnings = False
[inventory]
inventory_unparsed_warning = False
[privilege_escalation]
become_method = su
`;

/** Modules take a service that shall be started or restarted for one that the booted system will start, as they do in any chroot. */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  ANSIBLE_CONFIG: `${LENT}/settings/ansible.cfg`,
  SYSTEMD_OFFLINE: '1',
  debian_chroot: 'lunsmith',
  LC_ALL: 'C.UTF-8',
  PYTHONDONTWRITEBYTECODE: '1',
  TMPDIR: TEMPORARY,
};
