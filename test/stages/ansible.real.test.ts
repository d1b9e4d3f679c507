/** A playbook in a small Debian 12 by Ansible of the host: what it makes, what it leaves, what it sees, and how it tells of a failure. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runStages, type StageRig } from '../util/stage-rig.js';

const FILES = {
  'ansible/site.yml': `- hosts: all
  vars: { greeting: from the playbook, place: here }
  roles: [motd]
  tasks:
    - name: Make a group
      group: { name: staffers, gid: 4321 }
    - name: Make a user
      user: { name: deploy, uid: 4322, group: staffers, create_home: true }
    - name: Write a secret where it belongs
      copy: { dest: /etc/app.key, content: "{{ key }}", mode: "0600" }
      no_log: true
    - name: Write where root is at home
      shell: echo mine > ~/mine
    - lineinfile: { path: ~/mine, line: too }
    - name: Wait for it
      command: "true"
      async: 60
      poll: 1
    - name: Leave it running
      command: sleep 3600
      async: 7200
      poll: 0
    - name: Not wanted
      file: { path: /srv/not-wanted, state: touch }
      tags: never-here
    - name: Look around where the controller is
      shell: 'ls -A / /home /root; env | cut -d= -f1 | sort; ls /sys/class/net 2>/dev/null; cat /proc/net/dev; ls /run/lunsmith'
      register: around
      delegate_to: localhost
    - copy: { dest: /srv/around, content: "{{ around.stdout }}\\n" }
    - copy: { dest: /srv/plugin, content: "{{ lookup('here', '/etc') }} {{ lookup('env', 'LUNSMITH_TEST_SECRET') }} {{ lookup('pipe', 'id -u') }}\\n" }
  handlers:
    - name: Note it
      lineinfile: { path: /etc/noted, line: noted, create: true }
`,
  'ansible/lookup_plugins/here.py': `import os
from ansible.plugins.lookup import LookupBase

class LookupModule(LookupBase):
    def run(self, terms, variables=None, **kwargs):
        return [str(os.path.exists(os.environ.get("CANARY", "/etc/shadow-of-the-host")))]
`,
  'roles/motd/tasks/main.yml': `- name: Greet
  template: { src: motd.j2, dest: /etc/motd, owner: daemon, mode: "0640" }
  notify: Note it
`,
  'roles/motd/templates/motd.j2': '{{ greeting }} {{ numbers | join("-") }} {{ place }}\n',
  'ansible/fails.yml': `- hosts: all
  gather_facts: false
  tasks:
    - name: It works
      command: "true"
    - name: It is ignored
      command: "false"
      ignore_errors: true

    - name: It does not
      shell: echo why >&2; exit 3
`,
  'ansible/loop.yml': `- hosts: all
  gather_facts: false
  tasks:
    - block: [{ name: Rescued, command: "false" }]
      rescue: [{ debug: { msg: rescued } }]
    - name: Several
      shell: echo why >&2; [ {{ item }} != b ]
      loop: [a, b, c]
`,
  'ansible/elsewhere.yml': `- hosts: all
  gather_facts: false
  tasks:
    - name: Tell another machine
      command: "true"
      delegate_to: db.example.org
`,
  'ansible/services.yml': `- hosts: localhost
  tasks:
    - service: { name: chrony, enabled: false }
    - service: { name: chrony, state: restarted }
    - user: { name: deploy }
    - command: id -un
      become: true
      become_user: deploy
      register: who
    - local.tools.greet: { path: /srv/greeting }
    - copy: { dest: /srv/facts, content: "{{ ansible_service_mgr }} {{ ansible_is_chroot }} {{ who.stdout }}" }
`,
  'ansible/collections/ansible_collections/local/tools/plugins/modules/greet.py': `from ansible.module_utils.basic import AnsibleModule
module = AnsibleModule(argument_spec={"path": {"type": "path"}})
with open(module.params["path"], "w") as file:
    file.write("from a collection")
module.exit_json(changed=True)
`,
  'ansible/broken.yml': '- hosts: all\n  tasks:\n    - nothing_of_this_name: {}\n',
  'ansible/nobody.yml': '- hosts: web\n  tasks: []\n',
  secret: 'not-to-be-told {{ 6 * 7 }} "{%\n',
};

const STEPS = { uses: 'packages', with: { install: ['python3'] } };
const SEAL = { uses: 'seal', with: {} };
const PLAY = {
  uses: 'ansible',
  with: {
    folder: 'ansible',
    roles: 'roles',
    vars: { greeting: 'hello', numbers: [1, 2] },
    secrets: { key: 'file:secret' },
    'skip-tags': ['never-here'],
  },
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lunsmith-ansible-'));
  for (const [path, text] of Object.entries(FILES)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
});
afterAll(() => rm(folder, { recursive: true }));

const play = (...steps: readonly { uses: string; with: object }[]) =>
  runStages([STEPS, ...steps], { recipe: { folder } });

describe('a playbook', () => {
  let rig: StageRig;
  const shell = async (script: string) => (await rig.exec(['sh', '-c', script])).trim();
  beforeAll(async () => {
    vi.stubEnv('LUNSMITH_TEST_SECRET', 'of-the-caller');
    rig = await play(PLAY, SEAL);
    vi.unstubAllEnvs();
    expect(rig.failure?.toRecord()).toBeUndefined();
  });
  afterAll(() => rig[Symbol.asyncDispose]());

  it('makes what it says, with roles, variables, secrets, tags and handlers', async () => {
    expect(await rig.read('/etc/motd')).toBe('hello 1-2 here\n');
    expect(await rig.stat('/etc/motd')).toMatch(/^640 1 0 /);
    expect(await shell('id deploy')).toBe('uid=4322(deploy) gid=4321(staffers) groups=4321(staffers)');
    expect(await rig.read('/etc/app.key')).toBe('not-to-be-told {{ 6 * 7 }} "{%');
    expect(await rig.stat('/etc/app.key')).toMatch(/^600 0 0 /);
    expect(await rig.read('/etc/noted')).toBe('noted\n');
    expect(await shell('ls /srv')).toBe('around\nplugin');
    expect(await rig.read('/root/mine')).toBe('mine\ntoo\n');
  });

  it('has its secret in no event', () => {
    expect(JSON.stringify(rig.events)).not.toContain('not-to-be-told');
  });

  it('sees the tree alone, also where its controller is: no home, no network, nothing of the caller', async () => {
    const around = await rig.read('/srv/around');
    expect(around).toContain('\nopt\n');
    expect(around).not.toContain('LUNSMITH');
    expect(around).not.toMatch(/^(work|tmp\/lunsmith)/m);
    expect(around.match(/^ *\w+: +\d/gm)?.map((line) => line.trim().split(':')[0])).toEqual(['lo']);
    expect(around.slice(around.lastIndexOf('\nbin\n'))).toBe('\nbin\nplaybook\npython\nroles\nsettings\n');
    expect(await rig.read('/srv/plugin')).toBe('False  0\n');
  });

  it('leaves nothing of its own in the tree', async () => {
    expect(
      await shell('find / -xdev \\( -name "*ansible*" -o -name "*.retry" \\) -not -path "/proc/*" | head'),
    ).toBe('');
    const made = (await rig.changed()).filter((path) => /pyc$|__pycache__/.test(path));
    expect(made.filter((path) => !/^usr\/(lib|share)\/python3/.test(path))).toEqual([]);
  });

  it('is the same another time, and when it is played again on what it made', async () => {
    await using again = await play(PLAY, PLAY, SEAL);
    expect(again.failure?.toRecord()).toBeUndefined();
    const listing = await rig.listing();
    expect(listing.some((line) => line.includes('etc/app.key'))).toBe(true);
    expect(await again.listing()).toEqual(listing);
  });
});

it('finds the service manager of the tree, leaves its services stopped, and acts for other users', async () => {
  const services = { uses: 'packages', with: { install: ['systemd-sysv', 'chrony'] } };
  await using rig = await play(services, {
    uses: 'ansible',
    with: { folder: 'ansible', playbook: 'services.yml' },
  });
  expect(rig.failure?.toRecord()).toBeUndefined();
  expect(await rig.read('/srv/facts')).toBe('systemd True deploy');
  expect(await rig.read('/srv/greeting')).toBe('from a collection');
  expect(await rig.exec(['sh', '-c', 'systemctl is-enabled chrony || true'])).toBe('disabled\n');
});

it('names the task that fails, with its file and line, and what it said', async () => {
  await using rig = await play({ uses: 'ansible', with: { folder: 'ansible', playbook: 'fails.yml' } });
  expect(rig.failure?.diagnostics).toEqual([
    {
      what: 'The task `It does not` failed: ansible/fails.yml:10.',
      found: 'non-zero return code: why',
    },
  ]);
});

it('names a task by the item of its loop that fails, not one that was rescued before', async () => {
  await using rig = await play({ uses: 'ansible', with: { folder: 'ansible', playbook: 'loop.yml' } });
  expect(rig.failure?.diagnostics).toEqual([
    {
      what: 'The task `Several` failed: ansible/loop.yml.',
      found: 'item=b: non-zero return code: why',
    },
  ]);
});

it('does not take another machine for the tree', async () => {
  await using rig = await play({ uses: 'ansible', with: { folder: 'ansible', playbook: 'elsewhere.yml' } });
  expect(rig.failure?.diagnostics[0].what).toBe(
    'The task `Tell another machine` failed: ansible/elsewhere.yml:4.',
  );
});

it('names the place of what cannot be read', async () => {
  await using rig = await play({ uses: 'ansible', with: { folder: './ansible/', playbook: 'broken.yml' } });
  const [problem] = rig.failure?.diagnostics ?? [];
  expect(problem?.what).toBe('Ansible cannot play ansible/broken.yml:3.');
  expect(problem?.found).toContain("couldn't resolve module/action 'nothing_of_this_name'");
  expect(problem?.hint).toBe(
    'A module that is no part of ansible-core comes with its collection: put that into ansible/collections/ansible_collections.',
  );
});

it('is refused where a play is for no host that there is', async () => {
  await using rig = await play({ uses: 'ansible', with: { folder: 'ansible', playbook: 'nobody.yml' } });
  expect(rig.failure?.diagnostics[0].what).toBe(
    'A play of ansible/nobody.yml is for no host here, and does nothing.',
  );
});

it('is refused in an image without python3', async () => {
  await using rig = await runStages([PLAY], { recipe: { folder } });
  expect(rig.failure?.diagnostics[0].what).toBe('The image has no python3, by which Ansible works.');
});
