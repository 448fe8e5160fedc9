//! What becomes of calls with paths, exactly: tables of cases, each in a fresh tree in a directory of each kind. What is in
//! the tables is what other engines answer too.

mod guest;

use guest::{DATA, Guest, OUT, Outcome, PATH, on_each_kind};
use terrane_wasi::{Errno, Rights};

/// Where the list of buffers is.
const IOV: u32 = OUT + 512;

/// Those that are in the tables.
const ERRNOS: [Errno; 13] = [
    Errno::BadF,
    Errno::Busy,
    Errno::Exist,
    Errno::Inval,
    Errno::IsDir,
    Errno::Loop,
    Errno::NameTooLong,
    Errno::NoEnt,
    Errno::NotDir,
    Errno::NotEmpty,
    Errno::NotSock,
    Errno::Perm,
    Errno::SPipe,
];

fn name<T>(outcome: Outcome<T>) -> String {
    let Err(errno) = outcome else { return "Ok".to_owned() };
    let known = ERRNOS.iter().find(|known| **known as u16 == errno);
    known.map_or_else(|| errno.to_string(), |known| format!("{known:?}"))
}

/// What is under a path: the word of a type, if it is not an error.
fn kind(outcome: Outcome<u8>) -> String {
    match outcome {
        Ok(3) => "dir".to_owned(),
        Ok(4) => "file".to_owned(),
        Ok(7) => "link".to_owned(),
        other => name(other),
    }
}

/// Calls a function with each cell of a table: what its line and its column begin with, and what is in it.
fn each_cell(table: &'static str, mut cell: impl FnMut(&[&str], &str, &str)) {
    let words = |line: &'static str| {
        line.split_whitespace().map(|word| if word == "\"\"" { "" } else { word }).collect::<Vec<_>>()
    };
    let mut lines = table.lines().filter(|line| !line.starts_with('#')).map(words);
    let head = lines.next().unwrap();
    for line in lines {
        assert_eq!(line.len(), head.len(), "{line:?}");
        for (column, expected) in head.iter().zip(&line).skip(1).filter(|(_, expected)| **expected != "?") {
            cell(&line, column, expected);
        }
    }
}

/// Takes away all that is in a directory.
fn clear(guest: &mut Guest, dir: u32) {
    for name in guest.names(dir, 4096).unwrap() {
        if name == "." || name == ".." || guest.path("path_unlink_file", dir, &name).is_ok() {
            continue;
        }
        let inner = guest.open_with(dir, &name, 0, 2, Rights::FD_READ, 0).unwrap();
        clear(guest, inner);
        guest.close(inner).unwrap();
        guest.path("path_remove_directory", dir, &name).unwrap();
    }
}

/// Puts files, directories (`/` at the end) and links (`to -> path`) there, and nothing else.
fn plant(guest: &mut Guest, tree: &[&str]) {
    clear(guest, 3);
    for entry in tree {
        if let Some((path, target)) = entry.split_once(" -> ") {
            guest.symlink(target, 3, path).unwrap();
        } else if entry.ends_with('/') {
            guest.path("path_create_directory", 3, entry).unwrap();
        } else {
            guest.file(3, entry, b"hello");
        }
    }
}

const TREE: [&str; 16] = [
    "d/",
    "d/sub/",
    "f",
    "d/g",
    "empty/",
    "lf -> f",
    "ld -> d",
    "dang -> nothing",
    "loop -> loop",
    "lfs -> f/",
    "lds -> d/",
    "lout -> ../out",
    "lback -> d/../f",
    "dangs -> nothing/",
    "llf -> lf",
    "d/up -> ../f",
];

#[test]
fn opening() {
    on_each_kind(|guest| {
        each_cell(include_str!("exact/open.txt"), |line, flags, expected| {
            let (path, follow, rights) = (line[0], line[1], line[2]);
            if ["follow", "rights"].contains(&flags) {
                return;
            }
            let bit = |flag, bit| if flags.contains(flag) { bit } else { 0 };
            let oflags = bit('c', 1) | bit('d', 2) | bit('x', 4) | bit('t', 8);
            let writes = if rights == "rw" { Rights::FD_WRITE } else { Rights::empty() };
            plant(guest, &TREE);
            let lookup = i64::from(follow == "yes");
            let opened = guest.open_with(3, path, lookup, oflags, Rights::FD_READ | writes, 0);
            let found = opened.map(|fd| {
                guest.call("fd_filestat_get", &[fd.into(), OUT.into()]).unwrap();
                let filetype = guest.bytes(OUT + 16, 1)[0];
                guest.close(fd).unwrap();
                filetype
            });
            assert_eq!(kind(found), expected, "{path:?}, links followed: {follow}, {rights}, flags {flags}");
        });
    });
}

#[test]
fn paths() {
    on_each_kind(|guest| {
        each_cell(include_str!("exact/paths.txt"), |line, what, expected| {
            let path = line[0];
            plant(guest, &TREE);
            let lookup = i64::from(what.ends_with("-follow"));
            let found = match what {
                "stat" | "stat-follow" => kind(guest.stat(3, lookup, path).map(|(filetype, ..)| filetype)),
                "times" | "times-follow" => {
                    guest.write(PATH, path.as_bytes());
                    let args = [3, lookup, PATH.into(), path.len() as i64, 1_000_000_000, 2_000_000_000, 5];
                    name(guest.call("path_filestat_set_times", &args))
                }
                "readlink" => guest.read_link(3, path, 100).unwrap_or_else(|errno| name(Err::<(), _>(errno))),
                "symlink" => name(guest.symlink("target", 3, path)),
                "mkdir" => name(guest.path("path_create_directory", 3, path)),
                "unlink" => name(guest.path("path_unlink_file", 3, path)),
                "rmdir" => name(guest.path("path_remove_directory", 3, path)),
                "link" | "link-follow" => name(guest.link(3, lookup, path, 3, "hard")),
                "link-to" => name(guest.link(3, 0, "f", 3, path)),
                _ => panic!("{what}"),
            };
            assert_eq!(found, expected, "{what} {path:?}");
        });
    });
}

#[test]
fn renaming() {
    let tree = [
        "ra",
        "rd/",
        "rl -> ra",
        "rdl -> rd",
        "rdang -> rn",
        "ta",
        "td/",
        "tl -> ta",
        "tne/",
        "tne/k/",
        "tdl -> td",
        "tdang -> tnothing",
    ];
    on_each_kind(|guest| {
        each_cell(include_str!("exact/rename.txt"), |line, to, expected| {
            plant(guest, &tree);
            assert_eq!(name(guest.rename(3, line[0], 3, to)), expected, "{:?} to {to:?}", line[0]);
        });
    });
}

/// A descriptor of a kind that is a column of the table.
fn of_kind(guest: &mut Guest, kind: &str) -> u32 {
    let (path, oflags, rights) = match kind {
        "read-write" => ("f", 0, Rights::FD_READ | Rights::FD_WRITE),
        "read" => ("f", 0, Rights::FD_READ),
        "write" => ("f", 0, Rights::FD_WRITE),
        "directory" => ("d", 2, Rights::FD_READ),
        "given" => return 3,
        "stdin" => return 0,
        "stdout" => return 1,
        "none" => return 99,
        _ => panic!("{kind}"),
    };
    guest.open_with(3, path, 1, oflags, rights, 0).unwrap()
}

#[test]
fn descriptors() {
    on_each_kind(|guest| {
        each_cell(include_str!("exact/descriptors.txt"), |line, kind, expected| {
            plant(guest, &TREE);
            let fd = of_kind(guest, kind);
            guest.write(PATH, b"f");
            guest.write(IOV, &[DATA.to_le_bytes(), 2_u32.to_le_bytes()].concat());
            let (function, args) = line[0].trim_end_matches(')').split_once('(').unwrap();
            let arg = |arg: &str| match arg {
                "FD" => fd.into(),
                "OUT" => OUT.into(),
                "IOV" => IOV.into(),
                "PATH" => PATH.into(),
                number => number.parse().unwrap(),
            };
            let args: Vec<i64> = args.split(',').map(arg).collect();
            assert_eq!(name(guest.call(function, &args)), expected, "{} of {kind}", line[0]);
            if fd > 3 && fd != 99 {
                guest.close(fd).unwrap();
            }
        });
    });
}
