//! Files, directories, times, environment and arguments, as Rust's library has them for WASI.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, ErrorKind, Read, Seek, SeekFrom, Write};
use std::time::{Duration, Instant, SystemTime};

fn kind<T>(result: io::Result<T>) -> String {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(error) => format!("{:?} {:?}", error.kind(), error.raw_os_error()),
    }
}

fn main() -> io::Result<()> {
    println!("{:?}", std::env::args().skip(1).collect::<Vec<_>>());
    println!("{:?}", std::env::vars().collect::<BTreeMap<_, _>>());
    let mut words = BTreeMap::new();
    for line in io::stdin().lock().lines() {
        for word in line?.split_whitespace() {
            *words.entry(word.to_lowercase()).or_insert(0) += 1;
        }
    }
    println!("{:?}", words);

    fs::create_dir_all("/work/a/b/c")?;
    for i in 0..50 {
        fs::write(format!("/work/a/b/f{i}"), "x".repeat(i))?;
    }
    let mut sizes = fs::read_dir("/work/a/b")?
        .map(|entry| {
            entry.and_then(|entry| {
                Ok((entry.file_name(), entry.metadata()?.len(), entry.file_type()?.is_dir()))
            })
        })
        .collect::<io::Result<Vec<_>>>()?;
    sizes.retain(|(_, size, is_dir)| *is_dir || size % 10 == 3);
    sizes.iter_mut().filter(|(_, _, is_dir)| *is_dir).for_each(|(_, size, _)| *size = 0);
    sizes.sort();
    println!("{:?}", sizes);

    let mut file =
        OpenOptions::new().read(true).write(true).create(true).truncate(true).open("/work/data")?;
    file.write_all(b"hello, world")?;
    println!("{:?} {:?}", file.seek(SeekFrom::End(-5))?, file.stream_position()?);
    let mut rest = String::new();
    file.read_to_string(&mut rest)?;
    println!("{rest} {}", kind(file.seek(SeekFrom::Current(-100))));
    file.set_len(3)?;
    drop(file);
    OpenOptions::new().append(true).open("/work/data")?.write_all(b"!")?;
    println!("{:?} {}", fs::read_to_string("/work/data")?, fs::metadata("/work/data")?.len());
    println!("{:?}", fs::copy("/work/data", "/work/copy")?);
    fs::rename("/work/copy", "/work/a/moved")?;
    fs::hard_link("/work/a/moved", "/work/a/hard")?;
    std::fs::remove_file("/work/a/moved")?;
    println!("{:?}", fs::read("/work/a/hard")?);

    println!("{}", kind(File::open("/work/none")));
    println!("{}", kind(File::open("/elsewhere")));
    println!("{}", kind(File::open("/work/../elsewhere")));
    println!("{}", kind(OpenOptions::new().write(true).create_new(true).open("/work/data")));
    println!("{}", kind(fs::create_dir("/work/data")));
    println!("{}", kind(fs::remove_dir("/work/a")));
    println!("{}", kind(fs::read_dir("/work/data")));
    println!("{}", kind(fs::read_to_string("/work/a")));
    fs::write("/work/bytes", [0xff, 0xfe])?;
    println!(
        "{:?}",
        fs::read_to_string("/work/bytes").map_err(|error| error.kind() == ErrorKind::InvalidData)
    );
    // All at once: what goes while a directory is listed in parts makes this library's `remove_dir_all` miss the rest.
    for path in fs::read_dir("/work/a/b")?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()?
    {
        if !path.is_dir() {
            fs::remove_file(path)?;
        }
    }
    fs::remove_dir_all("/work/a")?;
    println!("{}", kind(fs::metadata("/work/a")));

    let began = Instant::now();
    std::thread::sleep(Duration::from_millis(20));
    println!("{} {}", began.elapsed() >= Duration::from_millis(20), began.elapsed() < Duration::from_secs(5));
    let age = SystemTime::now().duration_since(fs::metadata("/work/data")?.modified()?);
    println!("{}", age.map_or(true, |age| age < Duration::from_secs(60)));
    println!("{:?}", std::thread::Builder::new().spawn(|| ()).map(|_| ()).map_err(|error| error.kind()));
    io::stderr().write_all(b"the end\n")?;
    let seed = std::collections::hash_map::RandomState::new();
    drop(seed);
    if words.contains_key("panic") {
        panic!("as was asked");
    }
    std::process::exit(17)
}
