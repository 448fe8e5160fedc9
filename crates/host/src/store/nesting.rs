//! How deep calls from the host into guests may nest: they use the host's stack, of which nobody knows how much is left.

use super::StoreOpaque;
use crate::{Result, Trap};

/// Calls from the host into guests that are under way, one inside the other.
#[derive(Debug, Default)]
pub(crate) struct Nesting {
    depth: u32,
    /// Where the stack was when the outermost of them was made, and on which thread.
    outermost: usize,
    thread: usize,
}

thread_local! {
    /// Each thread has one at a place of its own.
    static MARK: u8 = const { 0 };
}

fn thread() -> usize {
    MARK.with(|mark| std::ptr::from_ref(mark).addr())
}

impl StoreOpaque {
    /// Begins a call from the host into guests; [`leave`](Self::leave) is to end it.
    ///
    /// # Errors
    /// [`Trap::CallStackExhausted`]: too many are under way, or they have used too much of the host's stack. It is not to
    /// be ended then.
    #[inline]
    pub(crate) fn enter(&mut self) -> Result<()> {
        let here = 0_u8;
        let here = (&raw const here).addr();
        let Nesting { depth, outermost, thread: outermost_thread } = &mut self.nesting;
        let config = self.engine.config();
        if *depth == 0 {
            (*outermost, *outermost_thread) = (here, thread());
        } else if thread() == *outermost_thread && outermost.abs_diff(here) > config.max_host_stack {
            return Err(exhausted());
        }
        if *depth >= config.max_nested_calls {
            return Err(exhausted());
        }
        *depth += 1;
        Ok(())
    }

    /// Ends a call that [`enter`](Self::enter) has begun.
    #[inline]
    pub(crate) fn leave(&mut self) {
        self.nesting.depth -= 1;
    }
}

#[cold]
fn exhausted() -> crate::Error {
    Trap::CallStackExhausted.into()
}
