/**
 * The Python that changes LIO on the target host: rtslib is there wherever targetcli is, and takes one target at a time,
 * while `targetcli restoreconfig` knows only all or nothing of what exists already. It is the same text at every call; what
 * shall be done, secrets too, comes to its standard input as JSON, and the answer is JSON.
 *
 * - Every step asks what is there first, so that an interrupted call is finished by the next.
 * - The first backstore has the target's name, a second one follows from it: of two things with one name, one is strange.
 * - What survives a restart of the host is LIO's own saveconfig.json: the entries of ours, and only they, are replaced in it.
 */
export const LIO_SCRIPT = String.raw`
import json, os, sys

def answer(**values):
    print(json.dumps(values))
    sys.exit(0)

try:
    import rtslib_fb as rtslib
    from rtslib_fb.root import default_save_file as SAVED
except ImportError as error:
    answer(missing=str(error))

TPG_ATTRIBUTES = {"authentication": 1, "generate_node_acls": 0, "demo_mode_write_protect": 1}

def find_root():
    try:
        # The kernel keeps its reservations there too, and rtslib does not make it.
        os.makedirs(os.path.dirname(SAVED), exist_ok=True)
        return rtslib.RTSRoot()
    except (rtslib.RTSLibError, OSError) as error:
        answer(missing=str(error))

def sessions(targets):
    return [{"target": target.wwn, "initiator": acl.node_wwn}
            for target in targets for tpg in target.tpgs for acl in tpg.node_acls if acl.session]

def path_of(store):
    return store.udev_path if store.is_configured() else ""

def store_of(lun):
    try:
        return lun.storage_object
    except rtslib.RTSLibBrokenLink:
        return None

def shown(target):
    tpgs = list(target.tpgs)
    acls = [acl for tpg in tpgs for acl in tpg.node_acls]
    # In demo mode every initiator may log in; without authentication none is asked for a secret.
    open_to_all = any(tpg.get_attribute("generate_node_acls") == "1" for tpg in tpgs)
    asked = all(tpg.get_attribute("authentication") == "1" for tpg in tpgs)
    return {
        "target": target.wwn,
        "luns": [{"number": lun.lun, "disk": path_of(store_of(lun)) if store_of(lun) is not None else ""}
                 for tpg in tpgs for lun in tpg.luns],
        "initiators": ["ALL"] * open_to_all + [acl.node_wwn for acl in acls],
        "accounts": sorted({acl.chap_userid for acl in acls if acl.chap_userid}) if asked else [],
    }

def strange(want, targets, stores):
    names = [each["name"] for each in want["stores"]]
    for store in stores:
        label = store.plugin + "/" + store.name
        path = path_of(store)
        for each in want["stores"]:
            if store.name == each["name"] and path and (path != each["disk"] or store.plugin != each["plugin"]):
                return "the backstore %s is %s" % (label, path)
            if store.name != each["name"] and path == each["disk"] and not each.get("readOnly"):
                return "its disk %s is offered by the backstore %s" % (path, label)
    target = targets.get(want["target"])
    for tpg in target.tpgs if target else []:
        if tpg.tag != 1:
            return "a portal group with the tag %d" % tpg.tag
        luns = [(lun.lun, store_of(lun)) for lun in tpg.luns]
        for number, store in luns:
            if store is not None and (number >= len(names) or store.name != names[number]):
                return "LUN %d is the backstore %s/%s" % (number, store.plugin, store.name)
        if not luns:
            for acl in tpg.node_acls:
                return "no LUN, but %s may log in" % acl.node_wwn
    return None

def make_store(want, stores):
    store = next((each for each in stores if each.name == want["name"]), None)
    if store is not None and not store.is_configured():
        store.delete()
        store = None
    if store is None:
        if want["plugin"] == "fileio":
            # Each write is on the disk before it is answered: clients outlive a restart of the host.
            store = rtslib.FileIOStorageObject(
                want["name"], dev=want["disk"], size=want["bytes"], wwn=want["serial"], write_back=False)
        else:
            store = rtslib.BlockStorageObject(want["name"], dev=want["disk"], wwn=want["serial"])
    if store.wwn != want["serial"]:
        store.wwn = want["serial"]
    # The kernel refuses it where the disk cannot give blocks back.
    if int(store.get_attribute("max_unmap_block_desc_count")) > 0 and store.get_attribute("emulate_tpu") != "1":
        store.set_attribute("emulate_tpu", 1)
    return store

def offer(want, order, fabric, stores):
    made = [make_store(each, stores) for each in want["stores"]]
    tpg = rtslib.TPG(rtslib.Target(fabric, want["target"]), 1)
    for name, value in TPG_ATTRIBUTES.items():
        if tpg.get_attribute(name) != str(value):
            tpg.set_attribute(name, value)
    for lun in list(tpg.luns):
        if store_of(lun) is None:
            lun.delete()
    there = {lun.lun for lun in tpg.luns}
    for number, store in enumerate(made):
        if number not in there:
            rtslib.LUN(tpg, number, store)
    wanted = [(portal["address"], portal["port"]) for portal in order["portals"]]
    for portal in wanted:
        rtslib.NetworkPortal(tpg, *portal)
    if order["onlyPortals"]:
        for portal in list(tpg.network_portals):
            if (portal.ip_address, portal.port) not in wanted:
                portal.delete()
    for acl in list(tpg.node_acls):
        # The name that the client had; a session under it is left alone.
        if acl.node_wwn != want["initiator"] and not acl.session:
            acl.delete()
    acl = rtslib.NodeACL(tpg, want["initiator"])
    if acl.chap_userid != want["user"]:
        acl.chap_userid = want["user"]
    if acl.chap_password != want["secret"]:
        acl.chap_password = want["secret"]
    for mapped in list(acl.mapped_luns):
        try:
            mapped.alias
        except rtslib.RTSLibBrokenLink:
            mapped.delete()
    there = {mapped.mapped_lun for mapped in acl.mapped_luns}
    for number, each in enumerate(want["stores"]):
        if number not in there:
            rtslib.MappedLUN(acl, number, number, each.get("readOnly", False))
    if not tpg.enable:
        tpg.enable = True

def save(names, root, fabric):
    try:
        with open(SAVED) as file:
            saved = json.load(file)
    except FileNotFoundError:
        saved = {}
    for key, name, dumps in (
        ("storage_objects", "name", [each.dump() for each in root.storage_objects if each.name in names]),
        ("targets", "wwn", [each.dump() for each in fabric.targets if each.wwn in names]),
    ):
        saved[key] = [each for each in saved.get(key, []) if each.get(name) not in names] + dumps
    saved.setdefault("fabric_modules", [])
    partial = SAVED + ".lunsmith"
    if os.path.exists(partial):
        os.remove(partial)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(json.dumps(saved, sort_keys=True, indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())
    os.rename(partial, SAVED)

def check(order, targets, stores):
    found = [{"target": want["target"], "found": strange(want, targets, stores)} for want in order["luns"]]
    found = [each for each in found if each["found"]]
    if found:
        answer(strange=found)

def apply(order, root, fabric, targets):
    stores = list(root.storage_objects)
    check(order, targets, stores)
    for want in order["luns"]:
        offer(want, order, fabric, stores)
    save({each["name"] for want in order["luns"] for each in want["stores"]}, root, fabric)
    answer()

def remove(order, root, fabric, targets):
    names = set(order["targets"])
    gone = [target for name, target in targets.items() if name in names]
    busy = sessions(gone)
    if busy:
        answer(busy=busy)
    # No login may come between the question and the end: without a portal none can, and an earlier session stays.
    portals = [(tpg, portal.ip_address, portal.port)
               for target in gone for tpg in target.tpgs for portal in tpg.network_portals]
    for target in gone:
        for tpg in target.tpgs:
            for portal in list(tpg.network_portals):
                portal.delete()
    busy = sessions(gone)
    if busy:
        for portal in portals:
            rtslib.NetworkPortal(*portal)
        answer(busy=busy)
    for target in gone:
        target.delete()
    names = set(order["stores"])
    for store in [each for each in root.storage_objects if each.name in names]:
        store.delete()
    save(names, root, fabric)
    answer()

def main():
    order = json.load(sys.stdin)
    root = find_root()
    fabric = rtslib.FabricModule("iscsi")
    targets = {target.wwn: target for target in fabric.targets}
    if order["verb"] == "apply":
        apply(order, root, fabric, targets)
    elif order["verb"] == "check":
        check(order, targets, list(root.storage_objects))
        answer()
    elif order["verb"] == "remove":
        remove(order, root, fabric, targets)
    elif order["verb"] == "show":
        answer(targets=[shown(target) for target in targets.values()])
    else:
        answer(sessions=sessions(targets.values()))

try:
    main()
except (rtslib.RTSLibError, OSError, ValueError) as error:
    sys.exit("LIO: %s" % error)
`;
