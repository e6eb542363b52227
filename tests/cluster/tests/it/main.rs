//! Real clusters of the PostgreSQL that this machine has; `THRONG_TEST_POSTGRES_BIN` chooses another, Debian's is installed if there is none.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod crash;
mod server;
mod standby;
mod wheels;

use throng_cluster::{Cluster, Installation, Options};

fn start(options: &Options) -> Cluster {
    Cluster::start(&Installation::for_tests().unwrap(), options).unwrap()
}
