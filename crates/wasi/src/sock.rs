//! Connections, and what they are accepted from.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};

pub(crate) struct Listener(pub(crate) TcpListener);

pub(crate) struct Connection(pub(crate) TcpStream);

impl Listener {
    pub(crate) fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        self.0.set_nonblocking(nonblocking)
    }

    pub(crate) fn accept(&self, nonblocking: bool) -> io::Result<Connection> {
        let (stream, _) = self.0.accept()?;
        // Some systems hand the listener's own state on.
        stream.set_nonblocking(nonblocking)?;
        Ok(Connection(stream))
    }
}

impl Connection {
    pub(crate) fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        self.0.set_nonblocking(nonblocking)
    }

    pub(crate) fn read(&self, into: &mut [u8], peek: bool) -> io::Result<usize> {
        if peek { self.0.peek(into) } else { (&self.0).read(into) }
    }

    pub(crate) fn write(&self, from: &[u8]) -> io::Result<usize> {
        (&self.0).write(from)
    }

    pub(crate) fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.0.shutdown(how)
    }
}
