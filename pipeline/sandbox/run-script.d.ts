/** The part of @npmcli/run-script that we call; the package ships no types. */
declare module '@npmcli/run-script' {
  interface RunScriptOptions {
    event: string;
    path: string;
    stdio: 'inherit' | 'pipe';
    env?: Record<string, string>;
    banner?: boolean;
  }
  export default function runScript(options: RunScriptOptions): Promise<unknown>;
}
