"""Runs a WASI program under wasmtime's Python package, with the command line of `terrane run`:

    python3 wasmtime_run.py [--dir HOST::GUEST[:ro]] [--env K=V] [--stdin FILE] [--allow-unknown-imports] [--pulley]
                            [--preload NAME=FILE] PROG.wasm [ARGS...]

It is here as one of the two engines that the expected results in `programs.toml` come from, and is no test itself.
"""

import argparse
import os
import struct
import sys

import wasmtime
from wasmtime import Config, Engine, ExitTrap, Linker, Module, Store, Trap, WasiConfig, WasmtimeError

P1 = "wasi_snapshot_preview1"
UNSTABLE = "wasi_unstable"
MEMORY_SHIM = """(module (import "main" "memory" (memory 0)) (export "memory" (memory 0))
  {imports} {exports})"""
# The functions whose arguments or results changed after `wasi_unstable`.
CHANGED = {
    "fd_seek": "i32 i64 i32 i32",
    "fd_filestat_get": "i32 i32",
    "path_filestat_get": "i32 i32 i32 i32 i32",
    "poll_oneoff": "i32 i32 i32 i32",
}


class Unstable:
    """`wasi_unstable` on top of preview 1, which is all that wasmtime has."""

    def __init__(self, linker, store):
        self.linker, self.store, self.instance, self.shim = linker, store, None, None

    def function(self, name):
        if self.shim is None:
            self.memory = self.instance.exports(self.store)["memory"]
            imports = " ".join(
                f'(import "{P1}" "{name}" (func ${name} (param {params}) (result i32)))' for name, params in CHANGED.items())
            exports = " ".join(
                f'(func (export "{name}") (param {params}) (result i32) '
                + " ".join(f"local.get {i}" for i in range(len(params.split()))) + f" call ${name})"
                for name, params in CHANGED.items())
            linker = Linker(self.linker.engine)
            linker.define_wasi()
            linker.define(self.store, "main", "memory", self.memory)
            module = Module(self.linker.engine, MEMORY_SHIM.format(imports=imports, exports=exports))
            self.shim = linker.instantiate(self.store, module).exports(self.store)
        return self.shim[name]

    def fd_seek(self, fd, offset, whence, result):
        whence = {0: 1, 1: 2, 2: 0}.get(whence, whence)
        return self.function("fd_seek")(self.store, fd, offset, whence, result)

    def filestat(self, name, args, at):
        """Of 64 bytes that the new layout has, the old one has 56: `nlink` was 32 bits wide."""
        at &= 0xFFFFFFFF
        function = self.function(name)
        after = self.memory.read(self.store, at + 56, at + 64)
        errno = function(self.store, *args, at)
        if errno == 0:
            dev, ino, kind, nlink, size, atim, mtim, ctim = struct.unpack("<QQB7xQQQQQ", self.memory.read(self.store, at, at + 64))
            self.memory.write(self.store, struct.pack("<QQB3xIQQQQ", dev, ino, kind, nlink, size, atim, mtim, ctim), at)
            self.memory.write(self.store, after, at + 56)
        return errno

    def fd_filestat_get(self, fd, at):
        return self.filestat("fd_filestat_get", [fd], at)

    def path_filestat_get(self, fd, flags, path, length, at):
        return self.filestat("path_filestat_get", [fd, flags, path, length], at)

    def poll_oneoff(self, subscriptions, events, count, result):
        raise Trap("poll_oneoff of wasi_unstable is not needed by what runs here")

    def define(self, module):
        defined = set()
        for item in module.imports:
            if item.module != UNSTABLE or item.name in defined:
                continue
            defined.add(item.name)
            if item.name in CHANGED:
                self.linker.define_func(UNSTABLE, item.name, item.type, getattr(self, item.name))
            else:
                self.linker.define(self.store, UNSTABLE, item.name, self.linker.get(self.store, P1, item.name))


def command_line():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dir", action="append", default=[])
    parser.add_argument("--env", action="append", default=[])
    parser.add_argument("--stdin")
    parser.add_argument("--preload", action="append", default=[])
    parser.add_argument("--allow-unknown-imports", action="store_true")
    parser.add_argument("--pulley", action="store_true")
    parser.add_argument("program")
    parser.add_argument("args", nargs=argparse.REMAINDER)
    return parser.parse_args()


def wasi_config(given):
    config = WasiConfig()
    config.argv = [os.path.basename(given.program), *given.args]
    config.env = [pair.split("=", 1) for pair in given.env]
    for pair in given.dir:
        host, _, guest = pair.partition("::")
        writable = not guest.endswith(":ro")
        config.preopen_dir(host, guest.removesuffix(":ro") or host, writable)
    if given.stdin:
        config.stdin_file(given.stdin)
    else:
        config.inherit_stdin()
    config.inherit_stdout()
    config.inherit_stderr()
    return config


def mistyped_imports_as_traps(linker, store, module):
    """An import that WASI knows by its name, but with another type, is as unknown as one that it does not know."""
    linker.allow_shadowing = True
    for item in module.imports:
        try:
            known = linker.get(store, item.module, item.name)
        except WasmtimeError:
            continue
        ours, theirs = ([list(map(str, t)) for t in (x.params, x.results)] for x in (known.type(store), item.type))
        if ours != theirs:
            def trap(*_, name=f"{item.module}.{item.name}"):
                raise Trap(f"{name} is not known with this type")
            linker.define_func(item.module, item.name, item.type, trap)


def main():
    given = command_line()
    config = Config()
    config.cranelift_opt_level = "speed"
    config.max_wasm_stack = 2 << 20
    config.wasm_exceptions = True
    if os.environ.get("WASMTIME_RUN_CACHE"):
        config.cache = True
    if given.pulley:
        config.target = "pulley64"
    engine = Engine(config)
    module = Module.from_file(engine, given.program)
    linker, store = Linker(engine), Store(engine)
    linker.define_wasi()
    store.set_wasi(wasi_config(given))
    unstable = Unstable(linker, store)
    unstable.define(module)
    for pair in given.preload:
        name, file = pair.split("=", 1)
        linker.define_instance(store, name, linker.instantiate(store, Module.from_file(engine, file)))
    if given.allow_unknown_imports:
        mistyped_imports_as_traps(linker, store, module)
        linker.define_unknown_imports_as_traps(module)
    unstable.instance = linker.instantiate(store, module)
    try:
        unstable.instance.exports(store)["_start"](store)
    except ExitTrap as exit_trap:
        return exit_trap.code
    except (Trap, WasmtimeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 134
    return 0


if __name__ == "__main__":
    sys.stdout.flush()
    sys.exit(main())
