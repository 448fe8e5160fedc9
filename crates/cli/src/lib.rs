//! The terrane command
