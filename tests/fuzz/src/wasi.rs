//! Calls of WASI, drawn by lot: in a directory in memory and one of the host at the same time.

#[path = "../../../crates/wasi/tests/guest/mod.rs"]
mod guest;

use arbitrary::{Result, Unstructured};
use guest::{FUNCTIONS, Guest, Outcome, SIZE, kinds};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use terrane_wasi::Access;

/// So many calls a sequence has at most.
const MOST: usize = 200;

const PATHS: [&str; 32] = [
    "a",
    "b",
    "d",
    "e",
    "a/",
    "d/",
    "d/a",
    "d/b",
    "d/e",
    "d/e/",
    "d/../a",
    "a/b",
    "a/.",
    "d/.",
    ".",
    "..",
    "./a",
    "d//a",
    "../secret",
    "d/../../secret",
    "/a",
    "/",
    "",
    "l",
    "l/",
    "l/a",
    "d/l",
    "\0",
    "a\0",
    "ä",
    "..a",
    "d/e/../../a",
];

/// Where a path is, in the guest's memory: each has this much room.
const ROOM: u32 = 64;
const FIRST_PATH: u32 = 1024;
/// Lists of buffers, and of subscriptions.
const LISTS: u32 = 8192;
/// Where results go.
const RESULTS: [u32; 4] = [16384, 16448, 17000, 20000];

/// One call.
struct Step {
    name: &'static str,
    args: Vec<i64>,
    /// What is at [`LISTS`] then.
    lists: Vec<u8>,
}

impl Step {
    fn draw(u: &mut Unstructured<'_>) -> Result<Self> {
        let (name, kinds) = *u.choose(&FUNCTIONS)?;
        let mut args = Vec::with_capacity(kinds.len());
        let mut path = None;
        for kind in kinds.bytes() {
            let arg = match (kind, path.take()) {
                (b'l', Some(len)) if u.ratio(15, 16)? => len,
                // Without the first directory, there is little left to do.
                (b'f', _) if matches!(name, "fd_close" | "fd_renumber") && u.ratio(15, 16)? => {
                    *u.choose(&[4, 4, 4, 5, 5, 6, 0, 99])?
                }
                // Three is what the guest was given, and what it opens comes after that.
                (b'f', _) => *u.choose(&[3, 3, 3, 4, 4, 5, 6, 0, 1, 2, 99, -1])?,
                (b'p', _) if name.starts_with("path_") && u.ratio(7, 8)? => {
                    let i = u.choose_index(PATHS.len())?;
                    path = Some(PATHS[i].len() as i64);
                    i64::from(FIRST_PATH + ROOM * i as u32)
                }
                (b'p', _) => {
                    let near =
                        [LISTS, LISTS + 48, RESULTS[0], RESULTS[1], RESULTS[2], RESULTS[3], SIZE - 4, SIZE];
                    if u.ratio(1, 16)? { u.arbitrary::<u32>()?.into() } else { i64::from(*u.choose(&near)?) }
                }
                (b'l', _) => *u.choose(&[0, 1, 2, 3, 8, 24, 30, 100, 4000, -1])?,
                // Also sizes: more than the directory in memory may have is no difference of interest.
                _ => *u.choose(&[0, 0, 1, 1, 2, 3, 4, 5, 8, 9, 64, 66, 100, 5000, -1])?,
            };
            args.push(arg);
        }
        if name == "path_open" && u.ratio(7, 8)? {
            (args[4], args[5], args[7]) =
                (*u.choose(&[0, 0, 1, 1, 2, 5, 8, 9])?, *u.choose(&[2, 66])?, u.int_in_range(0..=1)?);
        }
        let mut lists = Vec::new();
        for _ in 0..8 {
            let words = [*u.choose(&RESULTS)?, *u.choose(&[0, 1, 5, 100, 3000])?, u.int_in_range(0..=5)?];
            lists.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        }
        Ok(Self { name, args, lists })
    }

    /// Makes the call in a memory that is always the same before.
    fn call(&self, guest: &mut Guest) -> Outcome {
        guest.write(0, &vec![0; SIZE as usize]);
        for (i, path) in (0..).zip(PATHS) {
            guest.write(FIRST_PATH + ROOM * i, path.as_bytes());
        }
        guest.write(LISTS, &self.lists);
        guest.call(self.name, &self.args)
    }

    /// Is what it writes the same wherever it is called? What differs are numbers of files, times, and orders.
    fn tells_the_same(&self) -> bool {
        !self.name.contains("filestat_get") && self.name != "fd_readdir"
    }
}

/// All that is in a directory: what each path leads to.
fn tree(guest: &mut Guest, dir: u32, at: &str, found: &mut BTreeMap<String, String>) {
    for name in guest.names(dir, 30000).unwrap_or_default() {
        if name == "." || name == ".." {
            continue;
        }
        let path = format!("{at}/{name}");
        let what = match guest.stat(dir, 0, &name) {
            Ok((3, ..)) => {
                if let Ok(inner) = guest.open(dir, &name, 2) {
                    tree(guest, inner, &path, found);
                    let _ = guest.close(inner);
                }
                "directory".to_owned()
            }
            Ok((7, ..)) => format!("link to {:?}", guest.read_link(dir, &name, 100)),
            Ok((_, links, size)) => {
                format!("file of {size} bytes with {links} names: {:?}", guest.contents(dir, &name))
            }
            Err(errno) => format!("error {errno}"),
        };
        found.insert(path, what);
    }
}

/// What is beside the directory that the guest was given is as it was.
fn nothing_outside(temp: &Path) {
    let entries = fs::read_dir(temp).expect("it is there");
    let mut names: Vec<_> = entries.map(|entry| entry.expect("an entry").file_name()).collect();
    names.sort();
    assert_eq!(names, ["inside", "secret"], "something outside has changed");
    assert_eq!(
        fs::read(temp.join("secret")).expect("it is there"),
        b"secret",
        "something outside has changed"
    );
}

/// Makes calls that are drawn from bytes. Nothing panics, nothing outside is touched, and both kinds of directories have the
/// same outcomes, and the same in them in the end. How many calls have changed or told something.
///
/// # Panics
/// If that is not so.
pub fn wasi(bytes: &[u8]) -> usize {
    let mut u = Unstructured::new(bytes);
    let [(_, mut memory, _), (_, mut host, Some(temp))] =
        <[_; 2]>::try_from(kinds(Access::ReadWrite)).unwrap_or_else(|_| unreachable!("two kinds"))
    else {
        unreachable!("the second is the host's")
    };
    let (mut before, mut done) = (Vec::new(), 0);
    for _ in 0..MOST {
        if u.is_empty() {
            break;
        }
        let Ok(step) = Step::draw(&mut u) else { break };
        let outcomes = (step.call(&mut memory), step.call(&mut host));
        let shown = format!("{} {:?}", step.name, step.args);
        // Which of two things that are wrong is said first is nobody's business.
        let two =
            matches!(step.name, "path_rename" | "path_link") && outcomes.0.is_err() && outcomes.1.is_err();
        assert!(two || outcomes.0 == outcomes.1, "{shown}: {outcomes:?}, after {before:#?}");
        if step.tells_the_same() && memory.bytes(0, SIZE) != host.bytes(0, SIZE) {
            panic!("{shown} has written different results, after {before:#?}");
        }
        before.push(shown);
        done += usize::from(outcomes.0.is_ok());
    }
    // If the guest has closed it, or put something else in its place, there is nothing to see.
    let mut trees = (BTreeMap::new(), BTreeMap::new());
    tree(&mut memory, 3, "", &mut trees.0);
    tree(&mut host, 3, "", &mut trees.1);
    assert_eq!(trees.0, trees.1, "after {before:#?}");
    nothing_outside(temp.path());
    done
}
