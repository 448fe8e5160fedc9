// What the functions of descriptors answer: bad ones, closed ones, of the wrong kind; seeking, appending, truncating.
#include "probe.h"

static uint8_t buffer[64];
static __wasi_size_t count;

static void all_of(const char *name, __wasi_fd_t fd) {
    __wasi_iovec_t iov = {buffer, 4};
    __wasi_ciovec_t ciov = {(const uint8_t *)"abcd", 4};
    __wasi_filesize_t at;
    __wasi_filestat_t stat;
    __wasi_fdstat_t fdstat;
    __wasi_prestat_t prestat;
    __wasi_fd_t opened;
    printf("%s\n", name);
#define TRY(call) printf("  %s: %s\n", #call, name_of(call))
    TRY(__wasi_fd_advise(fd, 0, 10, __WASI_ADVICE_NORMAL));
    TRY(__wasi_fd_allocate(fd, 0, 4));
    TRY(__wasi_fd_datasync(fd));
    TRY(__wasi_fd_sync(fd));
    TRY(__wasi_fd_fdstat_get(fd, &fdstat));
    TRY(__wasi_fd_fdstat_set_flags(fd, 0));
    TRY(__wasi_fd_filestat_get(fd, &stat));
    TRY(__wasi_fd_filestat_set_size(fd, 5));
    TRY(__wasi_fd_filestat_set_times(fd, 1000, 2000, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM));
    TRY(__wasi_fd_filestat_set_times(fd, 1000, 2000, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_ATIM_NOW));
    TRY(__wasi_fd_pread(fd, &iov, 1, 0, &count));
    TRY(__wasi_fd_prestat_get(fd, &prestat));
    TRY(__wasi_fd_prestat_dir_name(fd, buffer, 1));
    TRY(__wasi_fd_prestat_dir_name(fd, buffer, 0));
    TRY(__wasi_fd_pwrite(fd, &ciov, 1, 0, &count));
    if (fd > 2) TRY(__wasi_fd_read(fd, &iov, 1, &count));
    TRY(__wasi_fd_readdir(fd, buffer, sizeof buffer, 0, &count));
    TRY(__wasi_fd_seek(fd, 0, __WASI_WHENCE_CUR, &at));
    TRY(__wasi_fd_seek(fd, -1, __WASI_WHENCE_SET, &at));
    TRY(__wasi_fd_tell(fd, &at));
    if (fd > 2) TRY(__wasi_fd_write(fd, &ciov, 1, &count));
    TRY(__wasi_path_open(fd, 0, "file", 0, READ, READ, 0, &opened));
    TRY(__wasi_path_create_directory(fd, "file"));
    TRY(__wasi_path_filestat_get(fd, 0, "file", &stat));
    TRY(__wasi_path_unlink_file(fd, "nothing"));
    TRY(__wasi_sock_shutdown(fd, __WASI_SDFLAGS_RD));
    if (fd > 2 && fd != ROOT) {
        TRY(__wasi_fd_close(fd));
        TRY(__wasi_fd_close(fd));
    }
}

static void show_file(__wasi_fd_t fd) {
    uint8_t text[64];
    __wasi_iovec_t iov[2] = {{text, 3}, {text + 3, 61}};
    memset(text, 0, sizeof text);
    __wasi_errno_t error = __wasi_fd_pread(fd, iov, 2, 0, &count);
    printf("  %s %lu:", name_of(error), (unsigned long)count);
    for (__wasi_size_t i = 0; !error && i < count; i++) text[i] ? printf("%c", text[i]) : printf(".");
    puts("");
}

static void seek(__wasi_fd_t fd, int64_t offset, __wasi_whence_t whence) {
    __wasi_filesize_t at = 777;
    __wasi_errno_t error = __wasi_fd_seek(fd, offset, whence, &at);
    printf("  seek %lld %d: %s %llu\n", (long long)offset, whence, name_of(error), (unsigned long long)at);
}

static void write_text(__wasi_fd_t fd, const char *text) {
    __wasi_ciovec_t iov[3] = {{(const uint8_t *)text, strlen(text)}, {NULL, 0}, {(const uint8_t *)"|", 1}};
    count = 777;
    __wasi_errno_t error = __wasi_fd_write(fd, iov, 3, &count);
    printf("  write: %s %lu\n", name_of(error), (unsigned long)count);
}

static void files(void) {
    furnish();
    puts("seek and write");
    int fd = open_at(ROOT, "file", 0, READ | WRITE, 0);
    seek(fd, 0, __WASI_WHENCE_END), seek(fd, -3, __WASI_WHENCE_END), seek(fd, 2, __WASI_WHENCE_CUR);
    seek(fd, -100, __WASI_WHENCE_CUR), seek(fd, 0, __WASI_WHENCE_CUR), seek(fd, INT64_MAX, __WASI_WHENCE_SET);
    seek(fd, INT64_MAX, __WASI_WHENCE_CUR), seek(fd, INT64_MIN, __WASI_WHENCE_CUR), seek(fd, 12, __WASI_WHENCE_SET);
    write_text(fd, "ab"), show_file(fd);
    __wasi_iovec_t none = {buffer, 0}, some = {buffer, 8};
    SHOW(__wasi_fd_read(fd, &some, 1, &count)), printf("  %lu\n", (unsigned long)count);
    SHOW(__wasi_fd_read(fd, &none, 1, &count)), SHOW(__wasi_fd_read(fd, &some, 0, &count));
    SHOW(__wasi_fd_pread(fd, &some, 1, 100, &count)), printf("  %lu\n", (unsigned long)count);
    SHOW(__wasi_fd_pread(fd, &some, 1, UINT64_MAX, &count));
    SHOW(__wasi_fd_filestat_set_size(fd, 4)), show_file(fd), seek(fd, 0, __WASI_WHENCE_CUR);
    SHOW(__wasi_fd_filestat_set_size(fd, 8)), show_file(fd);
    SHOW(__wasi_fd_allocate(fd, 6, 6)), show_file(fd);
    SHOW(__wasi_fd_allocate(fd, 0, 0));
    SHOW(__wasi_fd_filestat_set_size(fd, UINT64_MAX));
    __wasi_ciovec_t text = {(const uint8_t *)"PQ", 2};
    SHOW(__wasi_fd_pwrite(fd, &text, 1, 1, &count)), show_file(fd), seek(fd, 0, __WASI_WHENCE_CUR);
    SHOW(__wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_APPEND));
    __wasi_fdstat_t stat;
    SHOW(__wasi_fd_fdstat_get(fd, &stat)), printf("  %s %d\n", FILETYPE[stat.fs_filetype & 7], stat.fs_flags);
    seek(fd, 0, __WASI_WHENCE_SET), write_text(fd, "end"), show_file(fd), seek(fd, 0, __WASI_WHENCE_CUR);
    SHOW(__wasi_fd_pwrite(fd, &text, 1, 3, &count)), show_file(fd);
    SHOW(__wasi_fd_fdstat_set_flags(fd, 0)), seek(fd, 0, __WASI_WHENCE_SET), write_text(fd, "now"), show_file(fd);
    SHOW(__wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_NONBLOCK));
    SHOW(__wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_SYNC));
    SHOW(__wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_DSYNC));
    SHOW(__wasi_fd_filestat_set_times(fd, 1000000000, 1234567890123456789, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM));
    __wasi_filestat_t file;
    SHOW(__wasi_fd_filestat_get(fd, &file));
    printf("  %s %llu %llu\n", FILETYPE[file.filetype & 7], (unsigned long long)file.size, (unsigned long long)file.mtim);
    SHOW(__wasi_fd_close(fd));

    puts("append");
    fd = open_at(ROOT, "file", 0, WRITE | READ, __WASI_FDFLAGS_APPEND);
    seek(fd, 0, __WASI_WHENCE_CUR), write_text(fd, "X"), seek(fd, 1, __WASI_WHENCE_SET), write_text(fd, "Y"), show_file(fd);
    SHOW(__wasi_fd_close(fd));
    fd = open_at(ROOT, "file", __WASI_OFLAGS_TRUNC, WRITE | READ, __WASI_FDFLAGS_APPEND);
    write_text(fd, "fresh"), show_file(fd);
    SHOW(__wasi_fd_close(fd));
    puts("read only, write only");
    fd = open_at(ROOT, "file", 0, READ, 0);
    write_text(fd, "no"), show_file(fd);
    SHOW(__wasi_fd_filestat_set_size(fd, 1)), SHOW(__wasi_fd_allocate(fd, 0, 100)), SHOW(__wasi_fd_pwrite(fd, &text, 1, 1, &count));
    SHOW(__wasi_fd_filestat_set_times(fd, 1, 2, __WASI_FSTFLAGS_MTIM));
    SHOW(__wasi_fd_close(fd));
    fd = open_at(ROOT, "file", 0, WRITE, 0);
    SHOW(__wasi_fd_read(fd, &some, 1, &count)), show_file(fd);
    SHOW(__wasi_fd_close(fd));
    puts("renumber");
    fd = open_at(ROOT, "file", 0, READ, 0);
    int other = open_at(ROOT, "dir", __WASI_OFLAGS_DIRECTORY, READ, 0);
    printf("  %d %d\n", fd, other);
    SHOW(__wasi_fd_renumber(fd, other)), show_file(other), SHOW(__wasi_fd_fdstat_get(fd, &stat));
    SHOW(__wasi_fd_renumber(fd, other)), SHOW(__wasi_fd_renumber(other, 99)), SHOW(__wasi_fd_renumber(99, other));
    SHOW(__wasi_fd_renumber(other, other)), show_file(other);
    SHOW(__wasi_fd_renumber(other, ROOT)), SHOW(__wasi_fd_renumber(ROOT, other));
    printf("  next: %d\n", open_at(other, "full/in", 0, READ, 0));
    puts("unlinked while open");
    fd = open_at(other, "file", 0, READ | WRITE, 0);
    SHOW(__wasi_path_unlink_file(other, "file")), write_text(fd, "still"), show_file(fd);
    SHOW(__wasi_fd_filestat_get(fd, &file)), printf("  links %llu\n", (unsigned long long)file.nlink);
}

int probe_fds(int argc, char **argv) {
    furnish();
    all_of("stdin", 0);
    all_of("stdout", 1);
    all_of("no such", 99);
    all_of("largest", UINT32_MAX);
    all_of("preopened", ROOT);
    all_of("file, then closed", open_at(ROOT, "file", 0, READ | WRITE, 0));
    furnish();
    all_of("directory, then closed", open_at(ROOT, "full", __WASI_OFLAGS_DIRECTORY, READ, 0));
    furnish();
    files();
    return 0;
}
