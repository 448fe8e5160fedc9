// path_open of everything in every way: a line for each path, way of following, and rights, a column for each of the
// sixteen combinations of oflags (1 creat, 2 directory, 4 excl, 8 trunc).
#include "probe.h"

static const char *const PATHS[] = {
    "file", "file/", "dir", "dir/", "tofile", "tofile/", "todir", "todir/", "dangling", "dangling/", "loop", "missing",
    "missing/", "full/in", "full/in/", "full/../file", "full/./in", "file/.", "file/..", "file/x", "missing/x",
    "missing/../file", "todir/../file", "todir/x", ".", "./", "..", "../", "../x", "dir/../../x", "/", "/file", "", "//",
    "dir//", "full//in", "up", "up/x", "root", "deep",
};

static void try_open(const char *path, int lookup, int oflags, __wasi_rights_t rights) {
    __wasi_fd_t fd = 0;
    __wasi_errno_t error = __wasi_path_open(ROOT, lookup, path, oflags, rights, 0, 0, &fd);
    if (error) {
        printf(" %s", name_of(error));
        return;
    }
    __wasi_filestat_t stat;
    if (__wasi_fd_filestat_get(fd, &stat)) printf(" opened");
    else if (stat.filetype == __WASI_FILETYPE_REGULAR_FILE) printf(" file(%llu)", (unsigned long long)stat.size);
    else printf(" %s", FILETYPE[stat.filetype & 7]);
    __wasi_fd_close(fd);
}

int probe_open(int argc, char **argv) {
    SHOW(__wasi_path_symlink("..", ROOT, "up"));
    SHOW(__wasi_path_symlink("/", ROOT, "root"));
    SHOW(__wasi_path_symlink("dir/../full/../tofile", ROOT, "deep"));
    const __wasi_rights_t rights[] = {READ, WRITE, READ | WRITE};
    for (size_t p = 0; p < sizeof PATHS / sizeof *PATHS; p++)
        for (int lookup = 0; lookup < 2; lookup++)
            for (int r = 0; r < 3; r++) {
                printf("'%s' %s %s:", PATHS[p], lookup ? "follow" : "nofollow", (const char *[]){"r", "w", "rw"}[r]);
                for (int oflags = 0; oflags < 16; oflags++) {
                    furnish();
                    try_open(PATHS[p], lookup, oflags, rights[r]);
                }
                puts("");
            }
    return 0;
}
