//! What is done with sockets.

use super::{Call, flags};
use crate::error::from_io;
use crate::table::{Descriptor, Kind, Settings};
use crate::types::{Errno, FdFlags, Result, RiFlags, Rights, SdFlags};
use std::net::Shutdown;
use std::sync::Arc;

impl Call<'_> {
    pub(crate) fn sock_accept(&mut self, fd: u32, bits: u32, accepted: u32) -> Result {
        let out = self.memory.buffer(accepted, 4)?;
        let flags = flags::<FdFlags>(bits)?;
        let descriptor = self.ctx.fd(fd)?;
        let listener = match &descriptor.kind {
            Kind::Listener(listener) => listener,
            Kind::Connection(_) => return Err(Errno::Inval),
            _ => return Err(Errno::NotSock),
        };
        descriptor.need(Rights::SOCK_ACCEPT)?;
        if !FdFlags::NONBLOCK.contains(flags) {
            return Err(Errno::Inval);
        }
        let Settings { inheriting, flags: own, .. } = descriptor.settings();
        if !own.contains(FdFlags::NONBLOCK) {
            self.wait().until_ready(&descriptor, true)?;
        }
        let connection = listener.accept(!flags.is_empty()).map_err(from_io)?;
        let new = Descriptor::new(Kind::Connection(connection)).with(inheriting, Rights::empty(), flags);
        let fd = self.ctx.table().push(new)?;
        self.memory.write_u32(out, fd)
    }

    /// The connection, or what is wrong with it.
    fn connection(&self, fd: u32) -> Result<Arc<Descriptor>> {
        let descriptor = self.ctx.fd(fd)?;
        match descriptor.kind {
            Kind::Connection(_) => Ok(descriptor),
            Kind::Listener(_) => Err(Errno::NotConn),
            _ => Err(Errno::NotSock),
        }
    }

    pub(crate) fn sock_recv(
        &mut self,
        fd: u32,
        iovs: u32,
        iovs_len: u32,
        bits: u32,
        nread: u32,
        roflags: u32,
    ) -> Result {
        let (out, roflags) = (self.memory.buffer(nread, 4)?, self.memory.buffer(roflags, 2)?);
        let buffers = self.memory.buffers(iovs, iovs_len)?;
        let flags = flags::<RiFlags>(bits)?;
        let descriptor = self.connection(fd)?;
        // Streams have no messages that could be cut off, and whoever wants all of it reads again.
        let read = self.receive(buffers, &descriptor, flags.contains(RiFlags::PEEK))?;
        self.memory.write_u32(out, read)?;
        self.memory.write(roflags, &[0, 0])
    }

    pub(crate) fn sock_send(
        &mut self,
        fd: u32,
        iovs: u32,
        iovs_len: u32,
        bits: u32,
        nwritten: u32,
    ) -> Result {
        let out = self.memory.buffer(nwritten, 4)?;
        let buffers = self.memory.buffers(iovs, iovs_len)?;
        let descriptor = self.connection(fd)?;
        if bits != 0 {
            return Err(Errno::Inval);
        }
        let written = self.send(buffers, &descriptor)?;
        self.memory.write_u32(out, written)
    }

    pub(crate) fn sock_shutdown(&mut self, fd: u32, bits: u32) -> Result {
        let descriptor = self.connection(fd)?;
        descriptor.need(Rights::SOCK_SHUTDOWN)?;
        let flags = flags::<SdFlags>(bits)?;
        let how = match (flags.contains(SdFlags::RD), flags.contains(SdFlags::WR)) {
            (true, true) => Shutdown::Both,
            (true, false) => Shutdown::Read,
            (false, true) => Shutdown::Write,
            (false, false) => return Err(Errno::Inval),
        };
        match &descriptor.kind {
            Kind::Connection(connection) => connection.shutdown(how).map_err(from_io),
            _ => Err(Errno::NotConn),
        }
    }
}
