#!/usr/bin/python3
"""systemctl(1) where systemd does not run: start, restart and enable units, by what their files say of services."""
import glob, os, shlex, signal, socket, subprocess, sys, time

STATE = '/run/services'


def settings(unit):
    """All of [Service], in the order of systemd.unit(5): the unit, then its drop-ins; an empty value begins anew."""
    places = ('/etc/systemd/system', '/lib/systemd/system')
    files = [f'{place}/{unit}.service' for place in places if os.path.exists(f'{place}/{unit}.service')][:1]
    if not files:
        sys.exit(f'Unit {unit}.service not found.')
    files += sorted(glob.glob(f'/etc/systemd/system/{unit}.service.d/*.conf'))
    found = {}
    for file in files:
        section = ''
        for line in open(file):
            line = line.strip()
            if line.startswith('['):
                section = line
            elif section == '[Service]' and '=' in line and not line.startswith('#'):
                key, value = line.split('=', 1)
                found[key] = found.get(key, []) + [value] if value else []
    return found


def run(lines):
    for line in lines:
        subprocess.run(shlex.split(line), check=True)


def stop(unit):
    try:
        group = int(open(f'{STATE}/{unit}').read())
        os.killpg(group, signal.SIGTERM)
    except (FileNotFoundError, ProcessLookupError):
        return
    while True:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)


def start(unit):
    of = settings(unit)
    kind = of.get('Type', ['simple'])[-1]
    run(of.get('ExecStartPre', []))
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    path = f'{STATE}/{unit}.notify'
    if os.path.exists(path):
        os.unlink(path)
    notify.bind(path)
    log = open(f'/var/log/{unit}.service.log', 'a')
    env = {**os.environ, 'NOTIFY_SOCKET': path}
    child = subprocess.Popen(
        shlex.split(of['ExecStart'][-1]), env=env, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    open(f'{STATE}/{unit}', 'w').write(str(child.pid))
    if kind == 'notify':
        notify.settimeout(60)
        while b'READY=1' not in notify.recv(4096):
            pass
    if kind == 'forking' and child.wait() != 0:
        sys.exit(f'Job for {unit}.service failed.')
    run(of.get('ExecStartPost', []))


verb, *units = [word for word in sys.argv[1:] if word != '--now']
os.makedirs(STATE, exist_ok=True)
units = [unit.removesuffix('.service') for unit in units]
if verb == 'enable':
    subprocess.run(['/usr/bin/systemctl', '--root=/', 'enable', *units], check=True)
elif verb in ('start', 'restart'):
    for unit in units:
        stop(unit)
        start(unit)
elif verb != 'daemon-reload':
    sys.exit(f'{verb} is not known here.')
