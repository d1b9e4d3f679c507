"""Stands in for the kernel's side of configfs, so that the real rtslib works without LIO.

Python loads it by its name, from PYTHONPATH. The tree is a plain folder ($CONFIGFS); what the kernel does there is done
here: mkdir(2) brings attribute files and default groups with it, rmdir(2) refuses while somebody's entries are left, and a
write to `control`, `enable` or `vpd_unit_serial` changes what `info` and others show. Every change is noted in
$CONFIGFS.log. When a portal goes, the session comes that $CONFIGFS.late describes: a path and its content. A write to the path that $CONFIGFS_BREAK names fails.
"""
import os
import re

ROOT = os.environ["CONFIGFS"]
BREAK = os.environ.get("CONFIGFS_BREAK")

try:
    import rtslib_fb
except ImportError:
    ROOT = ""

if ROOT:
    from rtslib_fb import node, root, tcm, target, utils

    node.CFSNode.configfs_dir = ROOT
    root.mount_configfs = lambda: None
    root.default_save_file = os.environ["CONFIGFS"] + ".saved/saveconfig.json"
    root.RTSRoot._set_dbroot = lambda self: setattr(self, "_dbroot", ROOT + ".saved")
    # Nothing of this machine may be asked for a module.
    for module in (root, rtslib_fb.fabric):
        module.modprobe = lambda name: None

    STORE = {
        "enable": "0", "udev_path": "", "control": "", "info": "Status: DEACTIVATED",
        "wwn/vpd_unit_serial": "T10 VPD Unit Serial Number: ",
        "attrib/emulate_tpu": "0", "attrib/emulate_write_cache": "0", "attrib/max_unmap_block_desc_count": "1",
    }
    TPG = {
        "enable": "0", "attrib/authentication": "0", "attrib/generate_node_acls": "0",
        "attrib/demo_mode_write_protect": "1", "attrib/cache_dynamic_acls": "0",
    }
    ACL = {
        "auth/userid": "NULL", "auth/password": "NULL", "auth/userid_mutual": "NULL", "auth/password_mutual": "NULL",
        "info": "No active iSCSI Session for Initiator Endpoint: x", "cmdsn_depth": "64",
    }
    # By the path below the root: attribute files, default groups.
    MADE = [
        (r"core/[a-z]+_\d+", {"hba_info": "HBA"}, []),
        (r"core/[a-z]+_\d+/[^/]+", STORE, ["alua", "pr"]),
        (r"iscsi", {"lio_version": "x", "discovery_auth/enforce_discovery_auth": "0"}, []),
        (r"iscsi/iqn[^/]+", {}, []),
        (r"iscsi/iqn[^/]+/tpgt_\d+", TPG, ["lun", "acls", "np", "param", "auth"]),
        (r"iscsi/iqn[^/]+/tpgt_\d+/lun/lun_\d+", {}, []),
        (r"iscsi/iqn[^/]+/tpgt_\d+/np/[^/]+", {"iser": "0"}, []),
        (r"iscsi/iqn[^/]+/tpgt_\d+/acls/[^/]+", ACL, []),
        (r"iscsi/iqn[^/]+/tpgt_\d+/acls/[^/]+/lun_\d+", {"write_protect": "0"}, []),
    ]
    real = {name: getattr(os, name) for name in ("mkdir", "rmdir", "symlink", "unlink")}

    def note(what, path, value=""):
        with open(ROOT + ".log", "a") as log:
            log.write(("%s %s %s" % (what, os.path.relpath(path, ROOT), value)).strip() + "\n")

    def below(path):
        return os.path.relpath(path, ROOT) if str(path).startswith(ROOT + "/") else None

    def put(path, name, value):
        file = os.path.join(path, name)
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with open(file, "w") as out:
            out.write(value)

    def mkdir(path, mode=0o777, **options):
        if below(path) is None:
            return real["mkdir"](path, mode, **options)
        made = [each for each in MADE if re.fullmatch(each[0], below(path))]
        if not made:
            # Default groups are made by the kernel.
            return real["mkdir"](path, mode, **options)
        real["mkdir"](path)
        for _, files, groups in made:
            for group in groups:
                real["mkdir"](os.path.join(path, group))
            for name, value in files.items():
                put(path, name, value)
        note("mkdir", path)

    def rmdir(path):
        if below(path) is None:
            return real["rmdir"](path)
        for folder, folders, files in os.walk(path):
            for name in folders:
                child = os.path.join(folder, name)
                if os.path.islink(child) or any(re.fullmatch(each[0], below(child)) for each in MADE):
                    raise OSError(39, "Directory not empty: " + below(child))
        for folder, folders, files in os.walk(path, topdown=False):
            for name in files:
                real["unlink"](os.path.join(folder, name))
            for name in folders:
                real["rmdir"](os.path.join(folder, name))
        real["rmdir"](path)
        note("rmdir", path)
        if "/np/" in path and os.path.exists(ROOT + ".late"):
            with open(ROOT + ".late") as late:
                file, info = late.read().split("\n", 1)
            put(os.path.dirname(file), os.path.basename(file), info)

    def symlink(source, destination):
        if below(destination) is not None and "/acls/" not in destination:
            if open(os.path.join(source, "enable")).read() != "1":
                raise OSError(19, "No such device: not enabled")
        real["symlink"](source, destination)
        # rtslib names links at random.
        note("symlink", os.path.dirname(destination), os.path.relpath(os.path.realpath(source), os.path.realpath(ROOT)))

    def write(path, text):
        value = str(text).strip()
        folder, name = os.path.split(path)
        if BREAK and below(path) and re.fullmatch(BREAK, below(path)):
            raise OSError(5, "Input/output error")
        if not os.path.exists(path):
            raise FileNotFoundError(2, "No such file", path)
        note("write", path, value)
        if name == "control":
            words = dict(each.split("=", 1) for each in value.split(","))
            with open(os.path.join(folder, "info"), "a") as info:
                if "fd_dev_name" in words:
                    info.write("\nFile: %s Size: %s Mode: O_DSYNC" % (words["fd_dev_name"], words.get("fd_dev_size")))
            return
        if name == "vpd_unit_serial":
            value = "T10 VPD Unit Serial Number: " + value
        with open(path, "w") as out:
            out.write(value)

    os.mkdir, os.rmdir, os.symlink = mkdir, rmdir, symlink
    for module in (node, root, tcm, target, utils, rtslib_fb.fabric):
        module.fwrite = write
