// fd_readdir with buffers of every size, from every cookie, and while what it lists changes.
#include "probe.h"

enum { FILES = 20, MOST = 4096 };

static uint8_t buffer[MOST];

struct entry { __wasi_dirent_t head; char name[64]; };
static struct entry entries[64];

// Reads the whole of a directory with a buffer of a size; how many entries it had, or an error below 0.
static int list(__wasi_fd_t dir, __wasi_size_t size) {
    __wasi_dircookie_t cookie = 0;
    int found = 0;
    for (int calls = 0; calls < 200; calls++) {
        __wasi_size_t used = 0;
        __wasi_errno_t error = __wasi_fd_readdir(dir, buffer, size, cookie, &used);
        if (error) return -error;
        if (used > size) return -1000;
        __wasi_size_t at = 0;
        while (at + sizeof(__wasi_dirent_t) <= used) {
            struct entry *entry = &entries[found];
            memcpy(&entry->head, buffer + at, sizeof entry->head);
            if (at + sizeof entry->head + entry->head.d_namlen > used) break;
            memcpy(entry->name, buffer + at + sizeof entry->head, entry->head.d_namlen);
            entry->name[entry->head.d_namlen] = 0;
            at += sizeof entry->head + entry->head.d_namlen;
            cookie = entry->head.d_next;
            if (++found == 64) return -2000;
        }
        if (used < size) return found;
        if (at == 0) return -3000;
    }
    return -4000;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

int probe_readdir(int argc, char **argv) {
    char path[64];
    __wasi_size_t used;
    furnish();
    SHOW(__wasi_path_create_directory(ROOT, "many"));
    for (int i = 0; i < FILES; i++) {
        snprintf(path, sizeof path, "many/%.*s%02d", i, "a-long-name-of-a-file", i);
        make_file(path, "");
    }
    SHOW(__wasi_path_create_directory(ROOT, "many/sub"));
    SHOW(__wasi_path_symlink("sub", ROOT, "many/link"));
    int dir = open_at(ROOT, "many", __WASI_OFLAGS_DIRECTORY, READ, 0);
    int found = list(dir, MOST);
    printf("%d\n", found);
    qsort(entries, found, sizeof *entries, by_name);
    for (int i = 0; i < found; i++) {
        __wasi_filestat_t stat;
        snprintf(path, sizeof path, "many/%s", entries[i].name);
        __wasi_path_filestat_get(ROOT, 0, path, &stat);
        int same = !strcmp(entries[i].name, "..") || stat.ino == entries[i].head.d_ino;
        printf("  %s %s %lu inode %s\n", entries[i].name, FILETYPE[entries[i].head.d_type & 7],
               (unsigned long)entries[i].head.d_namlen, same ? "same" : "other");
    }
    const __wasi_size_t sizes[] = {24, 25, 26, 30, 40, 47, 48, 49, 64, 100, 128, 255, 500, 1000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) printf("%lu: %d\n", (unsigned long)sizes[i], list(dir, sizes[i]));
    for (__wasi_size_t size = 0; size < 30; size++) {
        memset(buffer, '#', sizeof buffer);
        __wasi_errno_t error = __wasi_fd_readdir(dir, buffer, size, 0, &used);
        printf("first %lu: %s %lu%s\n", (unsigned long)size, name_of(error), (unsigned long)used, buffer[size] == '#' ? "" : " beyond");
    }
    puts("from each cookie");
    found = list(dir, MOST);
    for (int i = 0; i < found; i++) {
        __wasi_errno_t error = __wasi_fd_readdir(dir, buffer, MOST, entries[i].head.d_next, &used);
        __wasi_dirent_t next;
        memcpy(&next, buffer, sizeof next);
        int fits = i + 1 == found ? used == 0 : next.d_next == entries[i + 1].head.d_next && next.d_ino == entries[i + 1].head.d_ino;
        printf(" %s%s", name_of(error), fits ? "" : " other");
    }
    puts("");
    printf("past the end: %s", name_of(__wasi_fd_readdir(dir, buffer, MOST, 1000, &used))), printf(" %lu\n", (unsigned long)used);
    printf("far past: %s", name_of(__wasi_fd_readdir(dir, buffer, MOST, UINT64_MAX, &used))), printf(" %lu\n", (unsigned long)used);
    make_file("many/zz-new", "");
    printf("with one more: %d\n", list(dir, MOST));
    SHOW(__wasi_path_unlink_file(ROOT, "many/zz-new"));
    printf("without it: %d\n", list(dir, 200));
    int empty = open_at(ROOT, "dir", __WASI_OFLAGS_DIRECTORY, READ, 0);
    printf("empty: %d\n", found = list(empty, MOST));
    qsort(entries, found < 0 ? 0 : found, sizeof *entries, by_name);
    for (int i = 0; i < found; i++) printf("  %s %s\n", entries[i].name, FILETYPE[entries[i].head.d_type & 7]);
    SHOW(__wasi_path_remove_directory(ROOT, "dir"));
    printf("removed: %d\n", list(empty, MOST));
    return 0;
}
