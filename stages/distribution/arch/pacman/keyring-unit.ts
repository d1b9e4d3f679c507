/** The keyring of pacman in the booted system. It holds a secret key of the machine's own, so that no image can bring it. */

export const KEYRING_UNIT = 'pacman-keyring.service';

export function keyringUnitText(): string {
  return `[Unit]
Description=Make the keyring of pacman
ConditionFileIsExecutable=/usr/bin/pacman-key
ConditionPathExists=!/etc/pacman.d/gnupg/trustdb.gpg
After=time-sync.target

[Service]
Type=oneshot
ExecStart=/usr/bin/pacman-key --init
ExecStart=/usr/bin/pacman-key --populate

[Install]
WantedBy=multi-user.target
`;
}
