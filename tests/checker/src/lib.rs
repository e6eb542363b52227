//! An independent reading of a data directory.
