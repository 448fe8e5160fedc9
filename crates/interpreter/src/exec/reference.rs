//! References.

use super::operand::Dst;
use super::state::handlers;
use terrane_runtime::Ref;

handlers! {
    /// Fields: destination at 10, function at 12.
    fn ref_func [D: Dst] (s) {
        let func = (*s.ctx).func(s.field::<u32>(12));
        D::put(&mut s, Ref::func(func).0);
        s.next(2)
    }
}
