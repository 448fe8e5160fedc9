"""Files and directories below /work, with what Python says of every failure."""
import errno, os, pathlib, shutil, stat, sys

def attempt(name, f):
    try:
        result = f()
    except OSError as error:
        result = f"{type(error).__name__} {errno.errorcode.get(error.errno)}"
    print(f"{name}: {result}")

os.chdir("/work")
print(sys.argv, os.environ.get("GREETING"), os.getcwd())
with open("poem.txt", encoding="utf-8") as f:
    lines = f.readlines()
print(len(lines), [len(line) for line in lines])
with open("copy.txt", "w", encoding="utf-8") as f:
    f.writelines(sorted(lines))
    print("at", f.tell())
with open("copy.txt", "a+b") as f:
    f.write("ünïcode\n".encode())
    f.seek(-5, os.SEEK_END)
    print(f.read(), f.tell())
with open("copy.txt", "r+b") as f:
    f.truncate(20)
    f.seek(30)
    f.write(b"end")
print(pathlib.Path("copy.txt").read_bytes())
os.makedirs("a/b/c", exist_ok=True)
for i in range(300):
    pathlib.Path(f"a/b/file-with-a-rather-long-name-{i:03}").write_text(str(i))
print(len(os.listdir("a/b")), sorted(os.listdir("a/b"))[::97])
print(sorted((e.name, e.is_dir(), e.stat().st_size) for e in os.scandir("a/b") if e.name[-1] == "7")[:4])
print(sum(len(files) for _, _, files in os.walk("a")))
os.rename("a/b/file-with-a-rather-long-name-000", "a/moved")
os.symlink("moved", "a/link")
os.link("a/moved", "a/hard")
print(os.readlink("a/link"), os.stat("a/link").st_size, os.lstat("a/link").st_size, os.stat("a/hard").st_nlink)
print(stat.S_ISLNK(os.lstat("a/link").st_mode), stat.S_ISDIR(os.stat("a").st_mode))
os.utime("a/moved", (1_000_000_000, 1_500_000_001))
print(os.stat("a/moved").st_atime_ns, os.stat("a/moved").st_mtime_ns)
attempt("missing", lambda: open("no/such"))
attempt("is a directory", lambda: open("a", "w"))
attempt("exclusive", lambda: open("copy.txt", "x"))
attempt("not a directory", lambda: os.listdir("copy.txt"))
attempt("through a file", lambda: open("copy.txt/x"))
attempt("not empty", lambda: os.rmdir("a"))
attempt("mkdir over a file", lambda: os.mkdir("copy.txt"))
attempt("unlink missing", lambda: os.unlink("nothing"))
attempt("rename missing", lambda: os.rename("nothing", "x"))
attempt("rmdir of a file", lambda: os.rmdir("copy.txt"))
attempt("readlink of a file", lambda: os.readlink("copy.txt"))
attempt("symlink over", lambda: os.symlink("x", "copy.txt"))
attempt("link over", lambda: os.link("copy.txt", "a/moved"))
attempt("bad fd", lambda: os.read(99, 1))
os.symlink("loop", "loop")
attempt("loop", lambda: open("loop"))
attempt("truncate", lambda: os.truncate("copy.txt", 3))
print(os.path.getsize("copy.txt"))
shutil.rmtree("a")
os.unlink("loop")
print(sorted(os.listdir(".")))
