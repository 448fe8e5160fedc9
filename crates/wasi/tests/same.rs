//! One program sees no difference between the kinds of directories: calls that are drawn by lot have the same outcome.

mod guest;

use guest::{Guest, kinds};
use terrane_wasi::{Access, Rights};

const PATHS: [&str; 26] = [
    "a",
    "b",
    "c",
    "d",
    "a/",
    "b/",
    "d/",
    "d/a",
    "d/b",
    "d/e",
    "d/e/",
    "d/e/a",
    "d/../a",
    "a/b",
    "a/.",
    "d/.",
    ".",
    "..",
    "../secret",
    "d/../../secret",
    "/a",
    "",
    "l",
    "l/",
    "l/a",
    "d/l",
];

const TARGETS: [&str; 10] = ["a", "d", "../a", "../../secret", "/a", "l", "nothing", "", "d/e", ".."];

struct Lots(u64);

impl Lots {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % n
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

/// Makes one call, and says what it was and how it ended.
fn step(guest: &mut Guest, lots: &mut Lots) -> String {
    let (path, other, target) = (lots.of(&PATHS), lots.of(&PATHS), lots.of(&TARGETS));
    let (lookup, oflags) = (lots.of(&[0, 1]), lots.of(&[0, 0, 1, 1, 1, 2, 4, 5, 8, 9, 13]));
    let write = lots.of(&[true, false]);
    match lots.below(12) {
        0..=2 => {
            let rights = if write { Rights::all() } else { Rights::all() - Rights::FD_WRITE };
            let opened = guest.open_with(3, path, lookup, oflags, rights, 0);
            let how = format!("open {path:?} lookup {lookup} oflags {oflags} write {write}");
            let Ok(fd) = opened else { return format!("{how}: {opened:?}") };
            let size = guest.call("fd_filestat_get", &[fd.into(), guest::OUT.into()]).map(|()| {
                // How large a directory is, every system says in its own way.
                (guest.bytes(guest::OUT + 16, 1)[0] == 4).then(|| guest.u64(guest::OUT + 32))
            });
            let read = guest.read_fd(fd, 100);
            let written = guest.write_fd(fd, b"data");
            guest.close(fd).unwrap();
            format!("{how}: ok {size:?} {read:?} {written:?}")
        }
        3 => format!("create_directory {path:?}: {:?}", guest.path("path_create_directory", 3, path)),
        4 => format!("remove_directory {path:?}: {:?}", guest.path("path_remove_directory", 3, path)),
        5 => format!("unlink {path:?}: {:?}", guest.path("path_unlink_file", 3, path)),
        6 | 7 => format!("symlink {target:?} {path:?}: {:?}", guest.symlink(target, 3, path)),
        8 => format!("rename {path:?} {other:?}: {:?}", guest.rename(3, path, 3, other)),
        9 => format!("link {path:?} {other:?}: {:?}", guest.link(3, 0, path, 3, other)),
        10 => format!("readlink {path:?}: {:?}", guest.read_link(3, path, 100)),
        _ => {
            let stat = guest.stat(3, lookup, path).map(|(filetype, links, size)| {
                (filetype, if filetype == 3 { None } else { Some((links, size)) })
            });
            format!("stat {path:?} lookup {lookup}: {stat:?}")
        }
    }
}

#[test]
fn same_outcomes() {
    for seed in 1..400 {
        let mut all: Vec<_> = kinds(Access::ReadWrite);
        let mut lots: Vec<_> =
            all.iter().map(|_| Lots(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(seed))).collect();
        let mut before = Vec::new();
        for _ in 0..60 {
            let outcomes: Vec<String> =
                all.iter_mut().zip(&mut lots).map(|((_, guest, _), lots)| step(guest, lots)).collect();
            // Which of two things that are wrong is said first is nobody's business.
            let two = outcomes[0].starts_with("link") || outcomes[0].starts_with("rename");
            if two && outcomes.iter().all(|outcome| outcome.contains("Err")) {
                continue;
            }
            assert_eq!(outcomes[0], outcomes[1], "seed {seed}, after {before:#?}");
            before.push(outcomes[0].clone());
        }
    }
}
