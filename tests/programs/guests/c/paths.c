// What the functions of paths answer for everything, and what is there afterwards.
#include "probe.h"

static const char *const PATHS[] = {
    "file", "file/", "dir", "dir/", "full", "tofile", "tofile/", "todir", "todir/", "dangling", "dangling/", "loop",
    "loop/", "missing", "missing/", "full/in", "file/x", "missing/x", ".", "..", "dir/..", "dir/.", "/", "/file", "",
    "../x", "full/../../x",
};
enum { COUNT = sizeof PATHS / sizeof *PATHS };

static void times(const char *path, int lookup, int flags) {
    __wasi_filestat_t stat;
    furnish();
    __wasi_errno_t error = __wasi_path_filestat_set_times(ROOT, lookup, path, 1000000123, 2000000456, flags);
    printf(" %s", name_of(error));
    if (!error && !__wasi_path_filestat_get(ROOT, lookup, path, &stat)) {
        if (flags & __WASI_FSTFLAGS_ATIM) printf("(%llu)", (unsigned long long)stat.atim);
        if (flags & __WASI_FSTFLAGS_MTIM) printf("(%llu)", (unsigned long long)stat.mtim);
    }
}

int probe_paths(int argc, char **argv) {
    for (int i = 0; i < COUNT; i++) {
        const char *path = PATHS[i];
        char buffer[64];
        __wasi_size_t used = 0;
        __wasi_filestat_t stat;
        furnish();
        printf("'%s'\n", path);
        for (int lookup = 0; lookup < 2; lookup++) {
            __wasi_errno_t error = __wasi_path_filestat_get(ROOT, lookup, path, &stat);
            printf("  stat %d: %s %s\n", lookup, name_of(error), error ? "" : FILETYPE[stat.filetype & 7]);
        }
        memset(buffer, '#', sizeof buffer);
        __wasi_errno_t error = __wasi_path_readlink(ROOT, path, (uint8_t *)buffer, sizeof buffer, &used);
        printf("  readlink: %s", name_of(error));
        if (!error) printf(" %lu '%.*s'", used, (int)used, buffer);
        for (int size = 0; size < 4; size++) {
            memset(buffer, '#', sizeof buffer);
            error = __wasi_path_readlink(ROOT, path, (uint8_t *)buffer, size, &used);
            if (!error) printf(" %d:%lu '%.5s'", size, used, buffer);
            else if (error != __WASI_ERRNO_INVAL || size == 3) printf(" %d:%s", size, name_of(error));
        }
        printf("\n  mkdir: %s", name_of(__wasi_path_create_directory(ROOT, path)));
        furnish();
        printf("\n  rmdir: %s", name_of(__wasi_path_remove_directory(ROOT, path)));
        furnish();
        printf("\n  unlink: %s", name_of(__wasi_path_unlink_file(ROOT, path)));
        furnish();
        printf("\n  symlink: %s", name_of(__wasi_path_symlink("file", ROOT, path)));
        furnish();
        printf("\n  symlink to it: %s", name_of(__wasi_path_symlink(path, ROOT, "new")));
        for (int lookup = 0; lookup < 2; lookup++) {
            furnish();
            printf("\n  link from %d: %s, then %s", lookup, name_of(__wasi_path_link(ROOT, lookup, path, ROOT, "new")), what("new"));
        }
        furnish();
        printf("\n  link to: %s", name_of(__wasi_path_link(ROOT, 0, "file", ROOT, path)));
        for (int lookup = 0; lookup < 2; lookup++) {
            printf("\n  set_times %d:", lookup);
            times(path, lookup, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM);
            times(path, lookup, __WASI_FSTFLAGS_ATIM);
            times(path, lookup, __WASI_FSTFLAGS_MTIM);
            times(path, lookup, 0);
            times(path, lookup, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_ATIM_NOW);
            times(path, lookup, __WASI_FSTFLAGS_MTIM | __WASI_FSTFLAGS_MTIM_NOW);
        }
        puts("");
    }
    for (int i = 0; i < COUNT; i++) {
        printf("rename '%s' to:", PATHS[i]);
        for (int j = 0; j < COUNT; j++) {
            furnish();
            printf(" %s", name_of(__wasi_path_rename(ROOT, PATHS[i], ROOT, PATHS[j])));
            clear("full/dir"), clear("full/full"), clear("dir/full");
        }
        puts("");
    }
    furnish();
    SHOW(__wasi_path_rename(ROOT, "dir", ROOT, "dir/inside"));
    SHOW(__wasi_path_rename(ROOT, "file", ROOT, "full/in"));
    printf("%s %s\n", what("file"), what("full/in"));
    SHOW(__wasi_path_rename(ROOT, "dangling", ROOT, "full/in"));
    printf("%s %s\n", what("dangling"), what("full/in"));
    furnish();
    SHOW(__wasi_path_symlink("", ROOT, "new"));
    SHOW(__wasi_path_symlink("/absolute", ROOT, "new"));
    SHOW(__wasi_path_symlink("../up", ROOT, "new"));
    SHOW(__wasi_path_create_directory(ROOT, "dir/a/b"));
    SHOW(__wasi_path_create_directory(7, "x"));
    static char longest[5000];
    memset(longest, 'n', 255);
    SHOW(__wasi_path_create_directory(ROOT, longest));
    SHOW(__wasi_path_remove_directory(ROOT, longest));
    memset(longest, 'n', 256);
    SHOW(__wasi_path_create_directory(ROOT, longest));
    memset(longest, 'n', sizeof longest - 1);
    SHOW(__wasi_path_create_directory(ROOT, longest));
    SHOW(__wasi_path_filestat_get(ROOT, 0, "bad\xff utf8", &(__wasi_filestat_t){0}));
    SHOW(__wasi_path_create_directory(ROOT, "\xc3\xbc n\xc3\xaf"));
    SHOW(__wasi_path_remove_directory(ROOT, "\xc3\xbc n\xc3\xaf"));
    return 0;
}
