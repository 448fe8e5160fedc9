"""Runs a WASI program under wasmi's command, with the command line of `terrane run`:

    python3 wasmi_run.py WASMI [--mode MODE] [--dir HOST::GUEST[:ro]] [--env K=V] PROG.wasm [ARGS...]

wasmi's `--dir` has no other names for the guest than for the host, so folders are mounted, in a root of their own, where
the guest is to see them. Linux only, and as root.
"""

import ctypes
import os
import sys

MS_BIND, MS_REC, MS_PRIVATE, CLONE_NEWNS = 0x1000, 0x4000, 0x40000, 0x20000
LIBRARIES = "/lib/x86_64-linux-gnu"
ROOT = "/tmp/wasmi-root"
libc = ctypes.CDLL(None, use_errno=True)


def call(name, *args):
    if getattr(libc, name)(*args):
        raise OSError(ctypes.get_errno(), f"{name} {args}")


def bind(source, target):
    """Mounts a file or a folder where there is none yet."""
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        open(target, "w").close()
    call("mount", source.encode(), target.encode(), None, MS_BIND, None)


def main():
    wasmi, *words = sys.argv[1:]
    options, folders = [], {}
    while words[0].startswith("--"):
        option, value = words.pop(0), words.pop(0)
        if option == "--dir":
            host, guest = value.split("::")
            folders[guest.removesuffix(":ro")] = host
        elif option in ("--env", "--mode"):
            options += [{"--mode": "--compilation-mode"}.get(option, option), value]
        else:
            sys.exit(f"wasmi has no {option}")
    module, *args = words
    call("unshare", CLONE_NEWNS)
    call("mount", b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    os.makedirs(ROOT, exist_ok=True)
    call("mount", b"none", ROOT.encode(), b"tmpfs", 0, None)
    # What is to be the root comes first.
    for guest in sorted(folders):
        bind(folders[guest], ROOT + guest)
    os.makedirs(f"{ROOT}/.run", exist_ok=True)
    inside = f"/.run/{os.path.basename(module)}"
    for source, target in ((LIBRARIES, "/.run/lib"), (wasmi, "/.run/wasmi"), (module, inside)):
        bind(source, ROOT + target)
    os.chroot(ROOT)
    os.chdir("/")
    for guest in folders:
        options += ["--dir", guest]
    loader = ["/.run/lib/ld-linux-x86-64.so.2", "--library-path", "/.run/lib"]
    os.execv(loader[0], [*loader, "/.run/wasmi", "run", *options, inside, *args])


main()
