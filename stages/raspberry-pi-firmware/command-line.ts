/** The kernel command line of a Raspberry Pi. */

/**
 * The line of a release. Its clients find target and account in their own archive, and their address by DHCP.
 * @param root as `rootParameters` has it
 * @param parameters the recipe's, without `root=`
 */
export function piCommandLine(root: readonly string[], parameters: readonly string[]): string[] {
  const ip = parameters.some((parameter) => parameter.startsWith('ip=')) ? [] : ['ip=dhcp'];
  return [...root, ...ip, ...parameters];
}
