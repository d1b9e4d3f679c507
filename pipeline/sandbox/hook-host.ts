/**
 * A process of its own for one recipe hook: @npmcli/run-script hands its whole environment on and cannot be stopped,
 * so the environment of this process is the scrubbed one, and stopping this process's group stops the hook.
 * Called as `node hook-host.js FOLDER EVENT`.
 */
import runScript from '@npmcli/run-script';

const [folder, event] = process.argv.slice(2);
if (folder === undefined || event === undefined) throw new Error('usage: hook-host FOLDER EVENT');
try {
  await runScript({ event, path: folder, stdio: 'inherit', banner: false });
} catch (error) {
  const code = (error as { code?: unknown }).code;
  process.stderr.write(`The script \`${event}\` of ${folder}/package.json failed.\n`);
  process.exitCode = typeof code === 'number' ? code : 1;
}
