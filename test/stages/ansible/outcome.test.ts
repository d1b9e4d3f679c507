import { expect, it } from 'vitest';
import { failedTask, unreadable } from '../../../stages/ansible/outcome.js';

/** Lines as ansible-playbook 2.14 prints them. */
const RESCUED = `
TASK [Rescued] *****************************************************************
task path: /run/lunsmith/playbook/site.yml:5
fatal: [localhost]: FAILED! => {"changed": true, "msg": "non-zero return code", "rc": 1, "stderr": "", "stdout": ""}

TASK [debug] *******************************************************************
ok: [localhost] => {
    "msg": "fatal: [localhost]: FAILED! => {}"
}
`;

it('names the last task that failed, and what its command said', () => {
  const output = `${RESCUED}
TASK [web : Start] *************************************************************
task path: /run/lunsmith/playbook/roles/web/tasks/main.yml:7
fatal: [localhost]: FAILED! => {"changed": true, "msg": "non-zero return code", "rc": 3, "stderr": "a\\nb", "stdout": "c"}
`;
  expect(failedTask(output)).toEqual({
    name: 'web : Start',
    file: '/run/lunsmith/playbook/roles/web/tasks/main.yml',
    line: 7,
    message: 'non-zero return code: a; b',
  });
});

it('names a loop by the item that failed', () => {
  const output = `${RESCUED}
TASK [Several] *****************************************************************
changed: [localhost] => (item=a)
failed: [localhost] (item=b) => {"ansible_loop_var": "item", "changed": true, "item": "b", "msg": "non-zero return code", "stderr": "", "stdout": "why"}
changed: [localhost] => (item=c)
`;
  expect(failedTask(output)).toEqual({ name: 'Several', message: 'item=b: non-zero return code: why' });
});

it.each([
  [
    '{"censored": "the output has been hidden due to the fact that \'no_log: true\' was specified for this result", "changed": true}',
    "the output has been hidden due to the fact that 'no_log: true' was specified for this result",
  ],
  [
    '{"changed": false, "module_stderr": "Traceback:\\nValueError: why\\n", "module_stdout": "", "msg": "MODULE FAILURE\\nSee stdout/stderr for the exact error", "rc": 1}',
    'MODULE FAILURE; See stdout/stderr for the exact error: Traceback:; ValueError: why',
  ],
  ['{"changed": false, "msg": {"wanted": 1}}', '{"wanted":1}'],
  [`{"msg": "no", "stdout": "${'x'.repeat(5000)}"}`, `no: ${'x'.repeat(996)}`],
])('tells of %s', (json, message) => {
  expect(
    failedTask(`TASK [one] ***\nfatal: [localhost -> db.example.org]: UNREACHABLE! => ${json}\n`)?.message,
  ).toBe(message);
});

it('forgets what is ignored', () => {
  const ignored = 'failed: [localhost] (item=1) => {"msg": "no"}\n...ignoring\n';
  expect(failedTask(`TASK [one] ***\n${ignored}`)).toBeUndefined();
});

it('tells what cannot be read, with its place', () => {
  const errors = `[WARNING]: x
ERROR! the role 'nowhere' was not found in /run/lunsmith/playbook/roles

The error appears to be in '/run/lunsmith/playbook/site.yml': line 4, column 7, but may
`;
  expect(unreadable(errors)).toEqual({
    message: "the role 'nowhere' was not found in /run/lunsmith/playbook/roles",
    file: '/run/lunsmith/playbook/site.yml',
    line: 4,
  });
  expect(unreadable('[WARNING]: x\n')).toBeUndefined();
});
